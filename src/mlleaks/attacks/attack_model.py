"""The paper's attack network: one hidden layer of 64 units that tells members from non-members.

scikit-learn trains it; `Perceptron` holds what came out as plain numbers.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from mlleaks.outputs.posteriors import by_rows
from mlleaks.runtime.threads import one_thread
from mlleaks.storage.tags import tagged
from mlleaks.types import Bools, Floats

HIDDEN = 64
EPOCHS = 50
BATCH = 100
STEPS = 250
"""An epoch has no more: beyond 25,000 records, from many shadows, batches grow instead."""


@tagged("Perceptron")
@dataclass(frozen=True)
class Perceptron:
    """A trained network of one hidden ReLU layer with a logistic output, in plain NumPy.

    Each row is computed alone, in one order: equal rows get equal answers to the last bit.

    Parameters
    ----------
    hidden_weights : float array (d, h)
    hidden_biases : float array (h,)
    output_weights : float array (h,)
    output_bias : float

    Examples
    --------
    >>> net = Perceptron(np.ones((1, 1)), np.zeros(1), np.ones(1), 0.0)
    >>> net.predict_proba(np.array([[0.0], [2.0]])).round(3).tolist()
    [[0.5, 0.5], [0.119, 0.881]]
    """

    hidden_weights: Floats
    hidden_biases: Floats
    output_weights: Floats
    output_bias: float

    @classmethod
    def of(cls, classifier: MLPClassifier) -> Perceptron:
        """Return a trained scikit-learn network of one hidden layer and two classes as numbers."""
        (hidden, output), (biases, bias) = classifier.coefs_, classifier.intercepts_
        return cls(hidden, biases, output[:, 0], float(bias[0]))

    def predict_proba(self, features: Floats) -> Floats:
        """Return the probabilities of "other" and "member" ``(n, 2)`` of features ``(n, d)``."""
        member = by_rows(self._member, features, width=len(self.hidden_biases))
        return np.column_stack([1 - member, member])

    def _member(self, features: Floats) -> Floats:
        hidden = np.tile(self.hidden_biases.astype(np.float64), (len(features), 1))
        for column, weights in zip(features.T, self.hidden_weights, strict=True):
            hidden += column[:, None] * weights  # no matrix product: its rounding depends on the row's place
        np.maximum(hidden, 0, out=hidden)
        return np.asarray(expit((hidden * self.output_weights).sum(axis=1) + self.output_bias))


def fit(features: Floats, member: Bools, rng: np.random.Generator) -> MLPClassifier:
    """Return the network trained to tell members by their features (Adam, 50 epochs, batches of 100 or more).

    Parameters
    ----------
    features : float array (n, d)
    member : bool array (n,)
        Both values must occur.
    rng : numpy.random.Generator
        Starts and orders the training.

    Examples
    --------
    >>> x = np.linspace(0, 1, 200)[:, None]
    >>> net = fit(x, x[:, 0] > 0.5, np.random.default_rng(0))
    >>> bool(net.predict_proba(x)[-1, 1] > net.predict_proba(x)[0, 1])
    True
    """
    classifier = MLPClassifier(
        hidden_layer_sizes=(HIDDEN,),
        batch_size=min(max(BATCH, math.ceil(len(member) / STEPS)), len(member)),
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        random_state=int(rng.integers(2**31)),
    )
    with (
        one_thread(),
        warnings.catch_warnings(),
    ):  # the schedule ends before the tolerance is reached: meant so
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(features, member)
