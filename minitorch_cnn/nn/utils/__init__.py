"""Helpers: clipping of gradients, parameters as one vector, spectral norm, layers not drawn."""
from .clip_grad import clip_grad_norm_, clip_grad_value_, get_total_norm
from .convert_parameters import parameters_to_vector, vector_to_parameters
from .init import skip_init
from .spectral_norm import remove_spectral_norm, spectral_norm

__all__ = ["clip_grad_norm_", "clip_grad_value_", "get_total_norm", "parameters_to_vector",
           "remove_spectral_norm", "skip_init", "spectral_norm", "vector_to_parameters"]
