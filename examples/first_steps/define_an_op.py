"""Define an op of your own, and let the gradient check find the mistake in a wrong one.

The op is the soft threshold of wavelet denoising, y = sign(x) * max(|x| - t, 0): its slope is 1
outside [-t, t] and 0 inside. You will see the check pass for the right backward, and say for the
wrong one which element of which argument is off, and by how much. Takes a second.
"""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn.autograd import GradcheckError, gradcheck


class SoftThreshold(mt.Function):
    """y = sign(x) * max(|x| - t, 0);  dx = dy where |x| > t, else 0."""

    def __init__(self, t):
        self.t = t

    def forward(self, x):
        self.kept = np.abs(x) > self.t
        return np.where(self.kept, x - self.t * np.sign(x), 0)

    def backward(self, dy):
        return dy * self.kept


class WrongThreshold(SoftThreshold):
    """The same with a classic mistake: backward forgets that small values were cut."""

    def backward(self, dy):
        return dy


def soft_threshold(input, t=0.5):
    """Shrink values towards 0 by ``t``; those within [-t, t] become 0."""
    return SoftThreshold(t)(input)


def main():
    x = mt.Tensor(np.array([-2.0, -0.3, 0.1, 0.8, 3.0]), requires_grad=True)
    y = soft_threshold(x)
    y.sum().backward()
    print("x     ", x.tolist())
    print("y     ", [round(v, 3) for v in y.tolist()])
    print("dy/dx ", x.grad.tolist())

    print("gradcheck of the right one:", gradcheck(soft_threshold, (x,)))
    try:
        gradcheck(lambda x: WrongThreshold(0.5)(x), (x,))
    except GradcheckError as error:
        print("gradcheck of the wrong one:\n ", str(error).replace("\n", "\n  "))
        return str(error)
    return None


if __name__ == "__main__":
    main()
