"""Which nets are looked into and attacked, who judges the results, and that no weight changes.

The documents looked at nets of their own: report2019 at its only one, notebook2023 occluded SGD+BN
and attacked Adam+BN, though Adam without batch norm was its best. Corrected, all look at the best.
"""
import sys

import minitorch_cnn as mt
from minitorch_cnn.attacks import weights_checksum
from minitorch_cnn.models import MnistCNN

from best import best_model
from common import kept
from runs import NOTEBOOK2023, REPORT2019, trained
from scores import weights_as_written

RUNS = {run.name: run for run in (REPORT2019, *NOTEBOOK2023)}


def net_of(s, document="report2019"):
    """The net to look at, in eval mode: the best one, or as written that of a document's run."""
    return document_net(s, document) if s.as_written else best_model(s)


def document_net(s, name, seed=0):
    """The net of a document's run as it kept it, in eval mode."""
    model = MnistCNN(batch_norm=RUNS[name].batch_norm)
    model.load_state_dict(weights_as_written(trained(s, RUNS[name], seed)))
    return model.to(s.device).eval()


def judge(s):
    """A net trained without batch norm by RMSprop with another seed: what does it see?

    (With ``--quick`` there is one seed, and it began as the net of report2019.)
    """
    return document_net(s, "RMSProp", s.seeds - 1)


def here(s, images):
    """Images where the nets are."""
    return mt.Tensor(images).to(s.device).data


def kept_for(s, model, name, compute):
    """``kept``, for these very weights, seeded; "weights" is their checksum, which stays the same.

    Raises
    ------
    RuntimeError
        If ``compute()`` changed a weight or a buffer.
    """
    checksum = weights_checksum(model)

    def guarded():
        print(f"   {name}", file=sys.stderr)
        mt.manual_seed(0)
        found = compute()
        if weights_checksum(model) != checksum:
            raise RuntimeError(f"{name}: the net changed, though only pixels may")
        return found | {"weights": checksum}

    return kept(s, f"{name}-{checksum[:8]}", guarded)


def facts(result):
    """What of an attack's result is kept."""
    way = result.trajectory
    return {"images": result.images, "start": result.start, "targets": result.targets,
            "probabilities": result.after.probabilities, "success": result.success,
            "p_target": result.after.probability_of(result.targets),
            "p_start": result.before.confidence, "cost": way.cost, "p_way": way.probability,
            "iteration": way.iteration, "falls": way.falls, "largest_fall": way.largest_fall,
            "steps": result.iterations}


def proof(report, *found):
    """Item 15, said in words: the weights are those from before."""
    sums = sorted({f"`{each['weights'][:16]}…`" for each in found})
    report.text(f"No weight and no buffer changed: SHA-256 before and after {', '.join(sums)}.")
