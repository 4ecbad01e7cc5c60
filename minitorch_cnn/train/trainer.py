"""Trainer: the loop of the examples, with a history, checkpoints and a bar around it."""
import math
import time
from pathlib import Path

from .. import compiler
from ..inspect.state import mode
from ..nn import Module
from ..ops import cross_entropy
from ..optim.lr_scheduler import ReduceLROnPlateau
from .callbacks import check
from .checkpoint import load_checkpoint, restore, save_checkpoint
from .evaluation import Tally, evaluate, pair, predict
from .history import History
from .progress import epoch_bar

NAN = float("nan")


def plain_step(model, loss, optimizer):
    """One step of training as a function: (images, targets) -> (loss, logits).

    This is all that learning is; the Trainer calls it for every batch.
    """
    def step(images, targets):
        logits = model(images)
        value = loss(logits, targets)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value, logits

    return step


class Trainer:
    """Fit a model, epoch by epoch: loss, accuracy, best model, resume.

    Parameters
    ----------
    model : Module
        Images -> logits.
    optimizer : Optimizer, optional
        Needed by ``fit``.
    loss : callable
        (logits, targets) -> scalar Tensor, the mean over the batch; default cross-entropy.
    scheduler : LRScheduler, optional
    callbacks : iterable of Callback
        Or of any objects with some of its methods.
    out : str or Path, optional
        Folder for ``last.safetensors`` and ``best.safetensors`` (checkpoints), ``history.json``,
        ``epochs.csv`` and ``iterations.csv``; made if missing. Without it nothing is written, and
        the best weights are kept in memory.
    step : callable, optional
        (images, targets) -> (loss, logits), instead of ``plain_step(model, loss, optimizer)``; it
        changes the model's weights.
    compile : bool
        Replay the step as ``minitorch_cnn.compile`` does. Faster; equal to rounding, so that a run
        that was resumed is no longer equal to the bit.
    step_scheduler : {"epoch", "batch"}
        When ``scheduler.step()`` is called. ReduceLROnPlateau gets the validation loss (without
        validation, the training loss).
    monitor : str, optional
        The column of the history that says which epoch is best; default "validation_accuracy", or
        "validation_loss" where targets are no classes. Small is best of names with "loss".
    as_written : bool
        Validate and evaluate without ``eval()``; see ``evaluate``.
    progress : bool, optional
        Show a bar; None shows it in a terminal.

    Attributes
    ----------
    history : History
    """

    def __init__(self, model, optimizer=None, loss=cross_entropy, scheduler=None, callbacks=(),
                 out=None, *, step=None, compile=False, step_scheduler="epoch", monitor=None,
                 as_written=False, progress=None):
        if not isinstance(model, Module):
            raise TypeError(f"Trainer: model must be a Module, got {type(model).__name__}")
        if step_scheduler not in ("epoch", "batch"):
            raise ValueError('Trainer: step_scheduler must be "epoch" or "batch", got '
                             f"{step_scheduler!r}")
        if step_scheduler == "batch" and isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError("Trainer: ReduceLROnPlateau looks at epochs; leave step_scheduler at "
                             '"epoch"')
        self.model, self.optimizer, self.loss, self.scheduler = model, optimizer, loss, scheduler
        self.step = step if step or optimizer is None else plain_step(model, loss, optimizer)
        if compile and self.step is not None:
            self.step = compiler.compile(self.step)
        self.callbacks = check(callbacks)
        self.out = None if out is None else Path(out)
        self.step_scheduler, self.monitor = step_scheduler, monitor
        self.as_written, self.progress = as_written, progress
        self.history = History()
        self._best_weights = None

    # the loop -------------------------------------------------------------------------------------

    def fit(self, train_loader, validation_loader=None, epochs=1, resume=True):
        """Train until ``epochs`` epochs are done, counted from the very first.

        With ``out``, a checkpoint is written before the first epoch and after each. Ctrl-C leaves
        the last one and ends ``fit`` without an error; so does a loss that is not finite. Called
        again, in this process or another, ``fit`` continues from the checkpoint, and the weights
        become the same to the bit as without the break. (What draws random numbers must do so from
        the streams of ``manual_seed`` or the loader's generator.)

        Parameters
        ----------
        train_loader, validation_loader : DataLoader or iterable
            Yield (images, targets); validation is optional. Without it there is no best epoch.
        epochs : int
            In all, those before a resume included.
        resume : bool
            Continue from the checkpoint in ``out``. Without ``out``: with the weights as they are,
            after the last complete epoch of ``history``. False begins anew with the weights
            as they are and overwrites what is there.

        Returns
        -------
        History
            ``stopped`` says why it ended early, if it did.

        Raises
        ------
        ValueError
            If the checkpoint is damaged, is of another optimizer, scheduler or number of batches,
            or has more epochs than asked for; if there is no optimizer or no batch.
        """
        if self.step is None:
            raise ValueError("fit: there is no optimizer; pass one to Trainer(model, optimizer)")
        self._begin(train_loader, resume, epochs)
        try:
            with mode(self.model, True):
                self._call("on_fit_start")
                while self.history.epoch < epochs and self.history.stopped is None:
                    self._one_epoch(self.history.epoch + 1, epochs, train_loader, validation_loader)
        except KeyboardInterrupt:
            self.history.interrupted = True
            self.stop(f"interrupted in epoch {self.history.epoch + 1}; "
                      "call fit() again to go on after the last complete one")
        except _DivergedError as error:
            self.stop(str(error))
        finally:
            self._call("on_fit_end", self.history)
            self._write_history()
        return self.history

    def _one_epoch(self, epoch, epochs, train_loader, validation_loader):
        self._call("on_epoch_start", epoch)
        self.model.train()
        record = self._train(train_loader, epoch, f"epoch {epoch}/{epochs}")
        record.update(self._validate(validation_loader))
        self.history.epochs.append(record)
        if self.scheduler is not None and self.step_scheduler == "epoch":
            self._step_scheduler(record)
        self._call("on_epoch_end", record)
        self._keep_if_best(record)
        self._save_last(train_loader)
        self._write_history()

    def _train(self, loader, epoch, title):
        """One pass over the training data; the epoch's record."""
        tally, start = Tally(), time.perf_counter()
        with epoch_bar(loader, title, self.progress) as bar:
            for iteration, batch in enumerate(loader, 1):
                images, targets = pair("fit", batch, self.model)
                rate = self._rate()
                loss, logits = self._checked(self.step(images, targets))
                loss, accuracy = tally.add(loss, logits, targets)
                record = {"epoch": epoch, "iteration": iteration, "loss": loss,
                          "accuracy": accuracy, "lr": rate, "images": tally.images,
                          "seconds": time.perf_counter() - start}
                self._end_batch(record)
                bar.set_postfix_str(f"loss {tally.mean_loss():.4f}, accuracy "
                                    f"{_percent(tally)}", refresh=False)
                bar.update(len(targets))
        if not tally.images:
            raise ValueError("fit: the training loader gave no batch; is its dataset empty, or "
                             "drop_last=True with less than one batch? (An iterator is used up "
                             "after one epoch: pass a DataLoader or a list.)")
        return {"epoch": epoch, "train_loss": tally.mean_loss(),
                "train_accuracy": _number(tally.accuracy()), "lr": rate, "images": tally.images,
                "train_seconds": time.perf_counter() - start}

    def _end_batch(self, record):
        """Everything after a step: history, divergence, schedule, callbacks."""
        self.history.iterations.append(record)
        if not math.isfinite(record["loss"]):
            raise _DivergedError(
                f"stopped in epoch {record['epoch']}, iteration {record['iteration']}: the loss "
                f"became {record['loss']} (learning rate {record['lr']:g}); try a smaller one")
        if self.scheduler is not None and self.step_scheduler == "batch":
            self.scheduler.step()
        self._call("on_batch_end", record)

    def _validate(self, loader):
        if loader is None:
            return {"validation_loss": NAN, "validation_accuracy": NAN, "validation_seconds": 0.0}
        score = self.evaluate(loader)
        return {"validation_loss": score.loss, "validation_accuracy": _number(score.accuracy),
                "validation_seconds": score.seconds}

    def _step_scheduler(self, record):
        if isinstance(self.scheduler, ReduceLROnPlateau):
            watched = record["validation_loss"]
            self.scheduler.step(record["train_loss"] if math.isnan(watched) else watched)
        else:
            self.scheduler.step()

    def _rate(self):
        return float(self.optimizer.param_groups[0]["lr"]) if self.optimizer is not None else NAN

    def _checked(self, result):
        """What a step returned as (loss, logits); logits may be missing."""
        loss, logits = result if isinstance(result, tuple) else (result, None)
        if not hasattr(loss, "__float__"):
            raise TypeError("fit: step must return (loss, logits), a scalar and a Tensor, got "
                            f"{type(loss).__name__} for the loss")
        return loss, logits

    def _call(self, event, *args):
        for callback in self.callbacks:
            if hasattr(callback, event):
                getattr(callback, event)(self, *args)

    def stop(self, reason):
        """End training after this epoch; for callbacks. ``reason`` goes to ``history.stopped``."""
        self.history.stopped = reason

    # using the model ------------------------------------------------------------------------------

    def evaluate(self, loader, *, as_written=None):
        """Loss and accuracy on a dataset, as ``train.evaluate``; returns a Score."""
        as_written = self.as_written if as_written is None else as_written
        return evaluate(self.model, loader, self.loss, as_written=as_written)

    def predict(self, loader):
        """Logits for a dataset, as ``train.predict``; returns Predictions."""
        return predict(self.model, loader, as_written=self.as_written)

    def load_best(self):
        """Put the weights of the best epoch into the model; returns that epoch's record.

        Raises
        ------
        ValueError
            If there is none: no epoch was validated yet.
        """
        if self.out is not None and (self.out / "best.safetensors").exists():
            checkpoint = load_checkpoint(self.out / "best.safetensors")
            self.model.load_state_dict(checkpoint["model"])
            return checkpoint["extra"]["record"]
        if self._best_weights is None:
            raise ValueError("load_best: no epoch was validated yet; call fit() with a validation "
                             "loader first")
        record, weights = self._best_weights
        self.model.load_state_dict(weights)
        return record

    # files ----------------------------------------------------------------------------------------

    def _begin(self, loader, resume, epochs):
        """Load the checkpoint, or write the first one."""
        last = None if self.out is None else self.out / "last.safetensors"
        if not resume:
            self.history, self._best_weights = History(), None
        elif last is not None and last.exists():
            self._load_last(last, loader)
        self.history.stopped, self.history.interrupted = None, False
        self.history.forget_after(self.history.epoch)
        if self.history.epoch > epochs:
            raise ValueError(f"fit: {self.history.epoch} epochs are done already, but epochs="
                             f"{epochs} were asked for in all; ask for more, name another folder, "
                             "or begin anew with resume=False")
        if last is not None and not (resume and last.exists()):
            self._make_folder()
            (self.out / "best.safetensors").unlink(missing_ok=True)
            self._save_last(loader)

    def _make_folder(self):
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise type(error)(f"fit: the folder out={str(self.out)!r} cannot be made "
                              f"({error.strerror}); name another one, or out=None to keep "
                              "nothing") from None

    def _load_last(self, path, loader):
        checkpoint = load_checkpoint(path)
        was, now = checkpoint["extra"]["batches"], _length(loader)
        if was != now:
            raise ValueError(f"fit: the checkpoint {path} was written with {was} batches in an "
                             f"epoch, now there are {now}; use the same data and batch size, name "
                             "another folder, or begin anew with resume=False")
        having = self._with_state(checkpoint["extra"].get("callbacks", {}))
        restore(checkpoint, self.model, self.optimizer, self.scheduler, self.history, loader)
        for callback, state in having:
            callback.load_state_dict(state)

    def _with_state(self, saved):
        """(callback, its state) of those that have one."""
        having = {type(c).__name__: c for c in self.callbacks if hasattr(c, "state_dict")}
        if having.keys() != saved.keys():
            raise ValueError("fit: the checkpoint was written with the state of callbacks "
                             f"{', '.join(saved) or 'none'}, now there are "
                             f"{', '.join(having) or 'none'}; use the same ones, or begin anew "
                             "with resume=False or in another folder")
        return [(callback, saved[name]) for name, callback in having.items()]

    def _save_last(self, loader):
        if self.out is not None:
            states = {type(c).__name__: c.state_dict() for c in self.callbacks
                      if hasattr(c, "state_dict")}
            save_checkpoint(self.out / "last.safetensors", self.model, self.optimizer,
                            self.scheduler, self.history, loader, batches=_length(loader),
                            callbacks=states)

    def _keep_if_best(self, record):
        monitor = self.monitor
        if monitor is None:
            missing = math.isnan(record["validation_accuracy"])
            monitor = "validation_loss" if missing else "validation_accuracy"
        if monitor not in record:
            raise ValueError(f"fit: there is no column {monitor!r} to monitor; the history has "
                             f"{', '.join(record)}")
        if self.history.best(monitor) is not record:
            return
        weights = {name: t.data.copy() for name, t in self.model.state_dict().items()}
        self._best_weights = dict(record), weights
        if self.out is not None:
            save_checkpoint(self.out / "best.safetensors", self.model, record=dict(record))

    def _write_history(self):
        if self.out is not None:
            self.history.to_json(self.out / "history.json")
            self.history.to_csv(self.out / "epochs.csv")
            self.history.to_csv(self.out / "iterations.csv", per="iterations")


class _DivergedError(Exception):
    """The loss is not finite any more."""


def _length(loader):
    """Batches in an epoch, or None where the loader has no length."""
    try:
        return len(loader)
    except TypeError:
        return None


def _number(proportion):
    return NAN if proportion is None else float(proportion)


def _percent(tally):
    accuracy = tally.accuracy()
    return "-" if accuracy is None else f"{float(accuracy):.2%}"
