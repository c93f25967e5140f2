"""Limits of a binomial share: exact, and mid-P, which counts half of what was observed exactly.

A limit is one end of an interval. It lies on the wrong side of the true share with probability ``error``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import betainc, betaincinv

from mlleaks.types import Floats

_STEPS = 12
"""So many steps are enough for errors of 1e-5; for 0.025, half of them."""
_PRECISION = 1e-11
"""By how much a limit's error may differ from the one asked for, relative to it."""


def exact_low(successes: Any, trials: float, error: Any) -> Floats:
    """Return the lower limit of Clopper and Pearson: the share at which so many successes have ``error``.

    It fails with at most that probability, whatever the share.

    Source: C. Clopper, E. Pearson, Biometrika 26 (1934).

    Parameters
    ----------
    successes : float array
        Between 0 and ``trials``; need not be whole.
    trials : float
        1 or more.
    error : float array
        In (0, 1); broadcast against ``successes``.

    Examples
    --------
    >>> exact_low([0, 8], 10, 0.025).round(3).tolist()
    [0.0, 0.444]
    """
    x = np.asarray(successes, dtype=float)
    return np.where(x > 0, betaincinv(np.maximum(x, 1e-300), trials - x + 1, error), 0.0)


def exact_high(successes: Any, trials: float, error: Any) -> Floats:
    """Return the upper limit of Clopper and Pearson; see `exact_low`.

    Examples
    --------
    >>> exact_high([8, 10], 10, 0.025).round(3).tolist()
    [0.975, 1.0]
    """
    return 1 - exact_low(trials - np.asarray(successes, dtype=float), trials, error)


def midp_low(successes: Any, trials: float, error: Any) -> Floats:
    """Return the lower mid-P limit: `exact_low`, but the observed number counts half.

    An exact limit fails less often than it may, because counts come in steps. This one fails about as often
    as it may on average over shares, for single shares more or less often.

    Source: H. Lancaster, Journal of the American Statistical Association 56 (1961); G. Berry, P. Armitage,
    The Statistician 44 (1995).

    Parameters
    ----------
    successes, trials, error
        As for `exact_low`.

    Examples
    --------
    >>> midp_low([0, 8], 10, 0.025).round(3).tolist()
    [0.0, 0.48]
    """
    observed, error = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(error, dtype=float))
    x = np.where(observed > 0, observed, 1.0)  # of zero, the limit is zero
    failures = np.maximum(trials - x, 1e-300)

    def excess(p: Floats) -> Floats:
        reached, exceeded = betainc(x, trials - x + 1, p), betainc(x + 1, failures, p)
        return np.asarray(np.log((reached + np.where(x < trials, exceeded, 0.0)) / 2 / error))

    least = betaincinv(x, trials - x + 1, error)
    most = np.where(x < trials, betaincinv(x + 1, failures, error), 1.0)
    return np.where(observed > 0, _root(excess, least, most), 0.0)


def _root(f: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Return where a rising function is zero: false position, Illinois variant, for many at once."""
    f_low, f_high = f(low), f(high)
    for _ in range(_STEPS):
        slope = f_high - f_low
        new = low - f_low * (high - low) / np.where(slope == 0, 1.0, slope)
        f_new = f(new)
        crossed = np.sign(f_new) != np.sign(f_high)
        low, f_low = np.where(crossed, high, low), np.where(crossed, f_high, f_low / 2)
        high, f_high = new, f_new
        if np.abs(f_new).max() < _PRECISION:
            break
    return np.asarray(high)


def midp_high(successes: Any, trials: float, error: Any) -> Floats:
    """Return the upper mid-P limit; see `midp_low`.

    Examples
    --------
    >>> midp_high([8, 10], 10, 0.025).round(3).tolist()
    [0.965, 1.0]
    """
    return 1 - midp_low(trials - np.asarray(successes, dtype=float), trials, error)
