"""Shares of records of people, with intervals that do not take rows to be independent."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy.stats import norm, t

from mlleaks.stats import shares
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.shares import LEVEL
from mlleaks.types import Bools, Ints

BY_PERSON = ", of effective numbers of records (design effect of persons)"


def design_effect(values: Bools, code: Ints, level: float = LEVEL) -> float:
    """Return by how much a share of people's records is less certain than one of as many independent rows.

    It is the variance of the share, with deviations summed per person before they are squared, over the
    binomial one, at least 1; widened for few people by the square of Student's *t* over the normal quantile.
    Where all values are equal they do not show how people differ: then each person counts as one record.

    Source: E. Korn, B. Graubard, Survey Methodology 24 (1998): effective sample sizes for exact intervals.

    Parameters
    ----------
    values : bool array (n,)
    code : int array (n,)
        Whose record each is; two persons or more.
    level : float
        Of the interval that the effect is for.

    Examples
    --------
    >>> code = np.repeat(np.arange(30), 10)
    >>> design_effect(np.arange(300) % 2 == 0, code) < 1.2, design_effect(code < 15, code) > 10
    (True, True)
    """
    _, person = np.unique(code, return_inverse=True)
    n, people, share = len(values), int(person.max()) + 1, float(values.mean())
    if share in (0.0, 1.0):
        ratio = n / people
    else:
        sums = np.bincount(person, values - share)
        clustered = people / (people - 1) * float(sums @ sums) / n**2
        ratio = max(1.0, clustered * (n - 1) / (share * (1 - share)))
    tail = (1 + level) / 2
    return float(ratio * (t.ppf(tail, people - 1) / norm.ppf(tail)) ** 2)


def clustered_share(values: Bools, code: Ints, level: float = LEVEL) -> Estimate:
    """Return the share of true values with an interval for other people.

    It is the interval of `mlleaks.stats.shares.share` for numbers of records that are divided by the
    `design_effect`.

    Parameters
    ----------
    values : bool array (n,)
    code : int array (n,)
        Whose record each is; two persons or more.
    level : float

    Examples
    --------
    >>> code = np.repeat(np.arange(30), 10)
    >>> e = clustered_share(code < 15, code)
    >>> e.value, round(e.low, 2), round(e.high, 2)
    (0.5, 0.32, 0.68)
    """
    effect = design_effect(values, code, level)
    e = shares.share(values.sum() / effect, len(values) / effect, level)
    return Estimate(float(values.mean()), e.low, e.high, e.method + BY_PERSON)


def clustered_decisions(member: Bools, flagged: Bools, code: Ints) -> Mapping[str, Estimate]:
    """Return precision, recall, FPR, accuracy and advantage of a threshold, with intervals for other people.

    Parameters
    ----------
    member, flagged : bool arrays (n,)
    code : int array (n,)
        Whose record each is; two persons or more on each side, none on both.

    Examples
    --------
    >>> code = np.repeat(np.arange(40), 5)
    >>> e = clustered_decisions(code < 20, code % 4 < 2, code)["recall"]
    >>> e.value, e.high - e.low > 0.4
    (0.5, True)
    """
    sides = (member, ~member)
    recall, fpr = (clustered_share(flagged[side], code[side]) for side in sides)
    # one effect for both sides keeps their proportion
    effect = max(design_effect(flagged[side], code[side]) for side in sides)
    counts = [
        float(values.sum()) / effect for values in (flagged & member, member, flagged & ~member, ~member)
    ]
    precision, accuracy = shares.precision(*counts), shares.accuracy(*counts)
    return {
        "precision": _named(precision),
        "recall": recall,
        "fpr": fpr,
        "accuracy": _named(accuracy),
        "advantage": _named(shares.difference(recall, fpr)),
    }


def _named(e: Estimate) -> Estimate:
    return e if math.isnan(e.value) else Estimate(e.value, e.low, e.high, e.method + BY_PERSON)
