"""Nets that the studies use."""
from .fgsm_nets import FGSM_NETS, fgsm_net
from .gan import Discriminator, Generator
from .guide2020 import GUIDE_NETS, GuideNet, Plan
from .mnist_cnn import MnistCNN

__all__ = ["Discriminator", "FGSM_NETS", "GUIDE_NETS", "Generator", "GuideNet", "MnistCNN", "Plan",
           "fgsm_net"]
