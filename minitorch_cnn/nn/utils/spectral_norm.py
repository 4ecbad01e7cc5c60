"""Spectral normalization: a weight divided by the most it can stretch a vector."""
from ...autograd import Tensor, no_grad
from ...device import array_module
from ...random import generator
from ..conv import ConvTranspose1d, ConvTranspose2d
from ..parameter import Parameter


class SpectralNorm:
    """The hook before ``forward`` that sets ``weight`` = ``weight_orig`` / sigma.

    With W the weight as a matrix of ``dim`` by all others, sigma = u' W v, where u and v, kept as
    buffers, come closer to its first singular vectors with every call in training:

        v = W' u / |W' u|,    u = W v / |W v|
    """

    def __init__(self, name, n_power_iterations, dim, eps):
        self.name, self.n_power_iterations, self.dim, self.eps = name, n_power_iterations, dim, eps

    def matrix(self, weight):
        """The array ``weight`` as (size of ``dim``, all others)."""
        return array_module(weight).moveaxis(weight, self.dim, 0).reshape(
            weight.shape[self.dim], -1)

    def __call__(self, module, args):
        setattr(module, self.name, self.weight(module, module.training))

    def weight(self, module, iterate):
        """``weight_orig`` / sigma; with ``iterate`` after improving u and v."""
        weight = getattr(module, f"{self.name}_orig")
        u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        if iterate:
            matrix = self.matrix(weight.data)
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.data[...] = self.normalized(matrix.T @ u.data)
                    u.data[...] = self.normalized(matrix @ v.data)
        slope = array_module(u.data).outer(u.data, v.data)     # d sigma / d W
        others = [n for axis, n in enumerate(weight.shape) if axis != self.dim]
        slope = array_module(slope).moveaxis(slope.reshape(-1, *others), 0, self.dim)
        return weight / (weight * Tensor(slope)).sum()

    def normalized(self, vector):
        """Of length 1, or of length 0 if it is shorter than ``eps``."""
        return vector / max(float(array_module(vector).linalg.norm(vector)), self.eps)


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """Divide a module's weight by its largest singular value, before every ``forward``.

    A discriminator whose layers stretch nothing by more than 1 changes slowly with its images, and
    so gives the generator gradients that say where to go. As ``torch.nn.utils.spectral_norm``: the
    weight is learned as ``weight_orig``; ``weight_u`` and ``weight_v``, kept as buffers, approach
    the singular vectors by one power iteration a call in training mode.

    Parameters
    ----------
    module : Module
    name : str
        Of the parameter.
    n_power_iterations : int
        In each call; at least 1.
    eps : float
        Least length that is divided by.
    dim : int, optional
        The axis of the outputs: 0, and 1 for transposed convolutions.

    Returns
    -------
    Module
        The same.

    Raises
    ------
    ValueError
        Without such a parameter, or for fewer than one iteration.
    RuntimeError
        If the parameter is normalized already.

    Source: Miyato et al., "Spectral Normalization for Generative Adversarial Networks",
    arXiv 1802.05957.
    """
    if n_power_iterations < 1:
        raise ValueError(f"spectral_norm: needs at least one iteration, got {n_power_iterations}")
    if _hook_of(module, name) is not None:
        raise RuntimeError(f'spectral_norm: "{name}" is normalized already')
    weight = module._parameters.get(name)
    if weight is None:
        raise ValueError(f'spectral_norm: {type(module).__name__} has no parameter "{name}"')
    if dim is None:
        dim = 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d)) else 0
    hook = SpectralNorm(name, n_power_iterations, dim, eps)
    rng, xp = generator("init"), array_module(weight.data)
    vectors = [hook.normalized(xp.asarray(rng.standard_normal(size), weight.data.dtype))
               for size in hook.matrix(weight.data).shape]
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    for letter, vector in zip("uv", vectors):
        module.register_buffer(f"{name}_{letter}", Tensor(vector))
    setattr(module, name, weight.detach())
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module, name="weight"):
    """Make the normalized weight a parameter of its own again.

    Raises
    ------
    ValueError
        If it is not normalized.
    """
    key = _hook_of(module, name)
    if key is None:
        raise ValueError(f'remove_spectral_norm: "{name}" is not normalized in {module}')
    hook, _ = module._forward_pre_hooks.pop(key)
    with no_grad():
        weight = hook.weight(module, False)
    for attribute in (name, f"{name}_u", f"{name}_v", f"{name}_orig"):
        delattr(module, attribute)
    module.register_parameter(name, Parameter(weight.data))
    return module


def _hook_of(module, name):
    """The key of its hook among those before ``forward``, or None."""
    for key, (hook, _) in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            return key
    return None
