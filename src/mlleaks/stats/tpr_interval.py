"""The TPR at a false-positive rate with its interval.

The threshold that has *truly* this false-positive rate is unknown, and so is the members' share above it.
If ``k`` non-members lie above that threshold, it lies between the ``k``-th and the next non-member, and the
members above it are counted. How probable each ``k`` is, is known: it is binomial. So two errors are
possible, an unlikely ``k`` and an unlikely count of members. The interval holds all shares for which the
two, as standard normal deviates, lie in a circle: square-and-add (Newcombe), but counted instead of assumed
linear. Where the ROC is smooth it has the width of square-and-add; where the TPR jumps it still covers.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import binom, norm

from mlleaks.stats import metrics
from mlleaks.stats.binomial import midp_low
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import Roc
from mlleaks.stats.shares import LEVEL, UNDEFINED
from mlleaks.types import Floats, Ints

TPR = "square-and-add of threshold (order statistics) and share (mid-P)"

FEW_FALSE_ALARMS = 5
"""With fewer expected false alarms nothing is interpolated."""
_MOST_RANKS = 129
"""So many numbers of false alarms are tried; of more, equally spaced ones."""


def tpr_at_fpr(curve: Roc, fpr: float, level: float = LEVEL) -> Estimate:
    """Return the TPR at ``fpr`` (see `metrics.tpr_at_fpr`) with an interval for threshold and share.

    If no records tie near the threshold, it is as likely at any place between two non-members, so the members
    between them count half. They count against the interval, at both ends, where records tie, where one gap
    between two non-members holds most members near the threshold, and where fewer than five false alarms are
    expected. No distribution is assumed. With fewer than four expected false alarms the lower end is 0 at a
    level of 95 %: the threshold may lie above all non-members.

    Sources: R. Newcombe, Statistics in Medicine 17 (1998), and G. Zou, A. Donner, Statistics in Medicine 27
    (2008), for square-and-add; the search on the circle is ours.

    Parameters
    ----------
    curve : Roc
    fpr : float
        The false-positive rate, in (0, 1].
    level : float
        The probability with which the interval covers the true value, in (0, 1).

    Returns
    -------
    Estimate
        nan where ``fpr`` is below one over the number of non-members.

    Examples
    --------
    >>> from mlleaks.stats.metrics import roc
    >>> curve = roc(np.repeat([True, False], 200), np.r_[np.arange(200.0) + 100.5, np.arange(200.0)])
    >>> e = tpr_at_fpr(curve, 0.1)
    >>> e.value, round(e.low, 3), round(e.high, 3)
    (0.605, 0.522, 0.68)
    """
    value = metrics.tpr_at_fpr(curve, fpr)
    if math.isnan(value):
        return Estimate(math.nan, math.nan, math.nan, UNDEFINED)
    n, m, error = curve.n_members, curve.n_nonmembers, (1 - level) / 2
    first, last = (int(k) for k in binom.ppf([error, 1 - error], m, fpr))
    smooth = m * fpr >= FEW_FALSE_ALARMS and _is_smooth(curve, first, last)
    ranks = np.unique(np.linspace(first, last, _MOST_RANKS).round().astype(np.int64))
    fewest, most = _members_above(curve, ranks), _members_above(curve, ranks + 1)
    observed = binom.pmf(ranks, m, fpr) / 2 if smooth else 0.0
    z_low = norm.isf(binom.cdf(ranks, m, fpr) - observed)
    z_high = norm.isf(binom.sf(ranks - 1, m, fpr) - observed)
    if smooth:
        fewest = most = (fewest + most) / 2
    z = float(norm.isf(error))
    low = _lowest_in_circle(fewest, n, z_low, z=z)
    high = 1 - _lowest_in_circle(n - most, n, z_high, z=z)
    return Estimate(value, min(low, value), max(high, value), TPR)


def _lowest_in_circle(members: Floats, n: int, deviates: Floats, *, z: float) -> float:
    """Return the lowest limit of the share, over all numbers of false alarms within ``z``.

    The farther a number is from its expectation, the less room the circle leaves to the members above.

    Parameters
    ----------
    members : float array (k,)
        How many of ``n`` members lie above the threshold.
    deviates : float array (k,)
        The numbers of false alarms as standard normal deviates; below 0 they are no error in this direction.
    """
    inside = deviates <= z
    room = np.sqrt(z**2 - np.maximum(deviates[inside], 0) ** 2)
    return float(midp_low(members[inside], n, norm.sf(room)).min()) if inside.any() else 0.0


def _is_smooth(curve: Roc, first: int, last: int) -> bool:
    """Return whether no records tie, and no gap holds most members, among these non-members."""
    fp, tp = curve.false_positives, curve.true_positives
    start = max(int(np.searchsorted(fp, first)) - 1, 0)
    stop = int(np.searchsorted(fp, min(last + 1, curve.n_nonmembers))) + 1
    alarms, hits = np.diff(fp[start:stop]), np.diff(tp[start:stop])
    if (alarms > 1).any() or ((alarms == 1) & (hits > 0)).any():
        return False
    gaps = np.diff(_members_above(curve, np.arange(first, last + 2)))
    return bool(gaps.max() <= gaps.sum() / 2)


def _members_above(curve: Roc, ranks: Ints) -> Floats:
    """Return how many members score above the non-member of each rank; above the zeroth, for sure none."""
    points = np.searchsorted(curve.false_positives, ranks) - 1
    return np.where(ranks > 0, curve.true_positives[points], 0).astype(float)
