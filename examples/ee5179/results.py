"""Results that are kept: what takes long is computed once, and an interrupted study goes on."""
from minitorch_cnn import report


def kept(s, name, compute):
    """What ``compute()`` returned when it ran for the first time: a dict of Tensors and numbers."""
    return report.kept(s.folder / "results" / f"{name}.safetensors", compute)


def fit(trainer, train, validation, epochs):
    """``trainer.fit``, but Ctrl-C ends the study too: half a training is no result.

    Raises
    ------
    KeyboardInterrupt
        Run the script again, and the training goes on after its last complete epoch.
    """
    history = trainer.fit(train, validation, epochs)
    if history.interrupted:
        raise KeyboardInterrupt(history.stopped)
    return history
