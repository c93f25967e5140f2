"""How small a leak records can show, and how many records it takes to exclude one."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import hypergeom, norm

from mlleaks.stats.significance import TAIL

POWER = 0.8
"""How likely it is that a leak of the stated size is detected, or that its absence is shown."""
LEVEL = 0.05
MOST = 10_000_000
"""More records per side are not considered."""


def smallest_auc(n_members: int, n_nonmembers: int, level: float, power: float = POWER) -> float:
    """Return the smallest AUC that the rank sum detects with probability ``power``.

    The standard error is that of scores without a leak, as in Mann and Whitney's test; near 0.5 it hardly
    changes.

    Parameters
    ----------
    n_members, n_nonmembers : int
    level : float
        Of this one test, in (0, 0.5): see `mlleaks.stats.joint_test.JointTest`.
    power : float

    Examples
    --------
    >>> round(smallest_auc(300, 300, 0.05), 3), round(smallest_auc(300, 300, 0.005), 3)
    (0.559, 0.581)
    """
    return float(
        min(0.5 + (norm.isf(level) + norm.ppf(power)) * standard_error(n_members, n_nonmembers), 1.0)
    )


def smallest_share(n_members: int, n_nonmembers: int, level: float, power: float = POWER) -> float:
    """Return the smallest share of members that is detected if they score above all other records.

    The test is that of the highest scores (`mlleaks.stats.significance.tail`). The rest of the members scores
    as non-members do.

    Returns
    -------
    float
        In (0, 1]; nan if not even a leak of all members were detected by this test.

    Examples
    --------
    >>> round(smallest_share(300, 300, 0.005), 3), round(smallest_share(3000, 3000, 0.005), 4)
    (0.037, 0.0127)
    """
    n = n_members + n_nonmembers
    top = max(1, int(TAIL * n))
    counts = np.arange(top + 1)
    critical = int(np.searchsorted(-hypergeom.sf(counts - 1, n, n_members, top), -level, side="left"))
    if critical > top:
        return math.nan
    exposed = np.arange(1, min(top, n_members) + 1)
    detected = hypergeom.sf(critical - exposed - 1, n - exposed, n_members - exposed, top - exposed)
    enough = np.flatnonzero(detected >= power)
    return float(exposed[enough[0]] / n_members) if len(enough) else math.nan


def records_to_exclude(
    auc: float,
    tpr: float,
    level: float,
    *,
    fpr: float = 0.01,
    power: float = POWER,
    relative_error: float = 1.0,
) -> float:
    """Return how many members, and as many non-members, show that there is no leak of that size.

    That is: if there is none, the upper ends (one-sided, 95 %) of all attacks' AUCs and TPRs at ``fpr`` lie
    below with probability ``power``.

    Parameters
    ----------
    auc, tpr : float
        Above 0.5 and ``fpr``.
    level : float
        As of `smallest_auc`: the smaller it is, the more attacks differ from each other, and the further up
        lies the highest of their figures.
    fpr, power : float
    relative_error : float
        The standard error of an AUC, as a multiple of that of scores without a leak (`standard_error`).

    Returns
    -------
    float
        Whole; infinite if it is more than `MOST`.

    Examples
    --------
    >>> records_to_exclude(0.55, 0.02, 0.005), records_to_exclude(0.6, 0.1, 0.005)
    (4480.0, 228.0)
    """
    attacks = max(1.0, LEVEL / level)
    highest = norm.isf((1 - power) / attacks) if attacks > 1 else norm.ppf(power)
    by_auc = (
        relative_error * (norm.isf(LEVEL) + highest) / (auc - 0.5)
    ) ** 2 / 6  # the variance of an AUC is about 1 / (6 n)
    at_margin, at_chance = (math.sqrt(t * (1 - t) + fpr * (1 - fpr)) for t in (tpr, fpr))
    z = norm.isf(LEVEL / 2)  # the TPR's end is that of a two-sided interval
    error, gap = z * at_margin + highest * at_chance, tpr - fpr
    skew = 1 + z**2 / 2  # limits of few counts lie higher than normal ones, by so many records
    by_tpr = ((error + math.sqrt(error**2 + 4 * gap * skew)) / (2 * gap)) ** 2
    needed = math.ceil(max(by_auc, by_tpr, 1 / fpr))
    return float(needed) if needed <= MOST else math.inf


def smallest_margin(n_members: int, n_nonmembers: int, level: float, *, relative_error: float = 1.0) -> float:
    """Return the smallest AUC that so many records can show to be out of reach, if there is no leak at all.

    Parameters
    ----------
    n_members, n_nonmembers : int
    level, relative_error : float
        As of `records_to_exclude`.

    Examples
    --------
    >>> round(smallest_margin(300, 300, 0.005), 3)
    0.587
    """
    highest = norm.isf((1 - POWER) / max(1.0, LEVEL / level))
    error = relative_error * standard_error(n_members, n_nonmembers)
    return float(min(0.5 + (norm.isf(LEVEL) + highest) * error, 1.0))


def standard_error(n_members: int, n_nonmembers: int) -> float:
    """Return the standard error of an AUC of scores without a leak, as in Mann and Whitney's test.

    Examples
    --------
    >>> round(standard_error(300, 300), 4)
    0.0236
    """
    return math.sqrt((n_members + n_nonmembers + 1) / (12 * n_members * n_nonmembers))
