"""The guide's nine augmentations T1 to T9, the two more that it names, and the missing control."""
from dataclasses import dataclass

from minitorch_cnn import transforms as t
from minitorch_cnn.models import GUIDE_NETS


@dataclass(frozen=True)
class Augmentation:
    """Transforms of single images with pixels in [0, 1], or a mixing of batches."""

    name: str
    transforms: tuple = ()
    mix: object = None

    def step(self, model, loss, optimizer):
        """A step of training on mixtures with mixed labels; None where nothing is mixed."""
        if self.mix is None:
            return None

        def step(images, labels):
            images, soft = self.mix(images, labels)
            logits = model(images)
            value = loss(logits, soft)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            return value, logits
        return step

    def __str__(self):
        return "; ".join(map(str, self.transforms or [self.mix or "none"]))


CONTROL = Augmentation("none")
AUGMENTATIONS = (
    CONTROL,
    Augmentation("T1", (t.ColorJitter(brightness=[0.4, 1.6], contrast=[0.4, 1.6]),)),
    Augmentation("T2", (t.RandomAffine((-20, 20), translate=(0.1, 0.2), scale=(0.8, 1),
                                       shear=[-30, 30, -30, 30]),)),
    Augmentation("T3", (t.RandomAffine((-20, 20)),)),
    Augmentation("T4", (t.ToTensor(), t.RandomErasing(p=0.6, scale=(0.02, 0.1), ratio=(0.3, 0.5),
                                                      value=0))),
    Augmentation("T5", (t.RandomPerspective(p=0.5),)),
    Augmentation("T6", (t.RandomVerticalFlip(p=0.5),)),
    Augmentation("T7", (t.RandomAffine((0, 0), shear=[-30, 30, -5, 5]),)),
    Augmentation("T8", (t.RandomPerspective(p=0.4),
                        t.RandomAffine((-20, 20), shear=[-20, 20, -5, 5]))),
    Augmentation("T9", mix=t.MixUp(num_classes=10)),
    Augmentation("mirror", (t.RandomHorizontalFlip(p=0.5),)),
    Augmentation("pad and crop", (t.Pad(4), t.RandomCrop(28))),
)
NETS = {"net 1": GUIDE_NETS["augmentation 1"], "net 2": GUIDE_NETS["augmentation 2"]}
