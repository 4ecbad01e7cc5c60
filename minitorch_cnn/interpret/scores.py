"""Running the model: what it says of many images, batch by batch. N images, K classes."""
from ..autograd import Tensor, no_grad
from ..device import array_module
from ..ops import log_softmax, softmax
from .checks import as_targets, choose

OUTPUTS = {"logit": lambda logits: logits,
           "probability": lambda logits: softmax(logits, 1),
           "log_probability": lambda logits: log_softmax(logits, 1)}


def check_output(method, output):
    """Refuse a name that is not in OUTPUTS.

    Raises
    ------
    ValueError
    """
    if output not in OUTPUTS:
        raise ValueError(f"{method}: output must be one of {', '.join(OUTPUTS)}, got {output!r}")


def run(method, model, x):
    """``model(x)`` as a Tensor (N, K), checked.

    Raises
    ------
    TypeError, ValueError
        If the model returns something else.
    """
    logits = model(x)
    if not isinstance(logits, Tensor):
        raise TypeError(f"{method}: the model must return a Tensor of logits (N, K), got "
                        f"{type(logits).__name__}")
    if logits.ndim != 2 or logits.shape[0] != x.shape[0]:
        raise ValueError(f"{method}: the model must return logits of shape ({x.shape[0]}, K), one "
                         f"row for each image, got {logits.shape}")
    return logits


def batches(n, batch_size):
    """Slices of at most ``batch_size`` that cover range(n); one empty slice for n = 0."""
    return [slice(i, min(i + batch_size, n)) for i in range(0, n, batch_size)] or [slice(0, 0)]


@no_grad()
def logits_of(method, model, images, batch_size):
    """(N, K) array of logits, a few batched forwards."""
    xp = array_module(images)
    return xp.concatenate([run(method, model, Tensor(images[part])).data
                           for part in batches(len(images), batch_size)])


def pick(scores, targets):
    """(N,) array: entry targets[i] of row i of ``scores`` (N, K)."""
    xp = array_module(scores)
    return scores[xp.arange(len(targets)), xp.asarray(targets)]


@no_grad()
def as_output(logits, output):
    """Logits (an array) as logits, probabilities or log-probabilities."""
    return OUTPUTS[output](Tensor(logits)).data


def predict(method, model, images, target, output, batch_size):
    """((N,) targets, (N,) their logit, probability or log-probability)."""
    logits = logits_of(method, model, images, batch_size)
    targets = choose(method, as_targets(method, target, len(images)), logits)
    return targets, pick(as_output(logits, output), targets)
