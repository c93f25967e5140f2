"""A trained network of one hidden layer, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from mlleaks.outputs.posteriors import by_rows
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats


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
