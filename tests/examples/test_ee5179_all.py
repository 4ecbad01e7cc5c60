"""The whole study on some hundred images: both its pages in a browser, and broken-off runs."""
import re

import numpy as np
import pytest
from browser import check_page
from tiny_study import fewer_images, fewer_steps, script, tiny_split

import minitorch_cnn as mt
from minitorch_cnn.data import DataLoader
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.report import Verdict
from minitorch_cnn.report import results as report_results
from minitorch_cnn.train import predict

answers, common, results, runs = map(script, ("train_answers", "common", "results", "runs"))
study = script("all")

MISTAKES = (  # one word or more from each mistake that the documents make
    "counted as neurons", "forgets batch norm", "warm-up", "one learning rate for all",
    "seeds set once", "chosen on test images", "without eval()", "occludes SGD+BN",
    "attacks Adam+BN", "input channel 0", "notebook2023: ceil", "report2019, stride 2: ceil",
    "transposed", "only a black patch", "noise around 128", "always increases", "non-targeted",
    "X in 0 .. 255")
QUESTIONS = (
    "How many parameters and neurons", "What accuracy does the net reach",
    "Which optimizer is the best", "Was that a fair comparison",
    "Does batch normalization improve the accuracy", "Does it change the training time",
    "Do the filters show interesting patterns", "What changes in the deeper layer",
    "Is the learning meaningful", "Do the images look like digits", "Is the cost",
    "Does the noise work on another image")


ARGUMENTS = ["--quick", "--out"]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    fewer_steps(monkeypatch)
    fewer_images(monkeypatch)


