"""How good is a classifier: accuracy with its interval, top-k, confusion matrix, report per class.

N samples, K classes. Predictions are logits or probabilities (N, K), or classes (N,); labels are
ints (N,).
"""
import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ..autograd import Tensor
from ..device import to_cpu
from ..dtypes import as_array
from ..inspect.table import text_table


@dataclass(frozen=True)
class Proportion:
    """So many right of so many, with the binomial interval of the proportion behind it.

    The interval is Wilson's score interval, which stays inside [0, 1] and is right near its ends
    (Wilson 1927; Brown, Cai and DasGupta, "Interval Estimation for a Binomial Proportion",
    Statistical Science 16 (2001) 101).

    Attributes
    ----------
    correct, count : int
    confidence : float
        Of the interval, in (0, 1).
    """

    correct: int
    count: int
    confidence: float = 0.95

    def __post_init__(self):
        if not 0 <= self.correct <= self.count:
            raise ValueError(f"Proportion: {self.correct} right of {self.count} is impossible")
        if not 0 < self.confidence < 1:
            raise ValueError("Proportion: confidence must lie between 0 and 1, such as 0.95, got "
                             f"{self.confidence}")

    @property
    def value(self):
        """correct / count; NaN of nothing."""
        return self.correct / self.count if self.count else math.nan

    @property
    def low(self):
        """Lower end of the interval."""
        return self._interval()[0]

    @property
    def high(self):
        """Upper end of the interval."""
        return self._interval()[1]

    def _interval(self):
        n = self.count
        if n == 0:
            return 0.0, 1.0
        p, z = self.value, NormalDist().inv_cdf((1 + self.confidence) / 2)
        center = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        low, high = max(center - half, 0.0), min(center + half, 1.0)
        return min(low, p), max(high, p)  # rounding may push an end past p = 0 or 1

    def __contains__(self, value):
        return self.low <= value <= self.high

    def __float__(self):
        return self.value

    def __str__(self):
        return f"{self.value:.2%} [{self.low:.2%}, {self.high:.2%}]"


def accuracy(predictions, labels, *, confidence=0.95):
    """The share of predictions that are right.

    Parameters
    ----------
    predictions : Tensor or array, (N, K) or (N,)
        Logits or probabilities (the largest wins, the first of equals), or classes.
    labels : Tensor or array of int, (N,)
    confidence : float
        Of the binomial interval.

    Returns
    -------
    Proportion
        ``float()`` of it is the accuracy in [0, 1].

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes do not fit.
    """
    classes, labels = _pair("accuracy", predictions, labels)
    return Proportion(int((classes == labels).sum()), len(labels), confidence)


def top_k_accuracy(predictions, labels, k=5, *, confidence=0.95):
    """The share of samples whose label is among the ``k`` classes with the highest score.

    Parameters
    ----------
    predictions : Tensor or array, (N, K)
        Logits or probabilities; of equal scores the lower class comes first.
    labels : Tensor or array of int, (N,)
    k : int
        1 to K.

    Returns
    -------
    Proportion

    Raises
    ------
    ValueError, TypeError
        If shapes, dtypes or k do not fit.
    """
    scores = _array(predictions)
    if scores.ndim != 2:
        raise ValueError("top_k_accuracy: predictions must be scores (N, K), got shape "
                         f"{scores.shape}; classes alone have no ranking")
    if not 1 <= k <= scores.shape[1]:
        raise ValueError(f"top_k_accuracy: k must be 1 to {scores.shape[1]}, the number of "
                         f"classes, got {k}")
    _, labels = _pair("top_k_accuracy", scores, labels)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]        # (N, k)
    return Proportion(int((best == labels[:, None]).any(axis=1).sum()), len(labels), confidence)


def confusion_matrix(predictions, labels, classes=None):
    """How often each class was taken for each other: rows are labels, columns predictions.

    Parameters
    ----------
    predictions : Tensor or array, (N, K) or (N,)
    labels : Tensor or array of int, (N,)
    classes : int or sequence of str, optional
        Number of classes, or their names; K if left out, or one more than the highest class.

    Returns
    -------
    numpy.ndarray
        int64 (K, K), its sum is N.

    Raises
    ------
    ImportError
        Without scikit-learn.
    ValueError, TypeError
        If shapes, dtypes or classes do not fit.
    """
    given, labels = _pair("confusion_matrix", predictions, labels)
    names = _names("confusion_matrix", classes, predictions, given, labels)
    if len(labels) == 0:
        return np.zeros((len(names), len(names)), np.int64)
    return _sklearn_metrics("confusion_matrix").confusion_matrix(
        labels, given, labels=range(len(names))).astype(np.int64)


