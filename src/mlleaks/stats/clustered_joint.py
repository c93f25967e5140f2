"""Intervals of several attacks' AUCs that hold together, for other people instead of other rows."""

from __future__ import annotations

import numpy as np

from mlleaks.stats.auc_interval import placements
from mlleaks.stats.clustered import clustered_area
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import Roc
from mlleaks.stats.shares import LEVEL
from mlleaks.stats.simultaneous import FEW_RANKED_WRONG, FEW_RECORDS, levels_of
from mlleaks.types import Floats, Ints


def clustered_areas(curves: list[Roc], code: Ints, level: float = LEVEL) -> list[Estimate]:
    """Return the AUC of each attack, with intervals that hold for all attacks at once and for other people.

    As `mlleaks.stats.simultaneous.simultaneous_auc`, but the influence values of a person's records are
    summed before their correlation is computed, and each interval is that of
    `mlleaks.stats.clustered.clustered_auc`. With fewer than 20 people on a side, the attacks get Bonferroni's
    level.

    Parameters
    ----------
    curves : list of Roc
        Of the same records, in the same order.
    code : int array (n,)
        Whose record each is, in ``0..g-1``; at least two persons on each side, none on both.
    level : float
        The probability with which all intervals cover at once, in (0, 1).

    Examples
    --------
    >>> from mlleaks.stats.metrics import roc
    >>> code, rng = np.repeat(np.arange(60), 4), np.random.default_rng(0)
    >>> scores = rng.normal(size=60)[code] + rng.normal(size=240)
    >>> alone, twice = roc(code < 30, scores), roc(code < 30, scores + 0.1 * rng.normal(size=240))
    >>> joint, single = clustered_areas([alone, twice], code)[0], clustered_area(alone, code)
    >>> joint.low < single.low, round(single.low - joint.low, 2)
    (True, 0.0)
    """
    sides = [_influences(curve, code) for curve in curves]
    normal = [_is_normal(curve, side) for curve, side in zip(curves, sides, strict=True)]
    levels = levels_of(sides, normal, level)
    return [clustered_area(curve, code, each) for curve, each in zip(curves, levels, strict=True)]


def _influences(curve: Roc, code: Ints) -> tuple[Floats, Floats]:
    """Return how far each person moves the AUC, times the number of people, of members and non-members."""
    sums = []
    for side, outranked in zip((curve.member, ~curve.member), placements(curve), strict=True):
        _, person = np.unique(code[side], return_inverse=True)
        per_person = np.bincount(person, outranked - outranked.mean())
        sums.append(per_person * len(per_person) / len(outranked))
    return sums[0], sums[1]


def _is_normal(curve: Roc, side: tuple[Floats, Floats]) -> bool:
    """Return whether an AUC is of enough people, and not of too few that decide."""
    people = min(map(len, side))
    value = float(placements(curve)[0].mean())
    varies = side[0].std() > 0 or side[1].std() > 0
    return people >= FEW_RECORDS and people * min(value, 1 - value) >= FEW_RANKED_WRONG and varies
