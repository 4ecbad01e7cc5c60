"""The tape: tensors, the ops that made them, and the way back."""
from .function import Function
from .gradcheck import GradcheckError, check_module, gradcheck
from .graph import backward, grad
from .hooks import RemovableHandle
from .live import live
from .modes import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)
from .static import StaticFunction
from .tensor import Tensor

__all__ = ["Function", "GradcheckError", "RemovableHandle", "StaticFunction", "Tensor",
           "backward", "check_module", "detect_anomaly", "enable_grad", "grad", "gradcheck",
           "inference_mode", "is_grad_enabled", "live", "no_grad", "set_detect_anomaly",
           "set_grad_enabled"]
