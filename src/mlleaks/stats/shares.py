"""Shares of records and what is made of two shares, with intervals in closed form.

Members and non-members are two independent samples of fixed sizes. So recall and false-positive rate are
binomial shares; accuracy, advantage and precision combine the two. Their intervals combine the two shares'
limits (method of variance estimates recovery, MOVER), each end from the limits that pull towards it.

Source: R. Newcombe, Statistics in Medicine 17 (1998), method 10; G. Zou, A. Donner, Statistics in Medicine
27 (2008), for other combinations than differences.
"""

from __future__ import annotations

import math

from scipy.special import expit

from mlleaks.stats.binomial import exact_high, exact_low, midp_high, midp_low
from mlleaks.stats.estimate import Estimate

LEVEL = 0.95

SHARE = "binomial (mid-P; exact for up to four successes or failures)"
DIFFERENCE = "square-and-add of binomial intervals (Newcombe)"
ACCURACY = "square-and-add of recall and FPR, weighted"
PRECISION = "square-and-add of recall and FPR, on the scale of log odds"
UNDEFINED = "undefined"

FEW = 4
"""Up to so many successes or failures a share has exact limits: mid-P ones would cover too little there."""


def share(successes: float, trials: float, level: float = LEVEL) -> Estimate:
    """Return ``successes / trials`` with a mid-P interval, exact where it must be; nan without trials.

    With up to four successes or failures, both limits are Clopper and Pearson's, which cover at least what
    they promise. With more they are mid-P limits: at a level of 95 % they cover 95 % or more on average over
    shares, and about 93 % at the worst share.

    Sources: see `binomial`.

    Parameters
    ----------
    successes, trials : float
        With ``0 <= successes <= trials``; whole, or effective numbers of records that depend on each other.
    level : float
        The probability with which the interval covers the true value, in (0, 1).

    Examples
    --------
    >>> estimate = share(80, 100)
    >>> estimate.value, round(estimate.low, 3), round(estimate.high, 3)
    (0.8, 0.713, 0.87)
    """
    if trials == 0:
        return _undefined()
    few = min(successes, trials - successes) <= FEW
    error = (1 - level) / 2
    low = (exact_low if few else midp_low)(successes, trials, error)
    high = (exact_high if few else midp_high)(successes, trials, error)
    return Estimate(successes / trials, float(low), float(high), SHARE)


def difference(a: Estimate, b: Estimate) -> Estimate:
    """Return ``a - b`` of two independent shares, their half-widths added in squares.

    Source: R. Newcombe, Statistics in Medicine 17 (1998), method 10, with the limits of `share` instead of
    Wilson's.

    Parameters
    ----------
    a, b : Estimate
        As `share` returns them, at one level: the result is at that level, too.

    Examples
    --------
    >>> gap = difference(share(90, 100), share(60, 100))
    >>> round(gap.value, 3), round(gap.low, 3), round(gap.high, 3)
    (0.3, 0.183, 0.409)
    """
    value = a.value - b.value
    low = value - math.hypot(a.value - a.low, b.high - b.value)
    high = value + math.hypot(a.high - a.value, b.value - b.low)
    method = UNDEFINED if math.isnan(value) else DIFFERENCE
    return Estimate(value, low, high, method)


def accuracy(
    hits: float, n_members: float, false_alarms: float, n_nonmembers: float, *, level: float = LEVEL
) -> Estimate:
    """Return the share of all records that are classified correctly.

    It is the weighted sum of two independent shares, those of members above and of non-members below the
    threshold, and so is its interval: the half-widths, weighted, added in squares.

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
    >>> estimate = accuracy(90, 100, 60, 100)
    >>> estimate.value, round(estimate.low, 3), round(estimate.high, 3)
    (0.65, 0.592, 0.705)
    """
    total = n_members + n_nonmembers
    right, wrong = share(hits, n_members, level), share(false_alarms, n_nonmembers, level)
    a, b = n_members / total, n_nonmembers / total
    value = (hits + n_nonmembers - false_alarms) / total
    low = value - math.hypot(a * (right.value - right.low), b * (wrong.high - wrong.value))
    high = value + math.hypot(a * (right.high - right.value), b * (wrong.value - wrong.low))
    return Estimate(value, low, high, ACCURACY)


def precision(
    hits: float, n_members: float, false_alarms: float, n_nonmembers: float, *, level: float = LEVEL
) -> Estimate:
    """Return the share of members among the flagged records; nan if none is flagged.

    The odds of a flagged record are expected hits against expected false alarms, so their logarithm is a
    difference of two independent ones. Where one of the two counts is zero, one end is 0 or 1, and the other
    comes from the limits of both shares together, which is conservative.

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
    >>> estimate = precision(90, 100, 60, 100)
    >>> estimate.value, round(estimate.low, 3), round(estimate.high, 3)
    (0.6, 0.56, 0.644)
    """
    if hits + false_alarms == 0:
        return _undefined()
    error = (1 - level) / 2
    low, high = (float(n_members * f(hits, n_members, error)) for f in (midp_low, midp_high))
    least, most = (float(n_nonmembers * f(false_alarms, n_nonmembers, error)) for f in (midp_low, midp_high))
    value = hits / (hits + false_alarms)
    if not hits:
        return Estimate(value, 0.0, high / (high + least), PRECISION)
    if not false_alarms:
        return Estimate(value, low / (low + most), 1.0, PRECISION)
    odds = math.log(hits / false_alarms)
    down = math.hypot(math.log(hits / low), math.log(most / false_alarms))
    up = math.hypot(math.log(high / hits), math.log(false_alarms / least))
    return Estimate(value, float(expit(odds - down)), float(expit(odds + up)), PRECISION)


def _undefined() -> Estimate:
    return Estimate(math.nan, math.nan, math.nan, UNDEFINED)
