"""The guide's own numbers, in percent of the 10,000 test images."""

ACCURACY = {  # net: after 1,000 images, after 60,000
    "1": (84.59, 93.38), "2": (87.22, 97.67), "3": (86.00, 92.33), "4": (88.91, 97.37),
    "5": (86.96, 97.52), "6": (88.45, 97.73), "7": (89.05, 98.07),
    "8.1": (94.14, 99.07), "8.2": (91.26, 97.78), "9.1": (10.46, 11.29), "9.2": (84.44, 95.95),
    "10.1": (96.08, 98.74), "10.2": (94.11, 98.54), "11.1": (93.55, 99.28),
    "11.2": (94.31, 98.92), "12.1": (88.73, 98.73), "12.2": (91.32, 98.74),
    "13.1": (95.31, 99.41), "13.2": (94.62, 99.36), "8.1 without dropout": (92.52, None),
}

AUGMENTED = {  # transform: net 1, net 2
    "baseline": (88.91, 94.73), "T1": (90.63, 95.99), "T2": (88.23, 96.62), "T3": (93.08, 96.68),
    "T4": (89.92, 95.44), "T5": (93.65, 96.19), "T6": (87.73, 93.49), "T7": (92.81, 96.39),
    "T8": (94.40, 96.77), "T9": (91.47, 91.40),
}

CLEAN = {"N1": 99.19, "N2": 94.97, "N3": 98.70}
EPS = (0.2, 0.4, 0.5, 0.7, 0.8, 1.0)  # in units of the normalized image
WHITE_BOX = {  # by eps: the net that was attacked, on its own adversarial images
    "N1": (96.16, 94.86, 87.27, 39.24, 22.70, 11.50),
    "N2": (89.59, 85.75, 60.81, 12.65, 5.00, 0.34),
    "N3": (95.85, 92.77, 81.80, 28.70, 14.75, 6.58),
}

WHY = {
    "9.1": "the guide's training failed: a softmax before the cross-entropy, which takes one "
           "itself, leaves Adam without a gradient (its second try worked)",
    "9.2": "see 9.1",
    "7": "the guide does not state Adadelta's rate; at the usual 1, seeds lie points apart after "
         "1,000 images",
}


def explained(s, name):
    """Why a number of ours is not like the guide's, as far as that is known."""
    if s.quick:
        return "trained for a moment only, with --quick"
    return "" if s.as_written else WHY.get(name, "")


def expected(s, guide):
    """Where a number of ours should lie: at most a point below the guide's."""
    return None if s.quick or guide is None else (guide - 1, None)
