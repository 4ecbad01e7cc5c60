"""Two linear classifiers on features: scikit-learn's logistic regression and our softmax layer.

Each is a function (features (N, D), labels (N,), strength) -> (features -> classes).
"""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn import nn, optim
from minitorch_cnn.nn import functional as F

STEPS, FOLDS = 300, 3


def scikit_learn(x, y, strength):
    """Logistic regression; ``strength`` is the inverse of the penalty's weight, C."""
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression(C=strength, max_iter=1000).fit(x, y).predict


def softmax_layer(x, y, strength):
    """A linear layer trained on all features at once by Adam, as strongly penalized."""
    mt.manual_seed(0)
    layer = nn.Linear(x.shape[1], int(y.max()) + 1)
    optimizer = optim.Adam(layer.parameters(), lr=0.05)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    features, labels = mt.Tensor(x), mt.Tensor(y)
    for _ in range(STEPS):
        optimizer.zero_grad()
        penalty = (layer.weight ** 2).sum() / (2 * strength * len(y))
        (F.cross_entropy(layer(features), labels) + penalty).backward()
        optimizer.step()
        schedule.step()

    def classes(x):
        with mt.no_grad():
            return layer(mt.Tensor(x)).data.argmax(1)

    return classes


CLASSIFIERS = {"scikit-learn's logistic regression": scikit_learn,
               "our softmax layer": softmax_layer}
STRENGTHS = (1, 10, 100, 1000)


def chosen_strength(fit, x, y):
    """The strength with the best accuracy in cross-validation on the training images."""
    fold = np.zeros(len(y), int)
    for k in np.unique(y):  # every fold has its share of every class
        where = np.flatnonzero(y == k)
        fold[where] = np.arange(len(where)) % FOLDS
    scores = {strength: np.mean([(fit(x[fold != f], y[fold != f], strength)(x[fold == f])
                                  == y[fold == f]).mean() for f in range(FOLDS)])
              for strength in STRENGTHS}
    return max(scores, key=scores.get)
