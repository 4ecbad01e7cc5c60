"""The nets of chapter 4: the guide's six, and a seventh that was trained on attacks."""
from minitorch_cnn.attacks import Preprocessed
from minitorch_cnn.models import FGSM_NETS, GuideNet

from adversarial_training import Adversarial
from common import corrected
from data import MEAN, STD, all_images
from training import trained

DEFENDED = "N1, adversarially trained"


def nets(s):
    """{name: net of images in [0, 1]}: the six, and the seventh that was trained on attacks.

    As written, too, their loss takes softmax once: with two of them four in five of N1's gradients
    are 0 exactly, and no attack could bring it down to the guide's 11 %.
    """
    plans = FGSM_NETS | {DEFENDED: FGSM_NETS["N1"]}
    return {name: net(corrected(s), name, plan, seed)
            for seed, (name, plan) in enumerate(plans.items())}


def net(s, name, plan, seed):
    """One of them, in eval mode; every net has a seed of its own."""
    attacks = Adversarial() if name == DEFENDED else None
    result = trained(s, plan, seed, *all_images(s), keep=True, augmentation=attacks)
    model = GuideNet(plan)
    model.load_state_dict(result["model"])
    return Preprocessed(model.to(s.device).eval(), MEAN, STD)