class Notes:
    """Which trainings began, and which epochs; the first of them that is asked for is broken."""

    def __init__(self, monkeypatch, broken=None):
        self.trainings, self.epochs, self.broken = [], [], broken
        train, make = runs._train, runs.Trainer
        monkeypatch.setattr(runs, "_train", lambda s, run, seed: (
            self.trainings.append(run.name), train(s, run, seed))[1])
        monkeypatch.setattr(runs, "Trainer", lambda *args, callbacks, **options: make(
            *args, callbacks=[*callbacks, self], **options))

    def on_epoch_start(self, trainer, epoch):
        self.epochs.append((trainer.out.name, epoch))
        if self.epochs[-1] == self.broken:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study that was broken off in the middle of its sixth training, and then before filters."""
    folder = tmp_path_factory.mktemp("whole_study")
    with pytest.MonkeyPatch.context() as patch:
        fewer_images(patch)
        fewer_steps(patch)
        notes = Notes(patch, broken=("Adam-0", 3))
        with pytest.raises(KeyboardInterrupt, match="interrupted in epoch 3"):
            study.main([*ARGUMENTS, str(folder)])
        assert notes.trainings == ["report2019", "report2019-64", "SGD", "Momentum", "RMSProp",
                                   "Adam"]
    with pytest.MonkeyPatch.context() as patch:
        fewer_images(patch)
        notes = Notes(patch)
        patch.setattr(study.filters, "study", lambda s, report: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            study.main([*ARGUMENTS, str(folder)])
        assert notes.trainings == ["Adam", "SGD+BN", "Adam+BN"]
        adam = [epoch for name, epoch in notes.epochs if name == "Adam-0"]
        assert adam == [3, 4, 5], "complete epochs are not done again"
    return folder


def test_the_page(folder, monkeypatch, capsys):
    report_results._made.clear()  # as a new process would see it
    notes = Notes(monkeypatch)
    found = study.main([*ARGUMENTS, str(folder)])
    page = folder / "quick" / "report.html"
    assert str(page) in capsys.readouterr().out
    assert notes.trainings == [] and found["noise_transfer"]["success"].any()
    parts, text = check_page(page), page.with_suffix(".md").read_text()
    assert len(parts.images) == text.count("![") == 34
    assert not [mistake for mistake in MISTAKES if mistake not in text]
    assert not [question for question in QUESTIONS if question not in text]
    assert "as written\\]" not in text
    assert text.index("In short") < text.index("The net and its training")
    assert "(46.46)" in text and "(0.89)" in text, "the notebook's epochs and digits"
    assert text.count("✓ equal") == 7 and "not explained" not in text
    times = dict(re.findall(r"^\| (\w+) \| ([\d.]+) \|$", text.split("Times.")[1], re.M))
    kept = folder / "quick" / "results" / "runs"
    spent = sum(mt.load(kept / f"{run.name}-0.safetensors")["spent"] for run in runs.NOTEBOOK2023)
    assert float(times["optimizers"]) > spent - 0.1, "what earlier runs took too"


def test_the_page_as_written(folder, monkeypatch):
    notes = Notes(monkeypatch)
    study.main(["--as-written", *ARGUMENTS, str(folder)])
    assert notes.trainings == [], "one training serves both modes"
    page = folder / "quick" / "report_as_written.html"
    assert re.search(r"the same to the bit|off by up to \de-0[5-9]", page.read_text())
    assert "the corrected page" in page.read_text()
    parts = check_page(page)
    text = page.with_suffix(".md").read_text()
    captions = [line for line in text.splitlines() if line.startswith(("**Figure", "**Table"))]
    unlabeled = [line for line in captions if "as written" not in line]
    assert len(parts.images) == 33
    assert [line.split("** ")[1][:7] for line in unlabeled] == ["Machine", "Times."]


def test_the_kept_net_has_not_seen_validation_or_test_images(folder):
    kept = mt.load(folder / "quick" / "results" / "runs" / "Adam+BN-0.safetensors")
    model = MnistCNN(batch_norm=True).eval()
    for result, same in ((kept, True), (kept["as_written"], False)):
        model.load_state_dict(result["model"])
        logits = predict(model, DataLoader(tiny_split()[2], 500)).logits
        assert (np.abs(logits - kept["logits"].data).max() < 1e-4) == same


def test_the_answer_names_the_rows_that_reach_enough(monkeypatch):
    monkeypatch.setattr(answers, "falls", lambda results: 1.14)
    rows = [Verdict(f"row {k}", ours, 99.07) for k, ours in enumerate((98.77, 99.05, 98.9, 99.15))]
    said = answers.answer(rows, [])
    assert said.startswith("98.77 % by the report's own recipe, whose one run reached 99.07 %.")
    assert "+0.28 points (at a constant rate" in said and "change it by +0.13 (twice" in said
    assert said.endswith("reached with row 1 (99.05 %) and with row 3 (99.15 %).")
    worse = answers.answer([Verdict("row", ours, 99.07) for ours in (98.9, 98.8, 98.7, 98.6)], [])
    assert "-0.10 points; batches of 64 change it by -0.20; both" in worse
    assert worse.endswith("reached with none of these four.")
    assert "Two things" not in answers.answer(rows[:1], [])  # as written


def test_bad_use_is_told(tmp_path, capsys):
    s = common.Settings(tmp_path, quick=True)
    results.kept(s, "test/one", lambda: {"value": 1})
    path = tmp_path / "quick" / "results" / "test" / "one.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="one.safetensors is damaged .*; delete it, and it is ma"):
        results.kept(s, "test/one", lambda: {"value": 1})
    for seeds in ("0", "-1", "two", "1.5"):
        with pytest.raises(SystemExit):
            common.settings(study.__doc__, ["--seeds", seeds])
        assert f"must be a whole number from 1 on, got {seeds}" in capsys.readouterr().err
    for option, what, told in (("--out", str(path), "no results can be written to"),
                               ("--out", str(path / "below"), "; name another folder"),
                               ("--device", "tpu", 'unknown device "tpu"; use "cpu", "cuda"')):
        with pytest.raises(SystemExit):
            common.settings(study.__doc__, [option, what])
        assert told in " ".join(capsys.readouterr().err.split())
