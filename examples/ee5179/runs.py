"""The trainings of this study: the documents' runs, each for several seeds, kept when done."""
import time
from dataclasses import dataclass, replace

import minitorch_cnn as mt
from minitorch_cnn import optim
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.train import Trainer, evaluate, predict

from common import kept, loaders


@dataclass(frozen=True)
class Run:
    """One row of the documents' tables; ``accepted``: where our mean test accuracy should lie."""

    name: str
    optimizer: str
    options: tuple
    batch: int
    epochs: int
    batch_norm: bool
    document: float
    accepted: tuple
    falling: bool = False   # a tenth of the learning rate in the last epoch


REPORT2019 = Run("report2019", "SGD", (("lr", 0.08),), 128, 8, False, 99.07, (99.0, None))
FALLING = replace(REPORT2019, name="report2019, falling rate", falling=True)
NOTEBOOK2023 = (
    Run("SGD", "SGD", (("lr", 0.001),), 64, 5, False, 81.11, (70, 88)),
    Run("Momentum", "SGD", (("lr", 0.001), ("momentum", 0.9)), 64, 5, False, 96.51, (95.5, 97.5)),
    Run("RMSProp", "RMSprop", (("lr", 0.001),), 64, 5, False, 98.93, (98.3, None)),
    Run("Adam", "Adam", (("lr", 0.001),), 64, 5, False, 99.03, (98.5, None)),
    Run("SGD+BN", "SGD", (("lr", 0.001),), 64, 5, True, 96.83, (96.0, 97.7)),
    Run("Adam+BN", "Adam", (("lr", 0.001),), 64, 5, True, 98.94, (98.5, None)),
)


def trained(s, run, seed):
    """Train ``run`` with one seed, unless that is kept already; see ``_train`` for the result."""
    return kept(s, f"runs/{run.name}-{seed}", lambda: _train(s, run, seed))


def _train(s, run, seed):
    """Weights, history, seconds; the test set's logits, corrected and as written.

    As written, nothing ever calls eval(): batch norm normalizes validation and test images by
    the statistics of their own batches, and absorbs these. Training itself does not notice, since
    in training mode the running statistics are not used: one training serves both modes.
    """
    mt.manual_seed(seed)
    train, validation, test = loaders(s, run.batch)
    model = MnistCNN(batch_norm=run.batch_norm).to(s.device)
    optimizer = getattr(optim, run.optimizer)(model.parameters(), **dict(run.options))
    schedule = optim.lr_scheduler.MultiStepLR(optimizer, [run.epochs - run.falling], gamma=0.1)
    folder = s.folder / "checkpoints" / f"{run.name}-{seed}"
    trainer = Trainer(model, optimizer, scheduler=schedule, out=folder)
    print(f"{run.name}, seed {seed}")
    start = time.perf_counter()
    history = trainer.fit(train, validation, run.epochs)
    seconds = time.perf_counter() - start
    result = {"model": model.state_dict(), "history": history.state_dict(), "seconds": seconds,
              "logits": predict(model, test).logits}
    before = {name: buffer.data.copy() for name, buffer in model.named_buffers()}
    written = evaluate(model, validation, as_written=True)
    result["as_written"] = {"validation_accuracy": written.accuracy.value,
                            "logits": predict(model, test, as_written=True).logits}
    result["buffers_moved"] = sum(int((before[name] != buffer.data).any())
                                  for name, buffer in model.named_buffers())
    return result
