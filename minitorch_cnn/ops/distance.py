"""How alike or how far apart vectors are, and the losses that learn it.

Composed of other ops, which bring the gradients.
"""
from .broadcast import check_broadcast, floats, promoted
from .checks import as_tensor, check_float, normalize_dim
from .reduction import chosen, finish
from .selection import clamp, minimum, where
from .shape import expand
from .special import sqrt
from .vector_norm import norm

__all__ = ["cosine_embedding_loss", "cosine_similarity", "pairwise_distance",
           "triplet_margin_loss", "triplet_margin_with_distance_loss"]


def _vectors(op, x1, x2):
    """Both as Tensors of one dtype and one shape."""
    x1, x2 = promoted(as_tensor(x1), as_tensor(x2))
    shape = check_broadcast(op, x1, x2)
    return expand(x1, *shape), expand(x2, *shape)


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """Cosine of the angle between vectors along ``dim``: x1 . x2 / (||x1|| ||x2||).

    Parameters
    ----------
    x1, x2 : Tensor
        Floats of shapes that broadcast.
    dim : int
        The dimension that makes a vector; it is gone in the result.
    eps : float
        Smallest length, so that a zero vector gives 0.

    Raises
    ------
    TypeError
        If they do not hold floats.
    ValueError
        If the shapes do not broadcast.
    IndexError
        If there is no such dimension.
    """
    x1, x2 = _vectors("cosine_similarity", x1, x2)
    check_float("cosine_similarity", input1=x1, input2=x2)
    dim = normalize_dim("cosine_similarity", dim, x1.ndim)
    length1 = sqrt(clamp((x1 * x1).sum(dim, keepdim=True), min=eps * eps))
    length2 = sqrt(clamp((x2 * x2).sum(dim, keepdim=True), min=eps * eps))
    return (x1 / length1 * (x2 / length2)).sum(dim)


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """||x1 - x2 + eps||_p of the vectors in the last dimension.

    Parameters
    ----------
    x1, x2 : Tensor, (N, D) or (D,)
        Shapes that broadcast. The distance of integers is float32.
    p : float
        Exponent of the norm.
    eps : float
        Added to every difference, so that equal vectors have a gradient.
    keepdim : bool
        Keep the last dimension, with size 1.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.
    """
    x1, x2 = _vectors("pairwise_distance", x1, x2)
    return norm(x1 - x2 + eps, p, -1, keepdim)


def cosine_embedding_loss(input1, input2, target, margin=0.0, size_average=None, reduce=None,
                          reduction="mean"):
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1.

    Parameters
    ----------
    input1, input2 : Tensor, (N, D) or (D,)
        Pairs of vectors. Integers become float32.
    target : Tensor, (N,) or ()
        1 for pairs that belong together, -1 for others.
    margin : float
        Cosine up to which strangers cost nothing.
    size_average, reduce : bool, optional
        PyTorch's old spelling of ``reduction``.
    reduction : {"mean", "sum", "none"}
        What is done with the losses of the pairs.

    Raises
    ------
    ValueError
        For shapes that do not fit or an unknown reduction.
    """
    op = "cosine_embedding_loss"
    reduction = chosen(op, reduction, size_average, reduce)
    x1, x2 = _vectors(op, floats(input1), floats(input2))
    target = as_tensor(target)
    if x1.ndim != target.ndim + 1 or x1.ndim > 2:
        raise ValueError(f"{op}: inputs must be (N, D) with a target (N,), or (D,) with (); got "
                         f"{x1.shape} and {target.shape}")
    tiny = 1e-12  # added to the squared lengths, as in PyTorch
    lengths = ((x1 * x1).sum(-1) + tiny) * ((x2 * x2).sum(-1) + tiny)
    cosine = (x1 * x2).sum(-1) / sqrt(lengths)
    losses = where(target == 1, 1 - cosine, where(target == -1, clamp(cosine - margin, min=0), 0.0))
    return finish(losses, reduction)


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False,
                        size_average=None, reduce=None, reduction="mean"):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), d the p-norm distance.

    Parameters
    ----------
    anchor, positive, negative : Tensor, (N, D) or (D,)
        Vectors.
    margin : float
        By how much the negative should be farther away, > 0.
    p, eps : float
        As for ``pairwise_distance``.
    swap : bool
        Take d(positive, negative) where that is smaller.  Balntas et al., BMVC 2016.
    size_average, reduce : bool, optional
        PyTorch's old spelling of ``reduction``.
    reduction : {"mean", "sum", "none"}
        What is done with the losses of the triplets.

    Raises
    ------
    ValueError
        For shapes that do not fit, margin <= 0, or an unknown reduction.
    """
    def distance(a, b):
        return pairwise_distance(a, b, p, eps)

    op = "triplet_margin_loss"
    reduction = chosen(op, reduction, size_average, reduce)
    vectors = [as_tensor(x) for x in (anchor, positive, negative)]
    check_broadcast(op, *vectors)
    return _triplet(op, vectors, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None,
                                      margin=1.0, swap=False, reduction="mean"):
    """``triplet_margin_loss`` with a distance of one's own: two Tensors to a Tensor (N,)."""
    op = "triplet_margin_with_distance_loss"
    return _triplet(op, (anchor, positive, negative), distance_function or pairwise_distance,
                    margin, swap, chosen(op, reduction))


def _triplet(op, vectors, distance, margin, swap, reduction):
    anchor, positive, negative = [as_tensor(x) for x in vectors]
    if not margin > 0:
        raise ValueError(f"{op}: margin must be positive, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ValueError(f"{op}: anchor, positive and negative must have as many dimensions, got "
                         f"shapes {anchor.shape}, {positive.shape} and {negative.shape}")
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return finish(clamp(near - far + margin, min=0), reduction)
