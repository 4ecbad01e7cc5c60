"""The confusion matrix: which class is taken for which. K classes."""
import numpy as np

from .figure import DPI, numbers
from .matrix import Cells, colored


def draw_confusion(counts, class_names=None, title="", dpi=DPI):
    """A confusion matrix with its counts, recall beside every row and precision below every column.

    What is right is blue and what is wrong orange, each on its own scale, for the errors of a good
    net would be invisible beside its diagonal.

    Parameters
    ----------
    counts : array or Tensor (K, K)
        ``counts[i, j]`` images of true class i were predicted as class j.
    class_names : sequence of str, optional
        K; without it the numbers of the classes.
    title : str
        Above the matrix.
    dpi : float
        Pixels an inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If ``counts`` is not square, or holds a negative number.
    """
    counts = numbers(counts)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.size == 0:
        raise ValueError(f"draw_confusion: counts must have shape (K, K), got {counts.shape}")
    if not (counts >= 0).all():
        raise ValueError("draw_confusion: counts must not be negative; pass numbers of images")
    k = len(counts)
    names = [str(name) for name in (range(k) if class_names is None else class_names)]
    colors = np.ones((k + 1, k + 1, 4))
    colors[:k, :k] = _colors(counts)
    right, rows, columns = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    texts = [[f"{n:g}" if n else "" for n in row] + [_share(right[i], rows[i])]
             for i, row in enumerate(counts)]
    texts.append([_share(right[j], columns[j]) for j in range(k)]
                 + [_share(right.sum(), counts.sum())])
    return Cells(colors, texts, names + ["precision"], names + ["recall"], "predicted class",
                 "true class", title).draw(dpi)


def _colors(counts):
    """(K, K, 4): the diagonal by its share of the row, the rest by its share of the worst error."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    errors = share * (1 - np.eye(len(counts)))
    worst = errors.max() or 1
    wrong = colored(0.75 * errors, (0, worst), "Oranges")
    wrong[errors == 0] = 1
    return np.where(np.eye(len(counts), dtype=bool)[..., None],
                    colored(0.85 * share, (0, 1), "Blues"), wrong)


def _share(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "–"
