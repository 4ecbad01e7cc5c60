"""The scripts of the guide's study, tiny: all run, go on where they stopped, and lose nothing."""
import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scripts import scripts

import minitorch_cnn as mt
from minitorch_cnn.models import GUIDE_NETS
from minitorch_cnn.report import Report

FOLDER = Path(__file__).parents[2] / "examples" / "guide2020"
S = scripts(FOLDER)
TINY = {(60_000, 4): (500, 1), (1_000, 10): (128, 1), 10_000: 200, 60_000: 640, 16: 2, 1_000: 100,
        100: 1, 20: 1, (1_000, 10_000): (60, 120)}


class Tiny(S["common"].Settings):
    """Quicker than quick."""

    def scaled(self, full, quick):
        return TINY.get(full, quick)


@pytest.fixture(scope="module")
def s(tmp_path_factory):
    """One folder for all: what one test trained, the next one finds."""
    return Tiny(tmp_path_factory.mktemp("study"), quick=True, seeds=1)


@pytest.fixture
def few(monkeypatch):
    """Four nets, four claims, three augmentations."""
    four = ["1", "7", "10.1", "11.1"]
    monkeypatch.setattr(S["nets"], "NETS", four)
    monkeypatch.setattr(S["nets"], "SHOWN", ("1", "11.1"))
    claims = [c for c in S["claims"].CLAIMS if c.better[0].split(",")[0] in ("1", "6")]
    monkeypatch.setattr(S["comparisons"], "CLAIMS", claims)
    some = [a for a in S["augmentations"].AUGMENTATIONS if a.name in ("none", "T4", "T8", "T9")]
    monkeypatch.setattr(S["augmentation"], "AUGMENTATIONS", some)


def run(name, s):
    """(what study() returned, the report, its Markdown)."""
    report = Report("test", as_written=s.as_written)
    return S[name].study(s, report), report, report.to_markdown()


def figures(report):
    return [block for block in report.blocks if type(block).__name__ == "Figure"]


def test_nets(s, few):
    found, report, text = run("nets", s)
    assert set(found["1k"]) == {"1", "7", "10.1", "11.1"} == set(found["60k"])
    assert found["60k"]["10.1"] > 40
    assert "68,147,530" not in text and "669,706" in text
    assert "Adam is more robust than SGD" in found["comparisons"]
    verdicts = {word for words in found["comparisons"].values() for word in words}
    assert verdicts <= {"supported", "not supported", "opposite"}
    assert len(figures(report)) == 2 and "one thing at a time" in text


def test_nothing_is_trained_twice(s, few, monkeypatch):
    run("nets", s)
    monkeypatch.setattr(S["training"], "Trainer", None)
    run("nets", s)
    assert not list((s.folder / "checkpoints").glob("*/*"))


def test_a_failing_run_does_not_lose_the_others(s, few, monkeypatch, capsys):
    trained = S["training"].trained

    def failing(s, plan, *args, **options):
        if plan == GUIDE_NETS["7"]:
            raise ArithmeticError("the loss became nan")
        return trained(s, plan, *args, **options)

    monkeypatch.setattr(S["net_runs"], "trained", failing)
    found, _, text = run("nets", s)
    assert set(found["1k"]) == {"1", "10.1", "11.1"}
    assert "Net 7 on" in text and "the loss became nan" in capsys.readouterr().err


def test_a_failing_part_does_not_lose_the_others(s, monkeypatch, capsys):
    study = S["all"]

    def fails(s, report):
        raise MemoryError("too big")

    def works(s, report):
        report.section("works")
        return 7

    parts = [SimpleNamespace(__name__=name, study=f) for name, f in
             (("one", fails), ("two", works))]
    monkeypatch.setattr(study, "PARTS", parts)
    assert study.main(["--quick", "--out", str(s.out)]) == {"two": 7}
    page = s.folder / "report.html"
    assert "one.py stopped: too big" in page.read_text(encoding="utf-8")
    assert "MemoryError" in capsys.readouterr().err


def test_a_net_learns(s):
    """1,000 images, three epochs."""
    quick = S["common"].Settings(s.out, quick=True, seeds=1)
    result = S["training"].trained(quick, GUIDE_NETS["10.1"], 0, 1_000, 3)
    assert result["accuracy"] > 85 and result["logits"].shape == (1_000, 10)


def test_as_written_takes_softmax_twice_and_tests_in_training_mode(s):
    written = dataclasses.replace(s, as_written=True)
    train = S["training"].trained
    a, b = (train(each, GUIDE_NETS["4"], 0, 128, 1) for each in (s, written))
    losses = [np.asarray(each["history"]["iterations"]["loss"]) for each in (a, b)]
    assert np.isclose(losses[1][0], np.log(10), atol=0.02) and losses[1].max() < 2.47
    assert losses[0].max() > losses[1].max()
    assert s.folder != written.folder
    logits = mt.tensor([[3.0, 1.0], [0.0, 2.0]])
    twice = S["training"].double_softmax(logits, np.array([0, 1]))
    p = mt.softmax(mt.softmax(logits, 1), 1).data
    assert np.isclose(twice.item(), -np.log([p[0, 0], p[1, 1]]).mean())


