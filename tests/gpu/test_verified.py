"""What ran on a GPU is written down, and what has changed since is known."""
import pytest
import verified


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "VERIFIED.json"
    verified.write(verified.NEVER, path)
    return path


def test_a_record_holds_until_a_kernel_changes(path, cupy, monkeypatch):
    assert set(verified.unverified(path)) == set(verified.hashes())
    monkeypatch.setattr(verified, "errors", {})
    verified.note("erf", 1e-7)
    verified.note("erf", 1e-8)
    verified.record(cupy, path)
    facts = verified.read(path)
    assert facts["largest relative error"] == {"erf": 1e-7} and facts["device"] and facts["date"]
    assert facts.keys() == verified.NEVER.keys() and verified.unverified(path) == []
    assert "all" in verified.describe(path) and facts["device"] in verified.describe(path)
    facts["kernels"]["conv"] = "another"
    verified.write(facts, path)
    assert verified.unverified(path) == ["conv"]
    assert verified.describe(path).endswith("changed since: conv")


def test_a_run_of_a_part_is_no_record(monkeypatch):
    monkeypatch.setattr(verified, "errors", {"erf": 0.0})
    assert not verified.is_whole()


def test_what_no_gpu_has_run_yet_is_listed():
    """It need not be empty: most machines have no GPU to run them on."""
    print(verified.describe())
    facts, waiting = verified.read(), verified.unverified()
    assert set(waiting) <= set(verified.hashes()) and set(facts) == set(verified.NEVER)
    if facts["device"] is None:     # no run was ever recorded: then nothing is verified
        assert facts == verified.NEVER and set(waiting) == set(verified.hashes())
        assert "no kernel has run on a GPU yet" in verified.describe()
