"""The nets of the guide's chapter on adversarial images, in the notation of ``guide2020``.

N11, N22 and N33 are N1, N2 and N3 trained a second time, from other initial weights.
"""
from .guide2020 import GuideNet, read_table

TABLE = """
net  convolutions   after each  hidden    after each  once  optimizer
N1   16k8p2-32k6p2  relu avg    512-512   relu        drop  Adam
N2   16k8p2-32k6p2  relu avg    512-512   relu        drop  SGD
N3   16             relu        1024-512  relu        drop  Adam
"""

FGSM_NETS = read_table(TABLE)
FGSM_NETS |= {name + name[1]: plan for name, plan in FGSM_NETS.items()}
FGSM_NETS = {name: FGSM_NETS[name] for name in ("N1", "N11", "N2", "N22", "N3", "N33")}


def fgsm_net(name):
    """One of the six nets: "N1", "N11", "N2", "N22", "N3" or "N33", as a ``GuideNet``.

    Raises
    ------
    ValueError
        For another name.
    """
    if name not in FGSM_NETS:
        raise ValueError(f"fgsm_net: there is no net {name!r}; there are {', '.join(FGSM_NETS)}")
    return GuideNet(FGSM_NETS[name])
