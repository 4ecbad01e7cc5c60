"""One step of an optimizer, in place: w and the running averages are changed, g is read.

w weights, g gradient, all arrays of one shape. The formulas are explained in minitorch_cnn/optim/.
"""
from minitorch_cnn.device import array_module


def sgd_update(w, g, lr):
    """w -= lr g."""
    w -= lr * g


def penalized(w, g, result, decay):
    """result = g + decay w, the gradient with a penalty's."""
    xp = array_module(w)
    xp.add(xp.multiply(w, decay, out=result), g, out=result)


def shrink(w, factor):
    """w *= factor."""
    w *= factor


def momentum_update(w, g, b, lr, momentum):
    """b = momentum b + g;  w -= lr b."""
    b *= momentum
    b += g
    w -= lr * b


def rmsprop_update(w, g, s, lr, alpha, eps):
    """s = alpha s + (1 - alpha) g^2;  w -= lr g / (sqrt(s) + eps)."""
    s *= alpha
    s += (1 - alpha) * (g * g)
    w -= lr * (g / (array_module(s).sqrt(s) + eps))


def adam_update(w, g, m, v, rate, beta1, beta2, correction, eps):
    """m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2;
    w -= rate m / (sqrt(v) / correction + eps).
    """
    m += (1 - beta1) * (g - m)
    v *= beta2
    v += (1 - beta2) * (g * g)
    w -= rate * m / (array_module(v).sqrt(v) / correction + eps)


def adadelta_update(w, g, s, u, lr, rho, eps):
    """s = rho s + (1 - rho) g^2;  d = g sqrt(u + eps) / sqrt(s + eps);
    u = rho u + (1 - rho) d^2;  w -= lr d.
    """
    xp = array_module(w)
    s *= rho
    s += (1 - rho) * (g * g)
    d = xp.sqrt(u + eps) / xp.sqrt(s + eps) * g
    u *= rho
    u += (1 - rho) * (d * d)
    w -= lr * d
