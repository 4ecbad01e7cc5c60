"""Trainer: the plain loop's numbers, resume to the bit, interruptions, best model, bad use."""
import sys

import numpy as np
import pytest
import tqdm
from tiny_training import Net, dataset, loaders

import minitorch_cnn as mt
from minitorch_cnn import nn, optim
from minitorch_cnn.data import DataLoader
from minitorch_cnn.inspect import checksum
from minitorch_cnn.nn import functional as F
from minitorch_cnn.optim import lr_scheduler
from minitorch_cnn.train import (
    Callback,
    EarlyStopping,
    History,
    Trainer,
    load_checkpoint,
    plain_step,
    save_checkpoint,
)

TIMES = ("seconds", "train_seconds", "validation_seconds")


def make(out=None, optimizer="Adam", seed=0, **options):
    mt.manual_seed(seed)
    model = Net()
    optimizer = getattr(optim, optimizer)(model.parameters(), lr=0.02)
    return Trainer(model, optimizer, out=out, **options)


def records(history):
    """Everything measured but times."""
    return repr([{k: v for k, v in r.items() if k not in TIMES}
                 for r in [*history.iterations, *history.epochs]])


def test_the_plain_loop_gives_the_same_weights():
    trainer = make()
    train, validation = loaders()
    trainer.fit(train, validation, epochs=2)
    mt.manual_seed(0)
    model = Net()
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(2):
        model.train()
        for images, labels in train:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert checksum(model) == checksum(trainer.model)


def test_a_compiled_step_learns_the_same():
    plain = make()
    plain.fit(*loaders(), epochs=3)
    replayed = make(compile=True)
    replayed.fit(*loaders(), epochs=3)
    assert "replays" in replayed.step.explain() and not hasattr(plain.step, "explain")
    for one, other in zip(plain.history.epochs, replayed.history.epochs):
        assert one["train_loss"] == pytest.approx(other["train_loss"], rel=1e-3)


def test_history_of_a_fit():
    trainer = make()
    history = trainer.fit(*loaders(), epochs=3)
    assert history is trainer.history and history.stopped is None and not history.interrupted
    assert [r["epoch"] for r in history.epochs] == [1, 2, 3]
    assert [r["iteration"] for r in history.iterations] == [1, 2, 3, 4] * 3
    assert [r["images"] for r in history.iterations][:4] == [16, 32, 48, 64]
    first = history.iterations[:4]
    assert history.epochs[0]["train_loss"] == pytest.approx(np.mean([r["loss"] for r in first]))
    assert history.epochs[0]["train_accuracy"] == np.mean([r["accuracy"] for r in first])
    assert history.epochs[-1]["validation_accuracy"] > 0.9 > history.epochs[0]["train_accuracy"]
    assert all(r["train_seconds"] > 0 and r["validation_seconds"] > 0 for r in history.epochs)


def test_it_learns_and_predicts():
    trainer = make()
    train, validation = loaders()
    trainer.fit(train, validation, epochs=5)
    score, predictions = trainer.evaluate(validation), trainer.predict(validation)
    assert float(score.accuracy) > 0.9 and score.accuracy == predictions.accuracy
    assert score.loss == pytest.approx(trainer.history.epochs[-1]["validation_loss"])


# resume ------------------------------------------------------------------------------------------

SCHEDULERS = {
    "none": lambda o: {},
    "step": lambda o: {"scheduler": lr_scheduler.StepLR(o, 1, 0.5)},
    "one cycle": lambda o: {"scheduler": lr_scheduler.OneCycleLR(o, 0.05, total_steps=16),
                            "step_scheduler": "batch"},
    "plateau": lambda o: {"scheduler": lr_scheduler.ReduceLROnPlateau(o, patience=0, factor=0.3)},
    "sequential": lambda o: {"scheduler": lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o, 0.1, 2), lr_scheduler.ExponentialLR(o, 0.9)], [2])},
}


def fit(out, epochs, schedule="none", optimizer="Adam", generator=None):
    """A trainer as a new process would make it, after ``fit``."""
    mt.manual_seed(3)
    model = Net()
    optimizer = getattr(optim, optimizer)(model.parameters(), lr=0.02)
    trainer = Trainer(model, optimizer, out=out, **SCHEDULERS[schedule](optimizer))
    trainer.fit(*loaders(generator=generator), epochs=epochs)
    return trainer


def parts(trainer):
    return checksum(trainer.model), repr(trainer.optimizer.state_dict()), records(trainer.history)


