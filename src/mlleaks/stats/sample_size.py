"""How many runs a comparison takes."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.stats import t


def runs_needed(spread: float, half_width: float, quantile: float, *, least: int = 2) -> int:
    """Return the smallest number of runs whose interval of the mean is narrower than wanted.

    The interval is Student's *t*: its half-width with ``n`` runs is ``t(quantile, n - 1) * spread /
    sqrt(n)``. It assumes that further runs differ as much as those that the spread was computed from.

    Parameters
    ----------
    spread : float
        Standard deviation between runs, 0 or more.
    half_width : float
        The half-width that the interval must stay below, above 0.
    quantile : float
        Of Student's *t*: 0.975 for a two-sided interval at 95 %.
    least : int
        The smallest number that is allowed, 2 or more.

    Examples
    --------
    >>> runs_needed(0.1, 0.1, 0.975), runs_needed(0.0, 0.1, 0.975, least=3)
    (7, 3)
    """

    def is_narrow(n: int) -> bool:
        return float(t.ppf(quantile, n - 1)) * spread / math.sqrt(n) < half_width

    return first_number(is_narrow, least=least)


def first_number(is_enough: Callable[[int], bool], *, least: int = 1) -> int:
    """Return the smallest number from ``least`` on that is enough; all larger ones must be enough, too.

    Parameters
    ----------
    is_enough : callable
        False below some number, True from it on.
    least : int
        Where the search begins, 1 or more.

    Examples
    --------
    >>> first_number(lambda n: n * n > 50, least=2)
    8
    """
    high = least
    while not is_enough(high):
        high *= 2
    low = max(least, high // 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return low
