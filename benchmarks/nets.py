"""The nets of the benchmarks. ``nn`` is torch.nn or minitorch_cnn.nn: the same text makes both."""
import torch


def mnist(nn, batch_norm=False):
    """The assignment's net."""
    def norm(layer):
        return [layer] if batch_norm else []
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), *norm(nn.BatchNorm2d(32)), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1), *norm(nn.BatchNorm2d(32)), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1568, 500), *norm(nn.BatchNorm1d(500)), nn.ReLU(),
        nn.Linear(500, 10))


def mnist_bn(nn):
    """The same with batch norm."""
    return mnist(nn, batch_norm=True)


def cifar(nn):
    """conv 64 @ 11x11, conv 128, conv 128, average over the map, softmax over 10."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, padding=5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(), nn.Conv2d(128, 128, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


def residual(nn):
    """The first two stages of ResNet-18, for images of 32 x 32."""
    class Block(nn.Module):
        def __init__(self, before, after, stride=1):
            super().__init__()
            self.main = nn.Sequential(
                nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after),
                nn.ReLU(), nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after))
            self.side = nn.Sequential() if before == after else nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
            self.relu = nn.ReLU()

        def forward(self, x):
            return self.relu(self.main(x) + self.side(x))

    return nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), Block(64, 64),
        Block(64, 64), Block(64, 128, 2), Block(128, 128), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(128, 10))


def depthwise(nn):
    """MobileNet's blocks: a 3x3 kernel per channel, then 1x1 across the channels."""
    def block(before, after, stride):
        return [nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False),
                nn.BatchNorm2d(before), nn.ReLU6(),
                nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU6()]
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU6(),
        *block(32, 64, 1), *block(64, 128, 2), *block(128, 128, 1), *block(128, 256, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


def lenet(nn):
    """LeNet-5 with ReLU and max-pooling."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84),
        nn.ReLU(), nn.Linear(84, 10))


def mlp(nn):
    """No convolution at all."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256),
                         nn.ReLU(), nn.Linear(256, 10))


def odd(nn):
    """Numbers of channels that fit no vector: 10, 17, 100."""
    return nn.Sequential(
        nn.Conv2d(3, 10, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(10, 17, 5, padding=2),
        nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(17, 100, 3, padding=1), nn.BatchNorm2d(100),
        nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(100, 10))


# name: how it is made, shape of an image, sizes of the batch
NETS = {"mnist": (mnist, (1, 28, 28), (64, 128, 512)),
        "mnist_bn": (mnist_bn, (1, 28, 28), (64, 128, 512)), "cifar": (cifar, (3, 32, 32), (128,)),
        "residual": (residual, (3, 32, 32), (32,)), "depthwise": (depthwise, (3, 32, 32), (64,)),
        "lenet": (lenet, (1, 28, 28), (64,)), "mlp": (mlp, (1, 28, 28), (64,)),
        "odd": (odd, (3, 32, 32), (64,))}


def to_torch(state):
    """A state dict of ours with torch's tensors."""
    return {name: torch.from_numpy(value.data.copy()) for name, value in state.items()}


def flops(model, images):
    """Operations of a forward pass, and of a training step, in convolutions and linear layers.

    A product of two numbers and its addition count as two. Backward costs twice forward; once
    where nobody asks for the gradient of the input, that is, in the first layer.
    """
    found = []

    def count(layer, _, y):
        weight = layer.weight
        found.append(2 * y.numel() * weight[0].numel())

    hooks = [layer.register_forward_hook(count) for layer in model.modules()
             if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear))]
    with torch.no_grad():
        training = model.training
        model.eval()(images)
        model.train(training)
    for hook in hooks:
        hook.remove()
    return sum(found), 3 * sum(found) - found[0]
