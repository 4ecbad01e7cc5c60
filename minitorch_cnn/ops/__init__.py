"""Every op: one class with ``forward`` and ``backward`` side by side, one public function."""
from . import operators  # noqa: F401  attaches + @ [] and the methods to Tensor
from .activation import *
from .comparison import *
from .conv import *
from .creation import *
from .dropout import *
from .elementwise import *
from .hard_activation import *
from .indexing import *
from .loss import *
from .matmul import *
from .norm import *
from .pad import *
from .pool import *
from .reduce import *
from .shape import *
from .smooth_activation import *
from .softmax import *
from .upsample import *
