"""The mean of the weights along the way, which is often better than where the way ends."""
import copy

from ..autograd import Tensor
from .callbacks import Callback


class WeightAverage(Callback):
    """Mean of the weights after every step of the last epochs; training does not notice.

    At a constant learning rate the weights end up circling around a minimum of the loss, and their
    mean lies nearer to it: Polyak and Juditsky, SIAM J. Control and Optimization 30 (1992),
    838-855; for deep nets Izmailov et al., arXiv 1803.05407. Give it to ``Trainer(callbacks=)``. It
    is part of the checkpoints, so a training that is resumed gives the same mean: to the bit, or
    with ``compile=True`` to rounding.

    Parameters
    ----------
    from_epoch : int
        The first epoch whose steps count; epochs count from 1.

    Attributes
    ----------
    count : int
        Steps that have counted so far.

    Raises
    ------
    ValueError
        If ``from_epoch`` is below 1.
    """

    def __init__(self, from_epoch):
        if from_epoch < 1:
            raise ValueError(f"WeightAverage: epochs count from 1, got from_epoch={from_epoch}")
        self.from_epoch, self.count, self._means = from_epoch, 0, {}

    def on_fit_start(self, trainer):
        """Forget what belongs to epochs that are not in the history."""
        if trainer.history.epoch < self.from_epoch:
            self.count, self._means = 0, {}

    def on_batch_end(self, trainer, record):
        """mean <- mean + (w - mean) / count."""
        if record["epoch"] < self.from_epoch:
            return
        self.count += 1
        for name, parameter in trainer.model.named_parameters():
            if self.count == 1:
                self._means[name] = parameter.data.copy()
            else:
                self._means[name] += (parameter.data - self._means[name]) / self.count

    def averaged(self, model):
        """A copy of ``model`` with the mean weights, and buffers as they are.

        The running statistics of batch norm belong to the last weights, not to these: a model with
        batch norm needs them measured anew (some batches in training mode) before it is used.

        Raises
        ------
        ValueError
            If no step has counted yet.
        """
        if not self.count:
            raise ValueError("WeightAverage.averaged: no step has counted yet; call fit() first, "
                             f"with more than {self.from_epoch - 1} epochs")
        model = copy.deepcopy(model)
        for name, parameter in model.named_parameters():
            parameter.data[...] = self._means[name]
        return model

    def state_dict(self):
        """What a checkpoint keeps."""
        return {"count": self.count, "means": {n: Tensor(m) for n, m in self._means.items()}}

    def load_state_dict(self, state):
        """Go on from what a checkpoint kept."""
        self.count = state["count"]
        self._means = {name: mean.data.copy() for name, mean in state["means"].items()}
