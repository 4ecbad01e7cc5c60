"""Running a trained model over a dataset: its score, its predictions. Nothing about it changes."""
import contextlib
import time
from dataclasses import dataclass

import numpy as np

from ..autograd import Tensor, no_grad
from ..device import device, to_cpu
from ..inspect.state import changed_buffers, copy_of_buffers, mode, restore_buffers
from ..ops import cross_entropy, softmax
from ..ops.checks import as_tensor
from .metrics import Proportion, accuracy, count_correct

BATCH = 500  # images at a time where an array is given instead of a loader


@dataclass
class Score:
    """What ``evaluate`` found.

    Attributes
    ----------
    loss : float
        Mean over the images (each batch's loss weighed by its size); NaN of nothing.
    accuracy : Proportion or None
        None where the targets are no classes.
    count : int
        Number of images.
    seconds : float
        Time it took.
    as_written : bool
        Whether batch norm used, and absorbed, the statistics of the batches.
    """

    loss: float
    accuracy: Proportion | None
    count: int
    seconds: float
    as_written: bool = False

    @property
    def error_rate(self):
        """1 - accuracy; NaN where there is none."""
        return 1 - float(self.accuracy) if self.accuracy is not None else float("nan")

    def __str__(self):
        text = f"loss {self.loss:.4f}"
        if self.accuracy is not None:
            text += f", accuracy {self.accuracy}"
        return text + (" (as written: without eval())" if self.as_written else "")


class Tally:
    """Adds up losses and right answers of batches."""

    def __init__(self):
        self.loss, self.images, self.correct, self.labels = 0.0, 0, 0, 0

    def add(self, loss, logits, targets):
        """Count a batch in; (loss, accuracy) of it as floats, NaN where there is none."""
        n, counted = len(targets), count_correct(logits, targets)
        loss = float(loss)
        self.loss, self.images = self.loss + loss * n, self.images + n
        if not counted:
            return loss, float("nan")
        self.correct, self.labels = self.correct + counted[0], self.labels + counted[1]
        return loss, counted[0] / counted[1] if counted[1] else float("nan")

    def mean_loss(self):
        """Per image."""
        return self.loss / self.images if self.images else float("nan")

    def accuracy(self):
        """A Proportion, or None where nothing could be counted."""
        return Proportion(self.correct, self.labels) if self.labels else None


@no_grad()
def evaluate(model, loader, loss=cross_entropy, *, as_written=False):
    """Loss and accuracy of a model on a dataset.

    In evaluation mode (every part has its own mode again afterwards), without recording, and
    without a change of any buffer, which is checked.

    Parameters
    ----------
    model : Module or callable
        Images -> logits.
    loader : DataLoader or iterable
        Yields (images, targets).
    loss : callable
        (logits, targets) -> scalar Tensor, the mean over the batch.
    as_written : bool
        Leave out ``eval()``, as is often forgotten: batch norm normalizes each batch by itself and
        moves its running statistics, dropout drops. For showing what that costs.

    Returns
    -------
    Score

    Raises
    ------
    RuntimeError
        If a buffer was changed although the model is in evaluation mode; the old values are back
        then.
    ValueError
        If a batch is not (images, targets).
    """
    tally, start = Tally(), time.perf_counter()
    with _scope("evaluate", model, as_written):
        for batch in loader:
            x, y = pair("evaluate", batch, model)
            logits = model(x)
            tally.add(loss(logits, y), logits, y)
    return Score(tally.mean_loss(), tally.accuracy(), tally.images, time.perf_counter() - start,
                 as_written)


@dataclass
class Predictions:
    """What ``predict`` found for N images and K classes.

    Attributes
    ----------
    logits : numpy.ndarray
        (N, K).
    labels : numpy.ndarray or None
        (N,), where the loader gave them.
    """

    logits: np.ndarray
    labels: np.ndarray | None

    @property
    def classes(self):
        """The predicted class of each image, (N,)."""
        return self.logits.argmax(axis=1)

    @property
    def probabilities(self):
        """softmax of the logits, (N, K)."""
        with no_grad():
            return softmax(Tensor(self.logits), 1).data

    @property
    def wrong(self):
        """Which images were not recognized: their numbers in the loader's order."""
        return np.flatnonzero(self.classes != self._labels("wrong"))

    @property
    def accuracy(self):
        """A Proportion."""
        return accuracy(self.logits, self._labels("accuracy"))

    def _labels(self, asked):
        if self.labels is None:
            raise ValueError(f"Predictions.{asked}: there are no labels; predict from a loader "
                             "that yields (images, labels)")
        return self.labels


@no_grad()
def predict(model, loader, *, as_written=False):
    """Logits of a model for a dataset; scoped and checked as ``evaluate``.

    Parameters
    ----------
    model : Module or callable
        Images -> logits (N, K).
    loader : DataLoader, iterable, Tensor or array
        Yields (images, labels) or images; or images (N, C, H, W) themselves.
    as_written : bool
        As for ``evaluate``.

    Returns
    -------
    Predictions

    Raises
    ------
    RuntimeError
        As ``evaluate``.
    ValueError
        If there are no images, or some batches have labels and some not.
    """
    logits, labels = [], []
    with _scope("predict", model, as_written):
        for batch in _batches(loader):
            x, y = batch if isinstance(batch, (tuple, list)) and len(batch) == 2 else (batch, None)
            logits.append(to_cpu(model(to_device(x, model)).data))
            if y is not None:
                labels.append(np.asarray(to_cpu(y.data) if isinstance(y, Tensor) else y))
    if not logits:
        raise ValueError("predict: the loader gave no batch; is its dataset empty?")
    if len(labels) not in (0, len(logits)):
        raise ValueError(f"predict: {len(labels)} of {len(logits)} batches had labels; all of them "
                         "must, or none")
    return Predictions(np.concatenate(logits), np.concatenate(labels) if labels else None)


def _batches(loader):
    """Batches of a loader, or of an array of images."""
    if not hasattr(loader, "dtype"):
        return loader
    return [loader[i:i + BATCH] for i in range(0, len(loader), BATCH)]


@contextlib.contextmanager
def _scope(caller, model, as_written):
    """Evaluation mode and a watch over the buffers; or, as written, neither."""
    if as_written:
        with mode(model, True):
            yield
        return
    before = copy_of_buffers(model)
    with mode(model, False):
        yield
    if changed := changed_buffers(model, before):
        restore_buffers(model, before)
        raise RuntimeError(f"{caller}: {', '.join(changed)} changed although the model is in "
                           "evaluation mode (undone); some forward() updates its buffers without "
                           "asking self.training")


def pair(caller, batch, model):
    """(images, targets) of a batch, where the model is.

    Raises
    ------
    ValueError
        For anything else.
    """
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        found = f"{len(batch)} parts" if isinstance(batch, (tuple, list)) else type(batch).__name__
        raise ValueError(f"{caller}: a batch must be (images, targets), the loader gave {found}")
    return to_device(batch[0], model), to_device(batch[1], model)


def to_device(data, model):
    """``data`` as a Tensor on the device of the model's first parameter."""
    data = as_tensor(data)
    first = next(iter(model.parameters()), None) if hasattr(model, "parameters") else None
    return data if first is None or device(first.device) == data.device else data.to(first.device)
