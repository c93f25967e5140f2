"""Intervals of several attacks' AUCs that hold together, so that the best one may be chosen by its value."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from mlleaks.stats import auc_interval
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import Roc, roc
from mlleaks.stats.shares import LEVEL
from mlleaks.types import Bools, Floats

FEW_RECORDS = 20
"""With fewer members or non-members correlations are not estimated."""
FEW_RANKED_WRONG = 5
"""Of the smaller group, at least so many records must rank otherwise than the AUC's end, 0 or 1, says."""
_DRAWS = 50_000
"""So the critical value is exact to about 0.01: 0.1 points of coverage."""


def simultaneous_auc(member: Bools, scores: Floats, level: float = LEVEL) -> list[Estimate]:
    """Return the AUC of each attack, with intervals that hold for all attacks at once.

    Attacks on the same records err alike. How much alike is read from their influence values (see
    `auc_interval.placements`): the AUCs are nearly jointly normal with that correlation, and the largest of
    their deviations stays within the critical value with a probability of ``level`` (max-T). It lies below
    Bonferroni's, far below for attacks that agree.

    Attacks whose AUC is not nearly normal get Bonferroni's limits, the rest share what these leave of the
    allowed error: see `critical_levels`.

    Sources: E. DeLong et al., Biometrics 44 (1988), for the covariance; T. Hothorn, F. Bretz, P. Westfall,
    Biometrical Journal 50 (2008), for the maximum of correlated deviates.

    Parameters
    ----------
    member : bool array (n,)
        Some members and some non-members.
    scores : float array (attacks, n)
        One row per attack; higher = more likely a member; none is nan.
    level : float
        The probability with which all intervals cover at once, in (0, 1).

    Returns
    -------
    list of Estimate
        In the order of the attacks. The same scores give the same intervals: the simulation's seed is fixed.

    Raises
    ------
    InputError
        As `metrics.roc`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> member = np.repeat([True, False], 200)
    >>> attack = rng.normal(size=400) + member
    >>> similar = np.stack([attack, attack + 0.1 * rng.normal(size=400), attack**3])
    >>> alone, best = auc_interval.auc(member, attack), simultaneous_auc(member, similar)[0]
    >>> bonferroni = auc_interval.auc(member, attack, 1 - 0.05 / 3)
    >>> bonferroni.low < best.low < alone.low
    True
    """
    return simultaneous_areas([roc(member, row) for row in np.atleast_2d(scores)], level)


def simultaneous_areas(curves: list[Roc], level: float = LEVEL) -> list[Estimate]:
    """Return the AUCs of ROCs of the same records: see `simultaneous_auc`, for scores that have no ROC yet.

    Examples
    --------
    >>> member, scores = np.repeat([True, False], 50), np.arange(100.0) % 70
    >>> simultaneous_areas([roc(member, scores)]) == simultaneous_auc(member, scores)
    True
    """
    levels = critical_levels(curves, level)
    return [auc_interval.area(curve, each) for curve, each in zip(curves, levels, strict=True)]


def critical_levels(curves: list[Roc], level: float = LEVEL) -> list[float]:
    """Return the level of each attack's own interval at which all hold together.

    Parameters
    ----------
    curves : list of Roc
        Of the same records, in the same order.
    level : float
        The probability with which all intervals cover at once, in (0, 1).

    Examples
    --------
    >>> curve = roc(np.repeat([True, False], 50), np.arange(100.0) % 70)
    >>> [round(each, 2) for each in critical_levels([curve, curve])]
    [0.95, 0.95]
    >>> tiny = roc(np.repeat([True, False], 5), np.arange(10.0) % 7)
    >>> [round(each, 3) for each in critical_levels([tiny, tiny])]
    [0.975, 0.975]
    """
    sides = [auc_interval.placements(curve) for curve in curves]
    return levels_of(sides, [_is_normal(*side) for side in sides], level)


def levels_of(sides: list[tuple[Floats, Floats]], is_normal: list[bool], level: float) -> list[float]:
    """Return the level of each attack's interval at which all hold together: see `critical_levels`.

    Parameters
    ----------
    sides : list of two float arrays (members,), (non-members,)
        The influence of each independent unit, a record or a person, on the AUC of each attack. An AUC is as
        uncertain as the sum of both sides' means.
    is_normal : list of bool
        Which AUCs are nearly normal; the others get Bonferroni's level.
    level : float
        The probability with which all intervals cover at once, in (0, 1).

    Examples
    --------
    >>> influence = np.arange(30.0), np.arange(30.0)
    >>> [round(each, 2) for each in levels_of([influence, influence], [True, True], 0.95)]
    [0.95, 0.95]
    """
    error, normal = (1 - level) / len(sides), np.flatnonzero(is_normal)
    levels = [1 - error] * len(sides)
    if len(normal) < 2:
        return levels
    correlation = _correlation([sides[i] for i in normal])
    joint = _max_t(correlation, 1 - error * len(normal))
    for i in normal:
        levels[i] = min(levels[i], joint)  # Bonferroni holds, too
    return levels


def _is_normal(of_members: Floats, of_nonmembers: Floats) -> bool:
    """Return whether an AUC is of enough records, and not of too few that decide."""
    n, value = min(len(of_members), len(of_nonmembers)), float(of_members.mean())
    varies = of_members.std() > 0 or of_nonmembers.std() > 0
    return n >= FEW_RECORDS and n * min(value, 1 - value) >= FEW_RANKED_WRONG and varies


def _correlation(sides: list[tuple[Floats, Floats]]) -> Floats:
    """Return how the AUCs correlate over other samples of records (DeLong)."""
    groups = [np.stack([side[i] for side in sides]) for i in (0, 1)]
    covariance = sum(np.cov(group) / group.shape[1] for group in groups)
    deviations = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(deviations, deviations))


def _max_t(correlation: Floats, level: float) -> float:
    """Return the level of one interval at which the largest of all deviates stays inside with ``level``."""
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0))
    deviates = np.random.default_rng(0).standard_normal((_DRAWS, len(root))) @ root.T
    return float(1 - 2 * norm.sf(np.quantile(np.abs(deviates).max(axis=1), level)))
