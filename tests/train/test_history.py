"""History: columns, files there and back, the best epoch."""
import json

import numpy as np
import pytest

from minitorch_cnn.train import History

NAN = float("nan")


@pytest.fixture
def history():
    iterations = [{"epoch": e, "iteration": i, "loss": 1 / (2 * e + i), "accuracy": NAN, "lr": 0.1}
                  for e in (1, 2) for i in (1, 2)]
    epochs = [{"epoch": 1, "train_loss": 0.1 + 0.2, "validation_accuracy": 0.9,
               "train_seconds": 2.0},
              {"epoch": 2, "train_loss": 0.5, "validation_accuracy": 0.9, "train_seconds": 3.5,
               "extra": float("inf")}]
    return History(iterations, epochs, "stopped here")


def same(a, b):
    return repr((a.iterations, a.epochs, a.stopped)) == repr((b.iterations, b.epochs, b.stopped))


def test_columns(history):
    assert history.epoch == 2 and history.seconds == 5.5
    np.testing.assert_array_equal(history.column("train_loss"), [0.1 + 0.2, 0.5])
    np.testing.assert_array_equal(history.column("extra"), [NAN, np.inf])
    assert history.column("loss", per="iterations").shape == (4,)
    np.testing.assert_array_equal(history.error_rate(), [1 - 0.9, 1 - 0.9])
    assert np.isnan(history.error_rate("iterations")).all()
    assert History().epoch == 0 and len(History().column("anything")) == 0


def test_the_best_epoch(history):
    assert history.best()["epoch"] == 1            # the earliest of equals
    assert history.best("train_loss")["epoch"] == 1
    assert history.best("extra")["epoch"] == 2
    assert History().best() is None
    assert History(epochs=[{"epoch": 1, "validation_accuracy": NAN}]).best() is None


def test_unknown_columns_and_tables(history):
    with pytest.raises(ValueError, match="History: no column 'los' per epoch; there are epoch, t"):
        history.column("los")
    with pytest.raises(ValueError, match='per "epochs" and per "iterations", not per \'x\''):
        history.column("loss", per="x")


def test_json_there_and_back(history, tmp_path):
    path = history.to_json(tmp_path / "history.json")
    assert same(History.load(path), history)
    json.loads(path.read_text(), parse_constant=pytest.fail)  # plain JSON: no bare NaN
    assert [p.name for p in tmp_path.iterdir()] == ["history.json"]


def test_csv_there_and_back(history, tmp_path):
    text = history.to_csv(tmp_path / "epochs.csv").read_text().splitlines()
    assert text[0] == "epoch,train_loss,validation_accuracy,train_seconds,extra"
    assert text[1] == "1,0.30000000000000004,0.9,2.0,nan"
    epochs = History.load(tmp_path / "epochs.csv")
    np.testing.assert_array_equal(epochs.column("train_loss"), history.column("train_loss"))
    assert epochs.epoch == 2 and epochs.iterations == []
    history.to_csv(tmp_path / "iterations.csv", per="iterations")
    assert repr(History.load(tmp_path / "iterations.csv").iterations) == repr(history.iterations)
    empty = History.load(History().to_csv(tmp_path / "empty.csv"))
    assert empty.epochs == [] and empty.iterations == []


@pytest.mark.parametrize("text", ["{}", '{"epochs": 3}', "a,b\n1,2\n", "[1, 2", "epoch\nx\n",
                                  '{"iterations": [3], "epochs": [], "stopped": null}'])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "other"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"History.load: .*other is no history; name a file that"):
        History.load(path)


def test_state_dict_there_and_back(history):
    other = History()
    other.load_state_dict(history.state_dict())
    assert other.column("epoch").tolist() == [1, 2] and other.epochs[0]["epoch"] == 1
    assert np.isnan(other.epochs[0]["extra"]) and other.stopped == "stopped here"
    assert repr(other.iterations) == repr(history.iterations)


def test_forget_after(history):
    history.forget_after(1)
    assert history.epoch == 1 and len(history.iterations) == 2


def test_text(history):
    text = str(history)
    assert "90.00%" in text and "0.3000" in text and text.endswith("stopped here")
    assert str(History()) == "no epoch is complete"
