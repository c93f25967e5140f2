"""What a privacy guarantee allows an attacker: trade-off functions, and the epsilon that they amount to.

A mechanism has a trade-off function if no test of "this record was in the training data" at a
false-positive rate ``fpr`` has a true-positive rate above ``highest_tpr(fpr)``. Differential privacy holds
in both directions, so the same curve bounds the tests of "this record was not".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from mlleaks.stats.gaussian_dp import gaussian_epsilon

Curve = Callable[[Any, float, float], Any]


@dataclass(frozen=True)
class TradeOff:
    """Trade-off functions of one shape, ordered by their strength: more strength, less privacy.

    Parameters
    ----------
    assumption : str
        What has to hold of the mechanism, for reports.
    highest_tpr : callable (fpr, strength, delta) -> tpr
        The highest true-positive rate at each false-positive rate: numbers or arrays.
    lowest_fpr : callable (tpr, strength, delta) -> fpr
        Its inverse: the lowest false-positive rate at each true-positive rate.
    epsilon : callable (strength, delta) -> epsilon
        The smallest epsilon for which such a mechanism is ``(epsilon, delta)``-DP.
    """

    assumption: str
    highest_tpr: Curve
    lowest_fpr: Curve
    epsilon: Callable[[float, float], float]


def _approximate_tpr(fpr: Any, epsilon: float, delta: float) -> Any:
    """Return the bound of ``(epsilon, delta)``-DP: Dong, Roth and Su (2022), equation 4."""
    steep = delta + math.exp(epsilon) * fpr
    flat = 1 - math.exp(-epsilon) * (1 - delta - fpr)
    return np.minimum(np.minimum(steep, flat), 1)


def _approximate_fpr(tpr: Any, epsilon: float, delta: float) -> Any:
    steep = math.exp(-epsilon) * (tpr - delta)
    flat = 1 - delta - math.exp(epsilon) * (1 - tpr)
    return np.maximum(np.maximum(steep, flat), 0)


APPROXIMATE = TradeOff(
    "the mechanism is (epsilon, delta)-DP, in whatever way",
    _approximate_tpr,
    _approximate_fpr,
    lambda epsilon, delta: epsilon,
)
"""``(epsilon, delta)``-DP; the strength is epsilon."""

GAUSSIAN = TradeOff(
    "the mechanism's trade-off function is that of Gaussian noise (mu-GDP)",
    lambda fpr, mu, delta: ndtr(ndtri(fpr) + mu),
    lambda tpr, mu, delta: ndtr(ndtri(tpr) - mu),
    gaussian_epsilon,
)
"""``mu``-GDP, which Gaussian noise has, and DP-SGD nearly; the strength is mu."""
