"""The trainings of chapter 2."""
from augmentations import NETS
from training import trained

IMAGES, EPOCHS, BASELINE = 1_000, 100, 20


def runs(s, net, augmentation, epochs=EPOCHS):
    """The trainings of a net with one augmentation, one for each seed."""
    epochs = s.scaled(epochs, epochs // 20)
    return [trained(s, NETS[net], seed, IMAGES, epochs, augmentation=augmentation)
            for seed in range(s.many)]
