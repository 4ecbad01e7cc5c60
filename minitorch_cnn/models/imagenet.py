"""The ImageNet nets by name, as torchvision's ``get_model`` and its neighbors."""
from .alexnet import alexnet
from .efficientnet_lite import efficientnet_lite0, efficientnet_lite1, efficientnet_lite2
from .mobilenetv2 import mobilenet_v2
from .resnet import resnet18, resnet34, resnet50, resnet101, resnet152
from .squeezenet import squeezenet1_0, squeezenet1_1
from .vgg import vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn
from .weights_table import rows_of

NETS = {net.__name__: net for net in (
    alexnet, efficientnet_lite0, efficientnet_lite1, efficientnet_lite2, mobilenet_v2, resnet18,
    resnet34, resnet50, resnet101, resnet152, squeezenet1_0, squeezenet1_1, vgg11, vgg11_bn, vgg13,
    vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn)}


def list_models():
    """The names that ``get_model`` knows."""
    return sorted(NETS)


def get_model(name, **config):
    """A net by its name: ``get_model("resnet18", weights="DEFAULT")``.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in NETS:
        raise ValueError(f"get_model: unknown model {name!r}; choose one of "
                         f"{', '.join(list_models())}")
    return NETS[name](**config)


def get_model_weights(name):
    """The weights of a net, {name: Weights}, with "DEFAULT" for the first of them."""
    rows = rows_of(name)
    return {row.name: row for row in rows} | {"DEFAULT": rows[0]}


def get_weight(name):
    """Weights by torchvision's name: "ResNet50_Weights.IMAGENET1K_V1".

    Raises
    ------
    ValueError
        If there are none of that name.
    """
    net, _, weights = name.partition("_Weights.")
    model = {key.replace("_", ""): key for key in NETS}.get(net.replace("_", "").lower())
    if model is None or not weights:
        raise ValueError(f"get_weight: {name!r} is no name such as ResNet50_Weights.DEFAULT")
    return rows_of(model)[0] if weights == "DEFAULT" else rows_of(model, weights)[0]
