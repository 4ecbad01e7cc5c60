"""The correction of one learning rate for all: each optimizer its own, chosen on validation."""
from functools import partial

import minitorch_cnn as mt
from minitorch_cnn import optim
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.train import Trainer

from common import kept, loaders
from runs import NOTEBOOK2023

RATES = {"SGD": (0.03, 0.1, 0.3), "Momentum": (0.003, 0.01, 0.03),
         "RMSProp": (0.0003, 0.001, 0.003), "Adam": (0.0003, 0.001, 0.003)}


def best_rates(s, report):
    """Adds the table of the sweep; returns {optimizer: its best learning rate}."""
    rows, best = [], {}
    for run in NOTEBOOK2023[:4]:
        tried = {}
        for lr in RATES[run.name]:
            result = kept(s, f"sweep/{run.name}-{lr}", partial(one_epoch, s, run, lr))
            tried[lr] = 100 * result["accuracy"]
        best[run.name] = max(tried, key=tried.get)
        told = ", ".join(f"{lr}: {accuracy:.2f} %" for lr, accuracy in tried.items())
        rows.append((run.name, told, best[run.name], tried[best[run.name]]))
    report.table(("optimizer", "by learning rate", "chosen", "validation accuracy in %"), rows,
                 "Each optimizer with its own learning rate, one epoch on the training images. At "
                 "0.001, the notebook's rate for all, plain SGD is merely slow.")
    return best


def one_epoch(s, run, lr):
    """Validation accuracy after one epoch."""
    mt.manual_seed(0)
    train, validation, _ = loaders(s, run.batch)
    model = MnistCNN()
    options = dict(run.options) | {"lr": lr}
    optimizer = getattr(optim, run.optimizer)(model.parameters(), **options)
    history = Trainer(model, optimizer).fit(train, validation, 1)
    return {"accuracy": history.epochs[-1]["validation_accuracy"]}
