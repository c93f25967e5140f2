"""Precision averaged over members and non-members, as the last line of scikit-learn's report has it."""

from __future__ import annotations

import math

from mlleaks.stats.estimate import Estimate
from mlleaks.stats.shares import LEVEL, UNDEFINED, share

METHOD = "difference of two shares, square and add"


def precision_of_both(
    hits: float, n_members: float, false_alarms: float, n_nonmembers: float, *, level: float = LEVEL
) -> Estimate:
    """Return the precision of both classes, weighted by their records; nan if all or none are flagged.

    It is the last line of `sklearn.metrics.classification_report`. The same average of both recalls is the
    accuracy. It rises with the share of members that is flagged and falls with that of the non-members: the
    interval adds the changes in squares when either of these independent shares moves to its limit.

    Parameters
    ----------
    hits, n_members : float
        Flagged members, all members (1 or more).
    false_alarms, n_nonmembers : float
        Flagged non-members, all non-members (1 or more).
    level : float
        The probability with which the interval covers the true value, in (0, 1).

    Examples
    --------
    >>> estimate = precision_of_both(90, 100, 60, 100)  # 90 of 150 and 40 of 50 are right
    >>> round(estimate.value, 3), round(estimate.low, 3), round(estimate.high, 3)
    (0.7, 0.628, 0.761)
    """

    def average(tpr: float, fpr: float) -> float:
        flagged, rest = n_members * tpr + n_nonmembers * fpr, n_members * (1 - tpr) + n_nonmembers * (1 - fpr)
        if flagged <= 0 or rest <= 0:
            return math.nan
        members, nonmembers = n_members * tpr / flagged, n_nonmembers * (1 - fpr) / rest
        return (n_members * members + n_nonmembers * nonmembers) / (n_members + n_nonmembers)

    tpr, fpr = share(hits, n_members, level), share(false_alarms, n_nonmembers, level)
    value = average(tpr.value, fpr.value)
    if math.isnan(value):
        return Estimate(math.nan, math.nan, math.nan, UNDEFINED)
    down = average(tpr.low, fpr.value), average(tpr.value, fpr.high)
    up = average(tpr.high, fpr.value), average(tpr.value, fpr.low)
    low, high = (math.hypot(*(value - end for end in ends if not math.isnan(end))) for ends in (down, up))
    return Estimate(value, max(value - low, 0.0), min(value + high, 1.0), METHOD)
