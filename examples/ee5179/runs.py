"""The trainings of this study: the documents' runs, each for several seeds, kept when done."""
import copy
import time
from dataclasses import dataclass, replace

import minitorch_cnn as mt
from minitorch_cnn import optim
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.train import Trainer, WeightAverage, evaluate, predict

from common import kept, loaders
from results import fit


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
    averaged: int = 0   # the first epoch whose steps count in the mean of the weights


REPORT2019 = Run("report2019", "SGD", (("lr", 0.08),), 128, 8, False, 99.07, (99.0, None), 8)
HALVED = replace(REPORT2019, name="report2019-64", batch=64)
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
    """Weights, history, seconds; the test set's logits, corrected, as written and averaged."""
    mt.manual_seed(seed)
    train, validation, test = loaders(s, run.batch)
    model = MnistCNN(batch_norm=run.batch_norm).to(s.device)
    optimizer = getattr(optim, run.optimizer)(model.parameters(), **dict(run.options))
    average = WeightAverage(run.averaged or run.epochs + 1)
    trainer = Trainer(model, optimizer, callbacks=[average],
                      out=s.folder / "checkpoints" / f"{run.name}-{seed}", compile=True)
    print(f"{run.name}, seed {seed}", flush=True)
    start = time.perf_counter()
    history = fit(trainer, train, validation, run.epochs)
    seconds = time.perf_counter() - start
    result = {"model": copy.deepcopy(model.state_dict()), "seconds": seconds,
              "history": history.state_dict(), "logits": predict(model, test).logits}
    if run.averaged:
        result["averaged"] = {"logits": predict(average.averaged(model), test).logits}
    result["as_written"] = as_written(model, result["model"], validation, test) if (
        run.batch_norm) else {"logits": result["logits"], "buffers_moved": 0}
    return result


def as_written(model, before, validation, test):
    """The same without eval(), as the notebook does it: only batch norm notices.

    It normalizes validation and test images by the statistics of their own batches, and absorbs
    these. Training uses no running statistics, so one training serves both modes.
    """
    score, logits = (f(model, data, as_written=True) for f, data in (
        (evaluate, validation), (predict, test)))
    after = model.state_dict()
    return {"validation_accuracy": score.accuracy.value, "logits": logits.logits, "model": after,
            "buffers_moved": sum((before[name] != after[name]).any().item() for name in after)}
