"""``python -m minitorch_cnn.doctor``: what is installed, what runs, what would mend the rest."""
from .findings import Finding, examine, report

__all__ = ["Finding", "examine", "report"]
