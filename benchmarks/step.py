"""One training step (SGD) of nets of many kinds: ours, eager and compiled, against PyTorch.

    python benchmarks/step.py [--net mnist cifar ...] [--batch 64 128] [--tuned]
"""
from contest import Contest
from timing import verify


class Step(Contest):
    """Forward, loss, backward, update."""

    def arm(self, library, net, images, labels, wrap=None):
        """Returns the loss."""
        optimizer = library.optim.SGD(net.parameters(), lr=0.01)

        def step():
            loss = library.nn.functional.cross_entropy(net(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss
        step = wrap(step) if wrap else step
        return lambda: step().item()

    def check(self, name, arms):
        """The same losses; a compiled step is replayed from the third on."""
        for i in range(4):
            losses = {arm: run() for arm, run in arms.items()}
            for arm, loss in losses.items():
                verify(f"{name}, {arm}, loss {i}", loss, losses["torch"], 2e-4)

    def flops(self, forward, step):
        """Those of a step."""
        return step


if __name__ == "__main__":
    Step().main(__doc__)
