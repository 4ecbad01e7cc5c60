"""Every op: one class with ``forward`` and ``backward`` side by side, one public function."""
from . import operators
from .activation import *
from .arrange import *
from .broadcast import *
from .comparison import *
from .compound import *
from .conv import *
from .creation import *
from .cross_entropy import *
from .distance import *
from .dropout import *
from .elementwise import *
from .extremum import *
from .gather import *
from .hard_activation import *
from .indexing import *
from .joining import *
from .local_norm import *
from .loss import *
from .margin_loss import *
from .masks import *
from .matmul import *
from .moments import *
from .norm import *
from .numpy_names import accept_numpy_names
from .pad import *
from .pool import *
from .probability_loss import *
from .queries import *
from .reduce import *
from .rounding import *
from .sampling import *
from .selection import *
from .shape import *
from .smooth_activation import *
from .softmax import *
from .sorting import *
from .special import *
from .trigonometry import *
from .upsample import *
from .vector_norm import *

# Functions only: a function may share its name with the module it stands in (norm, softmax, pad).
__all__ = [name for name, value in list(globals().items()) if callable(value) and name[0] != "_"]
__all__.remove("accept_numpy_names")
globals().update(accept_numpy_names({name: globals()[name] for name in __all__}))
operators.attach(globals())  # + @ [] and the methods of Tensor
