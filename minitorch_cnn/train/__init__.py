"""Training for studies: the plain loop of the examples with a history, checkpoints and metrics."""
from .averaging import WeightAverage
from .callbacks import Callback, EarlyStopping
from .checkpoint import load_checkpoint, restore, save_checkpoint
from .evaluation import Predictions, Score, evaluate, predict
from .history import History
from .metrics import (
    ClassReport,
    ClassRow,
    Proportion,
    accuracy,
    class_report,
    confusion_matrix,
    top_k_accuracy,
)
from .seeds import SeedTable, Spread, over_seeds
from .trainer import Trainer, plain_step

__all__ = ["Callback", "ClassReport", "ClassRow", "EarlyStopping", "History", "Predictions",
           "Proportion", "Score", "SeedTable", "Spread", "Trainer", "WeightAverage", "accuracy",
           "class_report", "confusion_matrix", "evaluate", "load_checkpoint", "over_seeds",
           "plain_step", "predict", "restore", "save_checkpoint", "top_k_accuracy"]
