"""The trainings of chapter 1: which nets, how many seeds."""
import sys

from minitorch_cnn.models import GUIDE_NETS

from training import trained

NETS = [name for name in GUIDE_NETS if not name.startswith("augmentation")]
BIG, SLOW = ("9.1", "9.2"), ("8", "12")


def runs(s, name, setting):
    """The trainings of a net, one for each seed that time allows; the failed ones left out."""
    images, epochs = setting
    seeds = 1 if name in BIG or (images > 1_000 and name.split(".")[0] in SLOW) else s.seeds
    done = []
    for seed in range(seeds):
        try:
            done.append(trained(s, GUIDE_NETS[name], seed, images, epochs, keep=name == "11.1"))
        except Exception as error:  # a failing run must not lose the others
            print(f"   net {name}, seed {seed}: {error}", file=sys.stderr)
    return done
