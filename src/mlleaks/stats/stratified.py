"""Two groups compared within strata: ranks, and the AUC with its interval.

A stratum is a set of records that are compared with each other only, because their scores have one scale:
those of one classifier, say.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import rankdata

from mlleaks.stats import intervals
from mlleaks.stats.estimate import Estimate
from mlleaks.types import Bools, Floats, Ints

METHOD = "square-and-add over strata of score intervals"


def auc(member: Bools, scores: Floats, strata: Ints, level: float = intervals.LEVEL) -> Estimate:
    """Return the mean AUC of all strata, weighted by their sizes, with an interval.

    The strata's own intervals (see `intervals.auc`) are added in squares, their weights with them. That
    asks that the strata's errors are uncorrelated. It holds for independent strata, and also where the
    scores of a stratum were learned from earlier ones: whatever these were, the error of the next AUC has
    mean zero.

    Source: G. Zou, Statistics in Medicine 28 (2009), for sums of any estimates with intervals.

    Parameters
    ----------
    member : bool array (n,)
        Some members and some non-members in each stratum.
    scores : float array (n,)
        Higher = more likely a member.
    strata : int array (n,)
        The stratum of each record.
    level : float
        The probability with which the interval covers the true value, in (0, 1).

    Examples
    --------
    >>> member, strata = np.tile([True, False], 50), np.repeat([0, 1], 50)
    >>> scores = np.arange(100) % 7 + 2.0 * member
    >>> estimate = auc(member, scores, strata)
    >>> round(estimate.value, 3), round(estimate.low, 3), round(estimate.high, 3)
    (0.742, 0.624, 0.822)
    """
    weights, parts = [], []
    for stratum in np.unique(strata):
        here = strata == stratum
        weights.append(here.mean())
        parts.append(intervals.auc(member[here], scores[here], level))
    value = sum(w * part.value for w, part in zip(weights, parts, strict=True))
    below = math.hypot(*(w * (part.value - part.low) for w, part in zip(weights, parts, strict=True)))
    above = math.hypot(*(w * (part.high - part.value) for w, part in zip(weights, parts, strict=True)))
    return Estimate(float(value), float(max(0, value - below)), float(min(1, value + above)), METHOD)


def standardized_ranks(scores: Floats, strata: Ints) -> Floats:
    """Return the rank of each score within its stratum, less the mean and over its standard deviation.

    Ties share their mean rank; where all scores of a stratum tie, its ranks are 0. So each stratum has the
    same weight for each of its records, however many tie.

    Examples
    --------
    >>> standardized_ranks(np.array([5.0, 7.0, 1.0, 1.0]), np.array([0, 0, 1, 1])).tolist()
    [-1.0, 1.0, 0.0, 0.0]
    """
    ranks = np.zeros(len(scores))
    for stratum in np.unique(strata):
        here = strata == stratum
        own = rankdata(scores[here])
        spread = own.std()
        ranks[here] = (own - own.mean()) / spread if spread else 0
    return ranks
