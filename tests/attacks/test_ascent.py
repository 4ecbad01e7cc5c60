import numpy as np
import pytest

from minitorch_cnn.attacks import Ascent, bim, pgd
from minitorch_cnn.attacks.objectives import logit

IMAGES = np.full((3, 1, 1, 2), 0.5)


def test_an_attack_writes_its_own_step(two_pixels):
    with pytest.raises(NotImplementedError, match="Ascent.step is not written"):
        Ascent(np.array([0]), logit).step(IMAGES, IMAGES)


@pytest.mark.parametrize("attack", [bim, pgd])
def test_a_bar_counts_iterations_of_all_batches(two_pixels, capsys, attack):
    attack(two_pixels, IMAGES, 0, 0.1, steps=5, batch_size=2, progress=True)
    shown = capsys.readouterr().err
    assert attack.__name__ in shown and "0/10" in shown and "iterations" in shown
    attack(two_pixels, IMAGES, 0, 0.1, steps=5)
    assert capsys.readouterr().err == ""
