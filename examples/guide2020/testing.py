"""How well a net reads the test images, in evaluation mode or, as written, without eval()."""
import numpy as np

from minitorch_cnn.data import DataLoader, Subset
from minitorch_cnn.train import predict

from data import normalized, test_loader

SHUFFLES = 5  # the guide's accuracies are means over re-shuffled test sets


def tested(s, model):
    """Accuracies in % and logits; as written in training mode, over several orders of the images.

    "evaluated" is the accuracy in evaluation mode, "spread" how far the orders differ.
    """
    plain = predict(model, test_loader(s))
    seen = predict(model, DataLoader(Subset(normalized(True), range(1_000)), 500))
    found = [predict(model, test_loader(s, shuffle=True), as_written=True)
             for _ in range(SHUFFLES)] if s.as_written else [plain]
    percent = [100 * float(p.accuracy) for p in found]
    return {"accuracy": float(np.mean(percent)), "spread": float(np.std(percent)),
            "evaluated": 100 * float(plain.accuracy), "train_accuracy": 100 * float(seen.accuracy),
            "logits": plain.logits}
