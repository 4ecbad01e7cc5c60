"""A study as one self-contained HTML page that opens anywhere, and as Markdown."""
from .cells import Mark
from .compare import Price, Verdict
from .machine import machine_facts
from .report import Report

__all__ = ["Mark", "Price", "Report", "Verdict", "machine_facts"]
