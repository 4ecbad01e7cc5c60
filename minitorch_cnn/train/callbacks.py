"""What may happen beside the loop of training."""
import math

EVENTS = ("on_fit_start", "on_epoch_start", "on_batch_end", "on_epoch_end", "on_fit_end")


class Callback:
    """Base of callbacks: a subclass writes the methods it needs, each is called by the Trainer.

    Any object that has one of these methods will do.
    """

    def on_fit_start(self, trainer):
        """Before the first epoch of a fit; after a checkpoint was loaded, if there is one."""

    def on_epoch_start(self, trainer, epoch):
        """Before an epoch's first batch; ``epoch`` counts from 1."""

    def on_batch_end(self, trainer, record):
        """After an iteration; ``record`` is its dict in ``history.iterations``."""

    def on_epoch_end(self, trainer, record):
        """After validation, before the checkpoint is written; ``record`` may be added to."""

    def on_fit_end(self, trainer, history):
        """At the end, however it came."""


class EarlyStopping(Callback):
    """Stop when the monitored value has not improved for some epochs.

    What it knows is in the history, so a training that is resumed stops at the same epoch.

    Parameters
    ----------
    monitor : str
        Column of ``history.epochs``; of names with "loss" small is good, of others large.
    patience : int
        Epochs without a new best that are forgiven.

    Raises
    ------
    ValueError
        If patience is negative, or (while training) there is no such column.
    """

    def __init__(self, monitor="validation_loss", patience=3):
        if patience < 0:
            raise ValueError(f"EarlyStopping: patience must not be negative, got {patience}")
        self.monitor, self.patience = monitor, patience

    def on_fit_start(self, trainer):
        """Look whether the history that was loaded has its end already."""
        self._look(trainer)

    def on_epoch_end(self, trainer, record):
        """Stop if the best epoch is too long ago."""
        if math.isnan(record.get(self.monitor, math.nan)):
            raise ValueError(f"EarlyStopping: {self.monitor} is not measured in this training "
                             f"(there are {', '.join(record)}); pass a validation loader to fit(), "
                             "or another monitor")
        self._look(trainer)

    def _look(self, trainer):
        best = trainer.history.best(self.monitor)
        if best is not None and trainer.history.epoch - best["epoch"] > self.patience:
            trainer.stop(f"stopped after epoch {trainer.history.epoch}: {self.monitor} was best in "
                         f"epoch {best['epoch']}")


def check(callbacks):
    """The callbacks as a list.

    Raises
    ------
    TypeError
        For an object without any of the methods.
    """
    for callback in callbacks:
        if not any(hasattr(callback, event) for event in EVENTS):
            raise TypeError(f"Trainer: {callback!r} is no callback; it needs one of the methods "
                            f"{', '.join(EVENTS)}")
    return list(callbacks)
