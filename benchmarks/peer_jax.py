"""The MNIST net's training step in JAX, for ``peers.py``: the whole step jitted."""
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from rivals import serve

LAYERS = "0", "3", "7", "9"


def logits(weights, x):
    """Images (N, 28, 28, 1): channels last, which is what XLA wants on a CPU."""
    for layer in LAYERS[:2]:
        w, b = weights[layer]
        x = lax.conv_general_dilated(x, w, (1, 1), "SAME",
                                     dimension_numbers=("NHWC", "OIHW", "NHWC")) + b
        x = lax.reduce_window(jax.nn.relu(x), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1),
                              "VALID")
    x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
    (w1, b1), (w2, b2) = (weights[layer] for layer in LAYERS[2:])
    return jax.nn.relu(x @ w1.T + b1) @ w2.T + b2


def loss_of(weights, x, y):
    """The mean cross-entropy."""
    log_p = jax.nn.log_softmax(logits(weights, x))
    return -jnp.take_along_axis(log_p, y[:, None], 1).mean()


def step(weights, x, y):
    """The new weights, and the loss."""
    loss, grads = jax.value_and_grad(loss_of)(weights, x, y)
    return jax.tree.map(lambda w, dw: w - 0.01 * dw, weights, grads), loss


def main():
    problem = np.load(sys.argv[1])
    state = {"weights": {layer: (jnp.array(problem[f"{layer}_weight"]),
                                 jnp.array(problem[f"{layer}_bias"])) for layer in LAYERS}}
    x, y = jnp.array(problem["images"].transpose(0, 2, 3, 1)), jnp.array(problem["labels"])
    fast = jax.jit(step, donate_argnums=0)

    def run():
        state["weights"], loss = fast(state["weights"], x, y)
        return float(loss)
    serve({"jax": run}, version=jax.__version__)


if __name__ == "__main__":
    main()
