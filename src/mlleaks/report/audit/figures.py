"""Figures as people read them."""

from __future__ import annotations

import math

from mlleaks.stats.estimate import Estimate
from mlleaks.stats.rounding import rounded_down, rounded_up


def percent(value: float) -> str:
    """Return a share for people.

    Examples
    --------
    >>> percent(0.9134), percent(1), percent(0.9999), percent(0.0001), percent(float("nan"))
    ('91.3 %', '100.0 %', '> 99.9 %', '< 0.1 %', 'undefined')
    """
    if math.isnan(value):
        return "undefined"
    if 0.9995 <= value < 1:
        return "> 99.9 %"
    return "< 0.1 %" if 0 < value < 0.0005 else f"{100 * value:.1f} %"


def interval(e: Estimate) -> str:
    """Return an estimate of a share with its interval, for people.

    Examples
    --------
    >>> interval(Estimate(0.91, 0.89, 0.92, "exact"))
    '91.0 % (95 % interval 89.0 % to 92.0 %)'
    >>> interval(Estimate(0.91, 0.8899, 0.9201, "exact"))  # rounded outward
    '91.0 % (95 % interval 88.9 % to 92.1 %)'
    """
    if math.isnan(e.low):
        return percent(e.value)
    low, high = rounded_down(100 * e.low, 1), rounded_up(100 * e.high, 1)
    return f"{percent(e.value)} (95 % interval {low} % to {high} %)"
