"""One image, a patch at 784 places: how long until every logit is known.

    python benchmarks/occlusion.py [--net mnist mnist_bn ...] [--batch 784] [--tuned]
"""
from contest import Contest
from timing import verify


class Occlusion(Contest):
    """Forward, without a tape."""

    nets, batches = ["mnist", "mnist_bn"], [784]

    def arm(self, library, net, images, labels, wrap=None):
        """Returns a logit."""
        net.eval()

        def forward():
            with library.no_grad():
                return net(images)
        forward = wrap(forward) if wrap else forward
        run = lambda: forward()[0, 0].item()  # noqa: E731
        run.result = lambda: forward().numpy().copy()
        return run

    def check(self, name, arms):
        """The same logits."""
        right = arms["torch"].result()
        for arm, run in arms.items():
            for _ in range(4):
                verify(f"{name}, {arm}", run.result(), right, 1e-4)

    def flops(self, forward, step):
        """Those of a forward pass."""
        return forward


if __name__ == "__main__":
    Occlusion().main(__doc__)
