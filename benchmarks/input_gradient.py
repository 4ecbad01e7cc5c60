"""The gradient of one logit with respect to the image, weights frozen: what every attack repeats.

    python benchmarks/input_gradient.py [--net mnist mnist_bn ...] [--batch 1] [--tuned]
"""
from contest import Contest
from timing import verify


class InputGradient(Contest):
    """d logit[3] / d image."""

    nets, batches = ["mnist", "mnist_bn"], [1]

    def arm(self, library, net, images, labels, wrap=None):
        """Returns the gradient."""
        for parameter in net.parameters():
            parameter.requires_grad_(False)
        net.eval()
        images.requires_grad_()

        def gradient():
            images.grad = None
            net(images)[:, 3].sum().backward()
        gradient = wrap(gradient) if wrap else gradient

        def run():
            gradient()
            return images.grad.detach()[0, 0, 0, 0].item()
        run.result = lambda: (gradient(), images.grad.numpy().copy())[1]
        return run

    def check(self, name, arms):
        """The same gradients."""
        right = arms["torch"].result()
        for arm, run in arms.items():
            for _ in range(4):
                verify(f"{name}, {arm}", run.result(), right, 1e-4)

    def flops(self, forward, step):
        """The way back costs as much as the way there."""
        return 2 * forward


if __name__ == "__main__":
    InputGradient().main(__doc__)
