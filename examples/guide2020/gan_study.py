"""The training of the GAN, kept after every epoch."""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn.data import DataLoader, TensorDataset
from minitorch_cnn.datasets import MNIST
from minitorch_cnn.models import Generator
from minitorch_cnn.progress import progress_bar
from minitorch_cnn.random import get_rng_state, set_rng_state

from common import corrected, kept
from gan_digits import digits, fixed
from gan_training import WIDTH, Gan

BATCH, EPOCHS, SHEET = 64, 16, 10


def generator(s):
    """(the trained generator in eval mode, the record of its training)."""
    s = corrected(s)  # the guide's mistakes do not touch the GAN
    record = kept(s, "gan", lambda: train(s))
    model = Generator(WIDTH[0])
    model.load_state_dict(record["generator"])
    return model.to(s.device).eval(), record


def train(s):
    """Weights of the averaged generator; "losses" (steps, 4), "sheets" (epochs, 30, 28, 28)."""
    mt.manual_seed(0)
    mnist, count = MNIST(), s.scaled(60_000, 6_000)
    pixels = mt.Tensor(mnist.data.data[:count, None] / np.float32(127.5) - np.float32(1))
    loader = DataLoader(TensorDataset(pixels, mnist.targets[:count]), BATCH, shuffle=True,
                        drop_last=True)
    epochs, path = s.scaled(EPOCHS, 2), s.folder / "checkpoints" / "gan.safetensors"
    gan, losses, sheets = Gan(s.device, epochs * len(loader)), [], []
    if path.exists():
        losses, sheets = load(gan, path)
    for epoch in range(len(sheets), epochs):
        with progress_bar(len(loader), f"GAN, epoch {epoch + 1}/{epochs}", "batches") as bar:
            for real, labels in loader:
                losses.append(gan.step(real.to(s.device), labels.to(s.device)))
                bar.update()
        sheets.append(digits(gan.average, fixed(SHEET)))
        save(gan, path, losses, sheets)
    path.unlink()
    return {"generator": gan.average.state_dict(), "losses": np.float32(losses),
            "sheets": np.stack(sheets)}


def save(gan, path, losses, sheets):
    """Everything that the training needs to go on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [gan.nets, *gan.optimizers, *gan.schedules]
    mt.save({"parts": [part.state_dict() for part in parts], "random": get_rng_state(),
             "losses": np.float32(losses), "sheets": np.stack(sheets)}, path)


def load(gan, path):
    """Go on from there; (losses, sheets)."""
    found = mt.load(path)
    for part, state in zip([gan.nets, *gan.optimizers, *gan.schedules], found["parts"]):
        part.load_state_dict(state)
    set_rng_state(found["random"])
    return list(np.asarray(found["losses"])), list(np.asarray(found["sheets"]))