@dataclass(frozen=True)
class ClassRow:
    """Precision, recall, F1 and support (number of samples) of one class, or an average."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class ClassReport:
    """What ``class_report`` found; ``str()`` of it is a table.

    Attributes
    ----------
    classes : list of ClassRow
    macro, weighted : ClassRow
        Plain mean over the classes, and mean weighted by support.
    accuracy : Proportion
    """

    classes: list
    macro: ClassRow
    weighted: ClassRow
    accuracy: Proportion

    def __str__(self):
        rows = [[r.name, f"{r.precision:.4f}", f"{r.recall:.4f}", f"{r.f1:.4f}", r.support]
                for r in [*self.classes, self.macro, self.weighted]]
        table = text_table(["class", "precision", "recall", "F1", "support"], rows)
        return f"{table}\naccuracy {self.accuracy}"


def class_report(predictions, labels, classes=None):
    """Precision, recall, F1 and support of each class, with macro and weighted averages.

    A precision of a class that was never predicted, or a recall of one that never occurs, is 0.

    Parameters
    ----------
    predictions : Tensor or array, (N, K) or (N,)
    labels : Tensor or array of int, (N,), N > 0
    classes : int or sequence of str, optional
        As for ``confusion_matrix``.

    Returns
    -------
    ClassReport

    Raises
    ------
    ImportError
        Without scikit-learn.
    ValueError, TypeError
        If shapes, dtypes or classes do not fit.
    """
    given, labels = _pair("class_report", predictions, labels)
    names = _names("class_report", classes, predictions, given, labels)
    if len(labels) == 0:
        raise ValueError("class_report: there are no samples to report on; pass at least one")
    scores = _sklearn_metrics("class_report").precision_recall_fscore_support

    def score(average):
        return scores(labels, given, labels=range(len(names)), average=average, zero_division=0)

    rows = [ClassRow(name, float(p), float(r), float(f), int(n))
            for name, p, r, f, n in zip(names, *score(None))]
    macro, weighted = [ClassRow(f"{average} average", *map(float, score(average)[:3]), len(labels))
                       for average in ("macro", "weighted")]
    return ClassReport(rows, macro, weighted, accuracy(given, labels))


def _sklearn_metrics(name):
    try:
        from sklearn import metrics
    except ImportError:
        raise ImportError(f"{name}: needs scikit-learn, which is not installed; install it with "
                          '`pip install scikit-learn` (or `pip install "minitorch_cnn[study]"`)'
                          ) from None
    return metrics


def count_correct(logits, labels):
    """(right, all) of one batch, or None where logits and labels are not those of a classifier.

    Labels may be classes (N, ...) for logits (N, K, ...), or probabilities of the logits' shape
    (one-hot, mixed): then the most probable class is the right one.
    """
    if not isinstance(logits, Tensor) or logits.ndim < 2:
        return None
    logits, labels = logits.data, _array(labels)
    if labels.shape == logits.shape and _is_distribution(labels):
        labels = labels.argmax(axis=1)
    if labels.dtype.kind not in "iu" or labels.shape != logits.shape[:1] + logits.shape[2:]:
        return None
    return int((to_cpu(logits.argmax(axis=1)) == labels).sum()), int(labels.size)


def _is_distribution(labels):
    """Whether each row is one-hot or a mixture: more than one class, none negative, sum 1."""
    sums = labels.sum(axis=1)
    return labels.shape[1] > 1 and (labels >= 0).all() and (abs(sums - 1) < 1e-3).all()


def _array(data):
    """A Tensor or anything array-like as a NumPy array."""
    return to_cpu(data.data if isinstance(data, Tensor) else as_array(data))


def _pair(op, predictions, labels):
    """(classes (N,), labels (N,)), checked."""
    predictions, labels = _array(predictions), _array(labels)
    if predictions.ndim == 2:
        if predictions.shape[1] == 0:
            raise ValueError(f"{op}: predictions of shape {predictions.shape} have no classes")
        predictions = predictions.argmax(axis=1)
    if predictions.ndim != 1 or labels.shape != predictions.shape:
        raise ValueError(f"{op}: needs predictions (N, K) or (N,) and labels (N,), got "
                         f"{predictions.shape} and {labels.shape}")
    for name, array in (("classes", predictions), ("labels", labels)):
        if array.dtype.kind not in "iu" and array.size:
            raise TypeError(f"{op}: {name} must be integers, got {array.dtype}; convert them with "
                            ".long() (or pass scores of shape (N, K))")
    return predictions, labels


def _names(op, classes, predictions, given, labels):
    """The names of the K classes, and that no class lies outside."""
    shape = _array(predictions).shape
    highest = int(max(given.max(initial=-1), labels.max(initial=-1)))
    if classes is None:
        classes = shape[1] if len(shape) == 2 else highest + 1
    names = [str(i) for i in range(classes)] if isinstance(classes, int) else list(classes)
    if highest >= len(names) or min(given.min(initial=0), labels.min(initial=0)) < 0:
        raise ValueError(f"{op}: classes must be 0 to {len(names) - 1}, found "
                         f"{min(given.min(), labels.min())} to {highest}; pass all names in "
                         "classes")
    return names
