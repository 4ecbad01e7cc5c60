"""What trainings are judged by: accuracies with intervals, histories, predictions."""
import functools

import numpy as np

from minitorch_cnn.train import History

from common import loaders


def test_accuracy(s, result, as_written=None):
    """Percent of the test images right; as these settings say, or ``as_written`` or not."""
    return percent_right(s, predicted(s, result, as_written))


def predicted(s, result, as_written=None):
    """The class predicted for each test image (N,)."""
    written = s.as_written if as_written is None else as_written
    return np.asarray((result["as_written"] if written else result)["logits"]).argmax(1)


def weights_as_written(result):
    """Weights as a document keeps them: batch norm has absorbed validation and test images."""
    return result["as_written"].get("model", result["model"])


def percent_right(s, classes):
    """Of the test images, for the class predicted for each (N,)."""
    return 100 * float(np.mean(classes == test_labels(s)))


def histories(results):
    """The History of each training."""
    made = [History() for _ in results]
    for history, result in zip(made, results):
        history.load_state_dict(result["history"])
    return made


def mean_interval(percents, images):
    """Mean over seeds; where it would lie in 95 % of repetitions with other images and seeds."""
    p, n = np.mean(percents) / 100, len(percents)
    of_images = p * (1 - p) / images
    of_seeds = np.var(percents, ddof=1) / n / 1e4 if n > 1 else 0
    half = 196 * (of_images + of_seeds) ** 0.5
    return float(100 * p), (float(100 * p - half), float(100 * p + half))


@functools.cache
def test_labels(s):
    """Labels (N,) of the test set."""
    return np.concatenate([labels.data for _, labels in loaders(s, 500)[2]])


def number_of_seeds(s):
    """One seed, or three of them, in words."""
    return "one seed" if s.seeds == 1 else f"{s.seeds} seeds"


def spread_of_seeds(s):
    """The same for a table of accuracies with their intervals."""
    return number_of_seeds(s) + (", mean" * (s.seeds > 1)) + " with 95 % interval"


def bands(s):
    """What a figure of curves has to say about its bands."""
    return "; bands span the seeds" * (s.seeds > 1)
