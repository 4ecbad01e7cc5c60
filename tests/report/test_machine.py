import getpass
import platform
import re
import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest

import minitorch_cnn as mt
from minitorch_cnn.report import Report, machine, machine_facts


def test_facts_say_what_a_reader_needs():
    facts = machine_facts()
    assert facts["Python"].startswith(platform.python_version())
    assert facts["NumPy"] == numpy.__version__ and facts["minitorch_cnn"] == mt.__version__
    assert re.fullmatch(r"\d+( of \d+)?", facts["cores"]) and len(facts["processor"]) > 2
    assert re.fullmatch(r"[\d.]+ GiB|unknown", facts["memory"])
    assert all(isinstance(value, str) and value for value in facts.values())


def test_facts_name_no_user_host_or_folder():
    told = "\n".join(machine_facts().values())
    assert str(Path.home()) not in told and "/" not in told.replace("GNU/Linux", "")
    for private in (socket.gethostname(), getpass.getuser()):
        assert not re.search(rf"\b{re.escape(private)}\b", told)


def test_what_is_missing_is_said(monkeypatch):
    assert machine.version_of("no-such-package-anywhere") == "not installed"
    monkeypatch.setattr(machine.Path, "exists", lambda path: False)
    monkeypatch.setattr(machine.platform, "processor", lambda: "")
    monkeypatch.setattr(machine.platform, "machine", lambda: "riscv64")
    monkeypatch.delattr(machine.os, "sysconf")
    monkeypatch.delattr(machine.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 4)

    def fail(*_):
        raise OSError
    monkeypatch.setattr(machine.platform, "freedesktop_os_release", fail)
    monkeypatch.setattr(machine.platform, "system", lambda: "Plan9")
    monkeypatch.setattr(machine.platform, "release", lambda: "4")
    facts = machine_facts()
    assert (facts["processor"], facts["memory"], facts["cores"], facts["system"]) == (
        "riscv64", "unknown", "4", "Plan9 4, riscv64")


@pytest.mark.parametrize("answer, processor", [("Apple M2\n", "Apple M2"), (None, "unknown"),
                                               ("", "unknown")])
def test_a_mac_is_asked_its_own_way(monkeypatch, answer, processor):
    def run(command, **_):
        assert command[0] == "sysctl"
        if answer is None:
            raise subprocess.CalledProcessError(1, command)
        return subprocess.CompletedProcess(command, 0, answer)
    monkeypatch.setattr(machine.Path, "exists", lambda path: False)
    monkeypatch.setattr(machine.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(machine.subprocess, "run", run)
    assert machine._processor() == processor


def test_a_gpu_is_named(monkeypatch):
    runtime = SimpleNamespace(getDeviceProperties=lambda index: {"name": b"NVIDIA X"})
    fake = SimpleNamespace(cuda=SimpleNamespace(runtime=runtime))
    monkeypatch.setattr(machine, "has_gpu", lambda: True)
    monkeypatch.setattr(machine, "cupy", lambda: fake)
    assert machine_facts()["GPU"] == "NVIDIA X"


def test_seeds_times_and_more_stand_in_the_report():
    report = Report("t")
    report.machine(seeds=[3, 4], seconds={"training": 60.04, "attacks": 2}, as_run="quick")
    text = report.to_markdown()
    assert "| seeds | 3, 4 |" in text and "| as run | quick |" in text
    assert "| training | 60.0 |" in text and "| total | 62.0 |" in text
    assert len(re.findall(r"\| date \| \d{4}-\d\d-\d\d \|", text)) == 1
    Report("t").machine()
