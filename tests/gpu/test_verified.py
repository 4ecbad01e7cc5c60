"""What ran on a GPU is written down, and what has changed since is known."""
import json

import verified


def test_a_record_holds_until_a_kernel_changes(tmp_path, cupy, monkeypatch):
    path = tmp_path / "VERIFIED.json"
    assert set(verified.unverified(path)) == set(verified.hashes())
    monkeypatch.setattr(verified, "errors", {})
    verified.note("erf", 1e-7)
    verified.note("erf", 1e-8)
    verified.record(cupy, path)
    facts = json.loads(path.read_text())
    assert facts["largest relative error"] == {"erf": 1e-7} and facts["device"] and facts["date"]
    assert verified.unverified(path) == []
    facts["sources"]["conv"] = "another"
    path.write_text(json.dumps(facts))
    assert verified.unverified(path) == ["conv"]


def test_what_no_gpu_has_run_yet_is_listed():
    """It need not be empty: most machines have no GPU to run them on."""
    waiting = verified.unverified()
    print("not verified on a GPU:", ", ".join(waiting) or "nothing")
    assert set(waiting) <= set(verified.hashes())
