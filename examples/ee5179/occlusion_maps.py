"""Occlusion maps, kept; and which ones the documents made."""
import dataclasses

from minitorch_cnn.interpret import Occlusion, occlusion

from common import test_images
from nets import here, kept_for

DIGITS = range(10)
SHEET = (1, 2, 3, 4, 5)                            # sizes of the grey square
NOTEBOOK = {1: 27, 3: 25, 5: 23, 7: 21, 14: 14}    # its sizes, and positions a side as written
REPORT = {"digits": (0, 3, 8), "size": 14, "stride": 2, "fill": 0.0}
REPORT_POSITIONS = 7                               # a side, as written


def occluded(s, model, digits, size, stride=1, fill=0.5, images=None):
    """``interpret.occlusion`` of a test image for each digit (or of ``images``): p of the digit."""
    images = test_images(s, digits) if images is None else images
    digits = list(digits)

    def compute():
        return dataclasses.asdict(occlusion(model, here(s, images), digits, size, stride, fill))

    name = f"occlusion/{len(images)}-images-{size}x{size}-stride-{stride}-{fill}"
    found = kept_for(s, model, name, compute)
    return Occlusion(**{field.name: found[field.name] for field in dataclasses.fields(Occlusion)})
