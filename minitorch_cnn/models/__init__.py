"""Nets: those of the studies, and those for ImageNet with torchvision's names and weights."""
from .alexnet import AlexNet, alexnet
from .efficientnet_lite import (
    EfficientNetLite,
    efficientnet_lite0,
    efficientnet_lite1,
    efficientnet_lite2,
)
from .fgsm_nets import FGSM_NETS, fgsm_net
from .gan import Discriminator, Generator
from .guide2020 import GUIDE_NETS, GuideNet, Plan
from .imagenet import get_model, get_model_weights, get_weight, list_models
from .mnist_cnn import MnistCNN
from .mobilenetv2 import MobileNetV2, mobilenet_v2
from .resnet import ResNet, resnet18, resnet34, resnet50, resnet101, resnet152
from .squeezenet import SqueezeNet, squeezenet1_0, squeezenet1_1
from .vgg import VGG, vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn
from .weights_files import WeightsNotFoundError
from .weights_table import Weights

__all__ = [
    "AlexNet", "Discriminator", "EfficientNetLite", "FGSM_NETS", "GUIDE_NETS", "Generator",
    "GuideNet", "MnistCNN", "MobileNetV2", "Plan", "ResNet", "SqueezeNet", "VGG", "Weights",
    "WeightsNotFoundError", "alexnet", "efficientnet_lite0", "efficientnet_lite1",
    "efficientnet_lite2", "fgsm_net", "get_model", "get_model_weights", "get_weight", "list_models",
    "mobilenet_v2", "resnet101", "resnet152", "resnet18", "resnet34", "resnet50", "squeezenet1_0",
    "squeezenet1_1", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19",
    "vgg19_bn"]