@pytest.mark.parametrize("schedule, optimizer", [
    *[(schedule, "Adam") for schedule in SCHEDULERS], ("none", "SGD"), ("none", "RMSprop")])
def test_two_and_two_epochs_are_four_to_the_bit(tmp_path, schedule, optimizer):
    whole = fit(tmp_path / "whole", 4, schedule, optimizer)
    fit(tmp_path / "parts", 2, schedule, optimizer)
    mt.rand(3)
    resumed = fit(tmp_path / "parts", 4, schedule, optimizer)
    assert parts(resumed) == parts(whole)
    assert repr(mt.get_rng_state()) == repr(load_checkpoint(
        tmp_path / "whole" / "last.safetensors")["random"])


@pytest.mark.parametrize("make_generator", [
    lambda: mt.Generator().manual_seed(5), lambda: np.random.default_rng(5)])
def test_the_loaders_generator_is_resumed(tmp_path, make_generator):
    whole = fit(tmp_path / "whole", 3, generator=make_generator())
    fit(tmp_path / "parts", 1, generator=make_generator())
    assert parts(fit(tmp_path / "parts", 3, generator=make_generator())) == parts(whole)
    with pytest.raises(ValueError, match="restore: the checkpoint was written with 1 generators"):
        fit(tmp_path / "parts", 4)


def test_resume_in_memory():
    whole, halves = make(), make()
    whole_history = whole.fit(*loaders(), epochs=2)
    mt.manual_seed(0)
    Net()
    halves.fit(*loaders(), epochs=1)
    halves.fit(*loaders(), epochs=2)
    assert checksum(whole.model) == checksum(halves.model)
    assert records(halves.history) == records(whole_history)


def test_what_is_done_is_not_done_again(tmp_path):
    trainer = fit(tmp_path, 2)
    before = checksum(trainer.model)
    again = fit(tmp_path, 2)
    assert checksum(again.model) == before and again.history.epoch == 2
    with pytest.raises(ValueError, match="fit: 2 epochs are done already, but epochs=1 were asked"):
        fit(tmp_path, 1)


def test_resume_false_begins_anew(tmp_path):
    first = fit(tmp_path, 2)
    trainer = make(tmp_path, seed=3)
    trainer.fit(*loaders(), epochs=2, resume=False)
    assert parts(trainer) == parts(first)
    trainer.fit(*loaders(), epochs=1, resume=False)
    assert trainer.history.epoch == 1 and len(trainer.history.iterations) == 4


class Interrupt(Callback):
    """Presses Ctrl-C in some iteration of some epoch, once."""

    def __init__(self, epoch, iteration):
        self.when = epoch, iteration

    def on_batch_end(self, trainer, record):
        if (record["epoch"], record["iteration"]) == self.when:
            self.when = None
            raise KeyboardInterrupt


@pytest.mark.parametrize("epoch", [1, 2])
def test_ctrl_c(tmp_path, epoch):
    whole = make(tmp_path / "whole")
    whole.fit(*loaders(), epochs=3)
    trainer = make(tmp_path / "parts", callbacks=[Interrupt(epoch, 3)])
    history = trainer.fit(*loaders(), epochs=3)
    assert history.interrupted and history.epoch == epoch - 1
    assert history.stopped.startswith(f"interrupted in epoch {epoch}; call fit() again")
    assert len(history.iterations) == 4 * (epoch - 1) + 3
    assert History.load(tmp_path / "parts" / "history.json").stopped == history.stopped
    history = trainer.fit(*loaders(), epochs=3)
    assert not history.interrupted and history.stopped is None
    assert parts(trainer) == parts(whole)


def test_ctrl_c_without_a_folder():
    trainer = make(callbacks=[Interrupt(2, 3)])
    trainer.fit(*loaders(), epochs=3)
    history = trainer.fit(*loaders(), epochs=3)
    assert [r["iteration"] for r in history.iterations] == [1, 2, 3, 4] * 3


# the best model ----------------------------------------------------------------------------------

