"""The correction of one learning rate for all: each optimizer its own, chosen on validation."""
from functools import partial

import minitorch_cnn as mt
from minitorch_cnn import optim
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.train import Trainer

from common import kept, loaders
from results import fit
from runs import NOTEBOOK2023, trained
from scores import histories

COMMON = 0.001  # the notebook's rate for all, whose first epoch is known from its runs
RATES = {"SGD": (0.1, 0.3, 1.0), "Momentum": (0.01, 0.03, 0.1),
         "RMSProp": (0.0003, 0.003), "Adam": (0.0003, 0.003)}


def best_rates(s, report):
    """Adds the table of the sweep; {optimizer: its best rate, validation accuracies}."""
    rows, found = [], {}
    for run in NOTEBOOK2023[:4]:
        first, = histories([trained(s, run, 0)])
        tried = {COMMON: first.epochs[0]["validation_accuracy"]}
        for lr in RATES[run.name]:
            result = kept(s, f"sweep/{run.name}-{lr}", partial(one_epoch, s, run, lr))
            tried[lr] = result["accuracy"]
        rate = max(tried, key=tried.get)
        found[run.name] = {"rate": rate, "best": tried[rate], "at_0.001": tried[COMMON]}
        told = ", ".join(f"{lr:g}: {100 * tried[lr]:.2f}" for lr in sorted(tried))
        rows.append((run.name, told, f"{rate:g}", 100 * tried[rate]))
    report.table(("optimizer", "accuracy in % by rate", "chosen", "its accuracy in %"), rows,
                 "Each optimizer with its own learning rate, chosen by the accuracy on validation "
                 "images after one epoch; 0.001 is the notebook's rate for all.", digits=2)
    return found


def one_epoch(s, run, lr):
    """Validation accuracy after one epoch; 0 if the loss did not stay finite."""
    mt.manual_seed(0)
    train, validation, _ = loaders(s, run.batch)
    model = MnistCNN().to(s.device)
    options = dict(run.options) | {"lr": lr}
    optimizer = getattr(optim, run.optimizer)(model.parameters(), **options)
    history = fit(Trainer(model, optimizer, compile=True), train, validation, 1)
    return {"accuracy": history.epochs[0]["validation_accuracy"] if history.epochs else 0.0}
