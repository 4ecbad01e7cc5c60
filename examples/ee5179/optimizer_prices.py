"""What three mistakes of the notebook cost: one rate for all, one seed, the test set as judge."""
import numpy as np

from minitorch_cnn.report import Price

from scores import histories, test_accuracy


def prices(s, results, rates):
    """Rows for ``report.prices``."""
    test = {name: [test_accuracy(s, r) for r in rs] for name, rs in results.items()}
    validation = {name: [h.epochs[-1]["validation_accuracy"] for h in histories(rs)]
                  for name, rs in results.items()}
    chosen = [[max(results, key=lambda name, of=of, i=i: of[name][i]) for i in range(s.seeds)]
              for of in (test, validation)]
    pairs = [a - b for a in test["Adam"] for b in test["RMSProp"]]
    gaps = [100 * (max(each) - min(each)) for each in (
        [r["at_0.001"] for r in rates.values()], [r["best"] for r in rates.values()])]
    return [
        Price("notebook2023: one learning rate for all", *gaps, quantity="from the best to the "
              "last of four optimizers after an epoch, in points"),
        Price("notebook2023: seeds set once, one run of each", max(pairs, key=abs),
              float(np.mean(pairs)), digits=3, quantity="lead of Adam over RMSProp in points: "
              "the largest of single runs, the mean of the seeds"),
        Price("notebook2023: best net chosen on test images", *(
            np.mean([test[name][i] for i, name in enumerate(names)]) for names in chosen),
            digits=3, quantity="test accuracy of the chosen net in %: chosen on test, on "
            "validation images")]