class Spoil(Callback):
    """Breaks the weights after some epoch, so that later epochs are worse."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_start(self, trainer, epoch):
        if epoch == self.epoch:
            trainer.model.fc.weight.data[...] = 100.0
            trainer.model.fc.weight.data[0] = 200.0


@pytest.mark.parametrize("on_disk", [False, True])
def test_the_best_on_validation_is_kept(tmp_path, on_disk):
    out = tmp_path / "run" if on_disk else None
    trainer = make(out, callbacks=[Spoil(3)])
    train, validation = loaders()
    history = trainer.fit(train, validation, epochs=3)
    best = history.best()
    assert best["epoch"] < 3
    assert float(trainer.evaluate(validation).accuracy) < best["validation_accuracy"]
    record = trainer.load_best()
    assert record == best
    assert float(trainer.evaluate(validation).accuracy) == best["validation_accuracy"]
    if on_disk:
        fresh = make(out)
        assert fresh.load_best() == best
        assert checksum(fresh.model) == checksum(trainer.model)


def test_best_by_another_column(tmp_path):
    class Note(Callback):
        def on_epoch_end(self, trainer, record):
            record["my_loss"] = [3.0, 1.0, 2.0][record["epoch"] - 1]

    trainer = make(tmp_path, callbacks=[Note()], monitor="my_loss")
    trainer.fit(*loaders(), epochs=3)
    assert trainer.load_best()["epoch"] == 2
    with pytest.raises(ValueError, match="fit: there is no column 'nonsense' to monitor; the h"):
        make(monitor="nonsense").fit(*loaders(), epochs=1)


def test_no_best_without_validation(tmp_path):
    trainer = make(tmp_path)
    history = trainer.fit(loaders()[0], epochs=1)
    assert np.isnan(history.epochs[0]["validation_accuracy"])
    with pytest.raises(ValueError, match="load_best: no epoch was validated yet; call fit"):
        trainer.load_best()


def test_begin_anew_forgets_the_best(tmp_path):
    make(tmp_path).fit(*loaders(), epochs=1)
    trainer = make(tmp_path)
    trainer.fit(loaders()[0], epochs=1, resume=False)
    with pytest.raises(ValueError, match="load_best: no epoch was validated"):
        trainer.load_best()


def test_targets_that_are_no_classes():
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 1))
    data = [(x, x.data.mean(axis=(1, 2, 3))[:, None]) for x, _ in loaders()[1]]
    trainer = Trainer(model, optim.SGD(model.parameters(), lr=0.01), F.mse_loss)
    history = trainer.fit(data, data, epochs=3)
    assert np.isnan(history.column("train_accuracy")).all()
    assert history.epochs[2]["validation_loss"] < history.epochs[0]["validation_loss"]
    assert trainer.load_best()["epoch"] == 3


# files -------------------------------------------------------------------------------------------

def test_files(tmp_path):
    out = tmp_path / "a" / "b"
    trainer = make(out)
    trainer.fit(*loaders(), epochs=2)
    assert sorted(p.name for p in out.iterdir()) == [
        "best.safetensors", "epochs.csv", "history.json", "iterations.csv", "last.safetensors"]
    assert records(History.load(out / "history.json")) == records(trainer.history)
    model = Net()
    model.load_state_dict(load_checkpoint(out / "last.safetensors")["model"])
    assert checksum(model) == checksum(trainer.model)


def flipped(b):
    return b[:-9] + bytes([b[-9] ^ 1]) + b[-8:]


@pytest.mark.parametrize("damage", [
    lambda b: b[:len(b) // 2], lambda b: b"", lambda b: b"x" * 99, flipped])
def test_a_corrupt_checkpoint_is_refused(tmp_path, damage):
    fit(tmp_path, 1)
    path = tmp_path / "last.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    trainer = make(tmp_path, seed=8)
    before = checksum(trainer.model)
    with pytest.raises(ValueError, match=r"load_checkpoint: .*last.safetensors is damaged: .*; "
                                         r"delete .*last.safetensors \(or name another folder\) to "
                                         r"begin anew, or pass resume=False to overwrite it"):
        trainer.fit(*loaders(), epochs=2)
    assert checksum(trainer.model) == before
    trainer.fit(*loaders(), epochs=1, resume=False)
    assert load_checkpoint(path)["history"]["epochs"]["epoch"].tolist() == [1]


def test_weights_alone_are_no_checkpoint(tmp_path):
    mt.save(Net().state_dict(), tmp_path / "last.safetensors")
    with pytest.raises(ValueError, match="is no checkpoint of a training .it may hold weights"):
        make(tmp_path).fit(*loaders(), epochs=1)


def test_another_training_is_refused(tmp_path):
    fit(tmp_path, 1)
    with pytest.raises(ValueError, match="written with optimizer Adam, this one is SGD; use the "
                                         "same optimizer, or begin anew with resume=False"):
        fit(tmp_path, 2, optimizer="SGD")
    with pytest.raises(ValueError, match="written with scheduler none, this one is StepLR"):
        fit(tmp_path, 2, schedule="step")
    model = Net()
    with pytest.raises(ValueError, match="with other options of Adam: lr was 0.02, is 0.5; use"):
        Trainer(model, optim.Adam(model.parameters(), lr=0.5), out=tmp_path).fit(*loaders())
    with pytest.raises(ValueError, match="was written with 4 batches in an epoch, now there are 2"):
        make(tmp_path).fit(DataLoader(dataset(64), 32), epochs=2)
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 4))
    with pytest.raises(ValueError, match="Missing key"):
        Trainer(model, optim.Adam(model.parameters(), lr=0.02), out=tmp_path).fit(*loaders())


def test_an_optimizer_that_does_not_fit_leaves_the_model_alone(tmp_path):
    fit(tmp_path, 1)
    mt.manual_seed(9)
    model = Net()
    before = checksum(model)
    trainer = Trainer(model, optim.Adam([model.fc.weight], lr=0.02), out=tmp_path)
    with pytest.raises(ValueError, match="Adam: loaded state dict contains a parameter group that"):
        trainer.fit(*loaders(), epochs=2)
    assert checksum(model) == before


def test_checkpoints_by_hand(tmp_path):
    model = Net()
    save_checkpoint(tmp_path / "c", model, note="x", numbers=[1, 2])
    assert load_checkpoint(tmp_path / "c")["extra"] == {"note": "x", "numbers": [1, 2]}
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load_checkpoint(tmp_path / "d")


# modes, buffers, divergence ----------------------------------------------------------------------

def test_modes_are_scoped():
    trainer = make()
    train, validation = loaders()
    trainer.model.eval()
    trainer.model.drop.train()
    before = [m.training for m in trainer.model.modules()]
    seen = []

    class Look(Callback):
        def on_batch_end(self, trainer, record):
            seen.append(trainer.model.bn.training)

    trainer.callbacks.append(Look())
    trainer.fit(train, validation, epochs=2)
    assert seen == [True] * 8  # validation in between has put training mode back
    assert [m.training for m in trainer.model.modules()] == before


def test_as_written_validates_with_the_statistics_of_the_batch():
    right, wrong = make(), make(as_written=True)
    train, validation = loaders()
    right.fit(train, validation, epochs=1)
    mt.manual_seed(0)
    Net()
    wrong.fit(train, validation, epochs=1)
    ours, theirs = right.model.bn.running_mean.data, wrong.model.bn.running_mean.data
    assert not np.array_equal(ours, theirs)
    assert int(right.model.bn.num_batches_tracked.data) == 4
    assert int(wrong.model.bn.num_batches_tracked.data) == 6
    assert wrong.evaluate(validation, as_written=False).as_written is False


def test_a_loss_that_is_not_finite_ends_it(tmp_path):
    def explode(logits, labels):
        return F.cross_entropy(logits, labels) * (float("nan") if len(seen) > 5 else 1.0)

    seen = []
    trainer = make(tmp_path, loss=explode)
    trainer.callbacks.append(type("Count", (), {"on_batch_end": lambda *_: seen.append(1)})())
    history = trainer.fit(*loaders(), epochs=3)
    assert history.stopped == ("stopped in epoch 2, iteration 3: the loss became nan (learning "
                               "rate 0.02); try a smaller one")
    assert history.epoch == 1 and not history.interrupted
    assert load_checkpoint(tmp_path / "last.safetensors")["history"]["epochs"]["epoch"] == [1]


# callbacks, steps, schedules ---------------------------------------------------------------------

def test_every_event_comes_in_order():
    events = []

    class Note(Callback):
        def on_fit_start(self, trainer):
            events.append("start")

        def on_epoch_start(self, trainer, epoch):
            events.append(f"epoch {epoch}")

        def on_batch_end(self, trainer, record):
            events.append(record["iteration"])

        def on_epoch_end(self, trainer, record):
            events.append(round(record["validation_loss"], 6) >= 0)

        def on_fit_end(self, trainer, history):
            events.append("end")

    make(callbacks=[Note(), Callback()]).fit(*loaders(), epochs=2)
    assert events == ["start", "epoch 1", 1, 2, 3, 4, True, "epoch 2", 1, 2, 3, 4, True, "end"]


def test_early_stopping(tmp_path):
    stopping = EarlyStopping("validation_accuracy", patience=0)
    history = make(tmp_path, callbacks=[Spoil(2), stopping]).fit(*loaders(), epochs=9)
    assert history.epoch == 2
    assert history.stopped == "stopped after epoch 2: validation_accuracy was best in epoch 1"
    # resumed, it is still the end
    history = make(tmp_path, callbacks=[stopping]).fit(*loaders(), epochs=9)
    assert history.epoch == 2 and history.stopped


def test_early_stopping_needs_its_column():
    with pytest.raises(ValueError, match="EarlyStopping: validation_loss is not measured in this"):
        make(callbacks=[EarlyStopping()]).fit(loaders()[0], epochs=1)
    with pytest.raises(ValueError, match="EarlyStopping: patience must not be negative, got -1"):
        EarlyStopping(patience=-1)


def test_a_step_of_ones_own():
    model = Net()
    step = plain_step(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1))
    calls = []

    def counted(images, labels):
        calls.append(len(labels))
        return step(images, labels)

    history = Trainer(model, step=counted).fit(*loaders(), epochs=1)
    assert calls == [16] * 4 and np.isnan(history.iterations[0]["lr"])
    history = Trainer(model, step=lambda x, y: 1.5).fit(*loaders(), epochs=1)
    assert history.epochs[0]["train_loss"] == 1.5 and np.isnan(history.epochs[0]["train_accuracy"])
    with pytest.raises(TypeError, match=r"fit: step must return \(loss, logits\), a scalar and a"):
        Trainer(model, step=lambda x, y: None).fit(*loaders(), epochs=1)


@pytest.mark.parametrize("schedule, rates", [
    ("step", [0.02, 0.01, 0.005]), ("one cycle", None), ("none", [0.02] * 3)])
def test_learning_rates_are_noted(schedule, rates):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.02)
    trainer = Trainer(model, optimizer, **SCHEDULERS[schedule](optimizer))
    history = trainer.fit(*loaders(), epochs=3)
    if rates:
        assert history.column("lr").tolist() == rates
    else:
        assert len(set(history.column("lr", per="iterations"))) == 12


def test_plateau_without_validation_watches_the_training_loss():
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    Trainer(model, optimizer, scheduler=scheduler).fit(loaders()[0], epochs=1)
    assert 0 < scheduler.best < 10


# the bar -----------------------------------------------------------------------------------------

def test_the_bar_shows_loss_accuracy_speed_and_time_left(capsys, monkeypatch):
    monkeypatch.setattr("tqdm.tqdm", Hasty)
    make(progress=True).fit(*loaders(), epochs=1)
    shown = capsys.readouterr().err
    for part in ["epoch 1/1", "64/64", "images/s", "loss ", "accuracy ", "<"]:
        assert part in shown


class Hasty(tqdm.tqdm):
    """A bar that is drawn at every update."""

    def __init__(self, *args, **options):
        super().__init__(*args, **{**options, "mininterval": 0})


def test_no_bar(capsys, monkeypatch):
    make(progress=False).fit(*loaders(), epochs=1)
    make().fit(*loaders(), epochs=1)  # no terminal here
    monkeypatch.setitem(sys.modules, "tqdm", None)
    make().fit(*loaders(), epochs=1)
    with pytest.raises(ImportError, match="epoch 1/1: progress=True needs tqdm; install it with"):
        make(progress=True).fit(*loaders(), epochs=1)
    assert capsys.readouterr().err == ""


# bad use -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, error, words", [
    (dict(model=len), TypeError, "Trainer: model must be a Module, got builtin_function_or_method"),
    (dict(step_scheduler="week"), ValueError, 'step_scheduler must be "epoch" or "batch", got'),
    (dict(callbacks=[3]), TypeError, "Trainer: 3 is no callback; it needs one of the methods on"),
])
def test_bad_arguments(options, error, words):
    with pytest.raises(error, match=words):
        Trainer(**{"model": Net(), **options})


def test_plateau_does_not_look_at_batches():
    optimizer = optim.SGD(Net().parameters(), lr=0.1)
    with pytest.raises(ValueError, match="Trainer: ReduceLROnPlateau looks at epochs; leave"):
        Trainer(Net(), optimizer, scheduler=lr_scheduler.ReduceLROnPlateau(optimizer),
                step_scheduler="batch")


def test_no_folder_can_be_made(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for out in (file, file / "below"):
        with pytest.raises(OSError, match=r"fit: the folder out='.*file.*' cannot be made \(.*\); "
                                          "name another one, or out=None to keep nothing"):
            make(out).fit(*loaders())


def test_no_optimizer_no_batches_no_pairs():
    with pytest.raises(ValueError, match="fit: there is no optimizer; pass one to Trainer"):
        Trainer(Net()).fit(loaders()[0])
    with pytest.raises(ValueError, match="fit: the training loader gave no batch; is its dataset"):
        make().fit([])
    with pytest.raises(ValueError, match=r"fit: a batch must be \(images, targets\), the loader "
                                         "gave 3 parts"):
        make().fit([(1, 2, 3)])
