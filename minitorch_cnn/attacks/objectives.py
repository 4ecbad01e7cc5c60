"""What an attack makes large: a score of the target class, one number per image.

logits (N, K), targets (N,); each function returns (N,). For an attack that is not targeted the
target is the true class and the score is made small.
"""
from ..ops import amax, gather, log_softmax, masked_fill, one_hot, softmax


def logit(logits, targets):
    """logit[target]: keeps its slope where the probability is 0 or 1."""
    return gather(logits, 1, targets.reshape(-1, 1)).reshape(-1)


def log_probability(logits, targets):
    """log softmax(logits)[target]: the cross-entropy with the other sign."""
    return logit(log_softmax(logits, 1), targets)


def probability(logits, targets):
    """softmax(logits)[target]: flat, dP = 0, where it is 0 or 1."""
    return logit(softmax(logits, 1), targets)


def margin(logits, targets):
    """logit[target] - max of the others: above 0 exactly where the target is predicted.

    Carlini and Wagner, "Towards Evaluating the Robustness of Neural Networks", arXiv 1608.04644.
    """
    is_target = one_hot(targets, logits.shape[1]) != 0  # (N, K)
    return logit(logits, targets) - amax(masked_fill(logits, is_target, float("-inf")), 1)


OBJECTIVES = {"logit": logit, "log_probability": log_probability, "probability": probability,
              "margin": margin}


def as_objective(attack, objective):
    """A function (logits, targets) -> (N,) by its name; a callable as it is.

    Raises
    ------
    ValueError
        For a name that does not exist.
    """
    if callable(objective):
        return objective
    if objective not in OBJECTIVES:
        raise ValueError(f"{attack}: objective must be one of {', '.join(OBJECTIVES)} or a "
                         f"function of (logits, targets), got {objective!r}")
    return OBJECTIVES[objective]
