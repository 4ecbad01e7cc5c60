"""Images that fool the net from many sides: the attack on a mean over changed views."""
import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.attacks import bim, predict, px
from minitorch_cnn.random import generator
from minitorch_cnn.transforms import InterpolationMode
from minitorch_cnn.transforms.functional import hflip, resized_crop, rgb_to_grayscale, rotate

from attacking import facts

EPS_VIEWS = px(8)
ANGLE, SMALLEST = 40, 0.7  # of the views: degrees, share of the area


class ManyViews(nn.Module):
    """Mean log-probabilities over changed images, drawn anew each time: expectation over
    transformations. Athalye, Engstrom, Ilyas, Kwok, arXiv 1707.07397.
    """

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.eval()

    def forward(self, x):
        log_p = [mt.log_softmax(self.model(view), 1) for view in views(x)]
        return sum(log_p[1:], log_p[0]) / len(log_p)


def views(x):
    """The images; mirrored; a part of them; turned, two of these; without color."""
    draw, n = generator("attack"), x.shape[2]
    side = round(n * draw.uniform(SMALLEST, 1) ** 0.5)
    top, left = draw.integers(0, n - side + 1, 2)
    turned = [rotate(x, float(a), InterpolationMode.BILINEAR) for a in
              (draw.uniform(-ANGLE, ANGLE), draw.uniform(20, ANGLE))]
    return [x, hflip(x), resized_crop(x, top, left, side, side, [n, n], antialias=False), *turned,
            rgb_to_grayscale(x, 3)]


def fooled_in_many_views(s, model, images, target):
    """As ``fooled``, but on the expectation over changed views."""
    result = bim(ManyViews(model), mt.Tensor(images).to(s.device), target, eps=EPS_VIEWS,
                 alpha=px(1), steps=8 if s.quick else 60, targeted=True, objective="logit")
    before, after = (predict(model, x) for x in (images, result.images))
    return facts(result.images, before, after, target)
