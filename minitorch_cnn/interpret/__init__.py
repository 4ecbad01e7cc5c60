"""Why does the net say so? One method, one file; arrays in, arrays out.

A model is any callable from a Tensor of images to a Tensor of logits. Only what needs layers asks
for an ``nn.Module``: ``activations``, ``capture``, ``embedding``, ``filters``, ``grad_cam``.
No method changes the model: weights, buffers, gradients and hooks are afterwards what they were.
"""
from .activations import activations, capture
from .deletion_insertion import Curve, deletion, insertion
from .embedding import embedding
from .fill import blur
from .filters import filters, tile
from .grad_cam import GradCAM, grad_cam
from .guided_backprop import guided_backprop
from .input_x_gradient import input_x_gradient
from .integrated_gradients import IntegratedGradients, integrated_gradients
from .maps import Meaningful, meaningful, spread
from .occlusion import Occlusion, occlusion
from .saliency import saliency
from .smoothgrad import smoothgrad

__all__ = ["Curve", "GradCAM", "IntegratedGradients", "Meaningful", "Occlusion", "activations",
           "blur", "capture", "deletion", "embedding", "filters", "grad_cam", "guided_backprop",
           "input_x_gradient", "insertion", "integrated_gradients", "meaningful", "occlusion",
           "saliency", "smoothgrad", "spread", "tile"]
