"""All parameters as one vector and back."""
from ...ops.joining import cat


def parameters_to_vector(parameters):
    """One vector of all values, in order; gradients flow back to the parameters.

    Parameters
    ----------
    parameters : iterable of Tensor

    Returns
    -------
    Tensor
        1-d.
    """
    return cat([param.reshape(-1) for param in parameters])


def vector_to_parameters(vec, parameters):
    """Make the parameters views of one vector, in order.

    Parameters
    ----------
    vec : Tensor
        1-d, at least as long as all parameters together.
    parameters : iterable of Tensor

    Raises
    ------
    TypeError
        If ``vec`` is no tensor.
    ValueError
        If it is too short.
    """
    if not hasattr(vec, "data") or not hasattr(vec, "requires_grad"):
        raise TypeError(f"vector_to_parameters: expected a Tensor, got {type(vec).__name__}")
    parameters = list(parameters)
    needed = sum(param.data.size for param in parameters)
    if vec.data.size < needed:
        raise ValueError(f"vector_to_parameters: the parameters hold {needed} values, the vector "
                         f"only {vec.data.size}")
    start = 0
    for param in parameters:
        stop = start + param.data.size
        param.data = vec.data[start:stop].reshape(param.shape)
        start = stop
