"""Layers, as ``torch.nn``: modules that hold state and call what ``functional`` offers."""
from . import functional, init, parameter, utils
from .activation import *
from .container import *
from .conv import *
from .distance import *
from .dropout import *
from .fusing import no_fusing
from .linear import *
from .loss import *
from .margin_loss import *
from .module import Module
from .norm import *
from .padding import *
from .parameter import Buffer, Parameter
from .parameter_container import *
from .pool import *
from .shape import *
from .upsample import *
