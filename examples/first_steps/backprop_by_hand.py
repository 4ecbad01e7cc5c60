"""Backpropagation by hand: convolution, ReLU, linear layer and loss, without any tape.

Every op has ``forward`` and ``backward`` on plain NumPy arrays. Called by hand, backward in the
opposite order of forward, they are the whole of backpropagation. You will see the loss, the shape
of every gradient on its way back, the tape coming to the same numbers, and the loss falling when
the weights take small steps against their gradients. Takes two seconds.
"""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn.datasets import MNIST
from minitorch_cnn.nn import functional as F
from minitorch_cnn.ops.activation import ReLU
from minitorch_cnn.ops.conv import Conv2d
from minitorch_cnn.ops.matmul import Linear
from minitorch_cnn.ops.softmax import LogSoftmax

PADDING = ((1, 1), (1, 1))


def forward_and_backward(x, labels, conv_w, fc_w):
    """Loss and gradients for x (N, 1, 28, 28), conv_w (4, 1, 3, 3), fc_w (10, 4*28*28)."""
    conv, relu, linear = Conv2d(padding=PADDING), ReLU(), Linear()
    log_softmax = LogSoftmax(1, x.dtype)
    chosen = np.arange(len(x)), labels

    h = conv.forward(x, conv_w, None)                 # (N, 4, 28, 28)
    a = relu.forward(h)                               # (N, 4, 28, 28)
    logits = linear.forward(a.reshape(len(x), -1), fc_w, None)    # (N, 10)
    log_p = log_softmax.forward(logits)               # (N, 10)
    loss = -log_p[chosen].mean()                      # how surprising the right answers are

    dlog_p = np.zeros_like(log_p)                     # (N, 10)
    dlog_p[chosen] = -1 / len(x)
    dlogits = log_softmax.backward(dlog_p)            # (N, 10): (softmax - one-hot) / N
    da, dfc_w, _ = linear.backward(dlogits)           # (N, 3136), (10, 3136)
    dh = relu.backward(da.reshape(h.shape))           # (N, 4, 28, 28): cut where h <= 0
    dx, dconv_w, _ = conv.backward(dh)                # (N, 1, 28, 28), (4, 1, 3, 3)
    return loss, {"logits": dlogits, "fc_w": dfc_w, "conv_w": dconv_w, "x": dx}


def on_the_tape(x, labels, conv_w, fc_w):
    """The same with tensors: backward() finds the way by itself."""
    x, conv_w, fc_w = (mt.Tensor(a, requires_grad=True) for a in (x, conv_w, fc_w))
    h = F.relu(F.conv2d(x, conv_w, padding=1))
    F.cross_entropy(F.linear(h.flatten(1), fc_w), labels).backward()
    return {"fc_w": fc_w.grad.data, "conv_w": conv_w.grad.data, "x": x.grad.data}


def main():
    images, labels = MNIST(train=False).get_batch(np.arange(64))
    x, labels = images.numpy(), labels.numpy()
    rng = np.random.default_rng(0)
    conv_w = (rng.standard_normal((4, 1, 3, 3)) / 3).astype(np.float32)
    fc_w = (rng.standard_normal((10, 4 * 28 * 28)) / 56).astype(np.float32)

    loss, grads = forward_and_backward(x, labels, conv_w, fc_w)
    print(f"loss {loss:.4f}; gradients, from the end to the beginning:")
    for name, gradient in grads.items():
        print(f"  d{name:7} {str(gradient.shape):18} largest {abs(gradient).max():.5f}")

    tape = on_the_tape(x, labels, conv_w, fc_w)
    furthest = max(abs(tape[name] - grads[name]).max() for name in tape)
    print(f"the tape agrees to {furthest:.1e}")

    for _ in range(20):
        conv_w -= 0.1 * grads["conv_w"]
        fc_w -= 0.1 * grads["fc_w"]
        after, grads = forward_and_backward(x, labels, conv_w, fc_w)
    print(f"loss after 20 steps of gradient descent {after:.4f}")
    return float(loss), float(after), float(furthest)


if __name__ == "__main__":
    main()
