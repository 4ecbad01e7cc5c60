"""A study as one self-contained HTML page that opens anywhere, and as Markdown.

Around the page: results that are kept, so that a study goes on where it stopped (``kept``), and
types for the options of its command line (``options``).
"""
from . import options
from .cells import Mark
from .compare import Price, Verdict
from .machine import machine_facts
from .report import Report
from .results import earlier, kept

__all__ = ["Mark", "Price", "Report", "Verdict", "earlier", "kept", "machine_facts", "options"]