def test_what_the_mistakes_cost(s, monkeypatch):
    monkeypatch.setattr(S["mistakes"], "SOFTMAX", ("1",))
    monkeypatch.setattr(S["mistakes"], "MODE", ("4",))
    found, _, text = run("mistakes", s)
    assert set(found) == {"1", "4"}
    assert "softmax layer before the cross-entropy" in text and "orders of the test set" in text


def test_augmentation(s, few):
    found, report, text = run("augmentation", s)
    assert set(found["net 2"]) == {"baseline", "none", "T4", "T8", "T9"}
    assert "96.77" in text and "MixUp" in S["augmentation_sheets"].short(
        S["augmentations"].AUGMENTATIONS[9])
    assert len(figures(report)) == 2 and "T8 against no augmentation" in text


def test_gan_and_its_latent_space(s):
    found, report, text = run("gan", s)
    assert sum(found["counts"]) == 1_000 and 0 <= found["sure"] <= 100
    assert len(figures(report)) == 4 and "epoch 2" not in text
    found, report, text = run("latent_space", s)
    length = {way: ends[0] for way, ends in found["ways"].items()}
    assert 0.65 < length["linear"] / length["spherical"] < 0.77
    assert len(figures(report)) == 7 and "featureless cloud" in text


def test_an_interrupted_gan_becomes_the_same(s, tmp_path, monkeypatch):
    study, folder = S["gan_study"], dataclasses.replace(s, out=tmp_path)
    whole = study.train(folder)
    save, times = study.save, []

    def stopped(*args):
        save(*args)
        times.append(1)
        if len(times) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(study, "save", stopped)
    with pytest.raises(KeyboardInterrupt):
        study.train(folder)
    again = study.train(folder)
    assert len(times) == 2 and again["sheets"].shape == (2, study.SHEET, 28, 28)
    np.testing.assert_array_equal(again["losses"], whole["losses"])
    for name, value in whole["generator"].items():
        np.testing.assert_array_equal(value.data, again["generator"][name].data)


def test_ways_through_latent_space(rng):
    a, b = rng.standard_normal((2, 50, 100))
    for name, way in S["interpolation"].WAYS.items():
        np.testing.assert_allclose(way(a, b, 1), a, err_msg=name)
        np.testing.assert_allclose(way(a, b, 0), b, err_msg=name)
    lengths = [np.linalg.norm(way(a, b, 0.5), axis=1).mean()
               for way in S["interpolation"].WAYS.values()]
    assert lengths[0] < 7.6 and lengths[1] > 9.5


@pytest.mark.parametrize("as_written", [False, True])
def test_fgsm_transfer(s, as_written):
    each = dataclasses.replace(s, as_written=as_written)
    found, report, text = run("fgsm_transfer", each)
    assert len(found["clean"]) == 7 and all(len(v) == 3 for v in found["own"].values())
    assert found["own"]["N1"][-1] <= found["clean"]["N1"]
    assert {name: len(values) for name, values in found["as_guide"].items()} == {
        "N1": 6, "N2": 6, "N3": 6}
    assert "0.062 of the pixel range = 16 levels" in text
    assert ("only images count" in text) == as_written
    assert len(figures(report)) == 3 + 1 + 2


def test_strength_at_which_half_are_wrong():
    knee = S["fgsm_tables"].knee
    assert np.isclose(knee((90, 60, 40), (0.2, 0.4, 0.6)), 0.5)
    assert knee((90, 80), (0.2, 0.4)) is None and knee(None, ()) is None
    guide = S["guide"]
    knees = [knee(guide.WHITE_BOX[name], guide.EPS) for name in ("N1", "N2", "N3")]
    assert knees[0] > knees[2] > knees[1] > 0.5


def test_effects():
    stats = S["stats"]
    clear = stats.effect([95, 96, 97], [90, 91.1, 92])
    assert clear.verdict() == "supported" and np.isclose(clear.mean, 4.9667, atol=1e-3)
    assert stats.effect([90, 91.1, 92], [95, 96, 97]).verdict() == "opposite"
    assert stats.effect([90, 96], [91, 94]).verdict() == "not supported"
    assert stats.effect([95], [90]).verdict() == "not supported"
    mean, (low, high) = stats.mean_interval([99.0], 10_000)
    assert np.isclose(mean, 99) and np.isclose(high - low, 2 * 1.96 * 0.0995, atol=1e-3)


def test_claims_change_one_thing():
    for claim in S["claims"].CLAIMS:
        a, b = (dataclasses.asdict(plan) for _, plan in (claim.better, claim.worse))
        assert sum(a[column] != b[column] for column in a) == 1, claim.text


def test_options(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    common = S["common"]
    assert common.settings("d", []).seeds == 3 and common.settings("d", []).many == 5
    quick = common.settings("d", ["--quick", "--as-written", "--out", "x"])
    assert (quick.seeds, quick.many, quick.folder) == (1, 2, Path("x/quick/as_written"))
    assert common.corrected(quick).folder == Path("x/quick/corrected")
    for option, what, told in (("--seeds", "0", "from 1 on, got 0"),
                               ("--out", "/dev/null/x", "name another folder"),
                               ("--device", "tpu", 'unknown device "tpu"')):
        with pytest.raises(SystemExit):
            common.settings("d", [option, what])
        assert told in " ".join(capsys.readouterr().err.split())
