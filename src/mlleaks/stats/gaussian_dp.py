"""What Gaussian differential privacy (mu-GDP) amounts to in epsilon and delta, and checks of settings."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import log_ndtr

from mlleaks.errors import InputError


def gaussian_delta(mu: float, epsilon: float) -> float:
    """Return the smallest delta for which a ``mu``-GDP mechanism is ``(epsilon, delta)``-DP.

    It is ``Phi(mu/2 - epsilon/mu) - exp(epsilon) Phi(-mu/2 - epsilon/mu)``, exact for the Gaussian mechanism
    of sensitivity ``mu`` and standard deviation 1.

    Sources: B. Balle, Y.-X. Wang, ICML (2018), theorem 8; J. Dong, A. Roth, W. Su, Journal of the Royal
    Statistical Society B 84 (2022), corollary 1.

    Parameters
    ----------
    mu : float
        0 or more.
    epsilon : float
        0 or more.

    Examples
    --------
    >>> round(gaussian_delta(1.0, 0.0), 4), round(gaussian_delta(1.0, 4.377), 7)
    (0.3829, 1e-05)
    """
    return math.exp(_log_gaussian_delta(mu, epsilon)) if mu > 0 else 0.0


def _log_gaussian_delta(mu: float, epsilon: float) -> float:
    """Return the logarithm of `gaussian_delta`, also where that is too small for a float."""
    first = float(log_ndtr(mu / 2 - epsilon / mu))
    ratio = epsilon + float(log_ndtr(-mu / 2 - epsilon / mu)) - first
    return first + math.log(-math.expm1(ratio)) if ratio < 0 else -math.inf


def gaussian_epsilon(mu: float, delta: float) -> float:
    """Return the smallest epsilon for which a ``mu``-GDP mechanism is ``(epsilon, delta)``-DP.

    It solves `gaussian_delta` for epsilon.

    Parameters
    ----------
    mu : float
        0 or more.
    delta : float
        In [0, 1).

    Returns
    -------
    float
        ``inf`` for ``delta = 0`` and ``mu > 0``: Gaussian noise never is ``(epsilon, 0)``-DP.

    Raises
    ------
    InputError
        ``mu`` is negative or nan, or ``delta`` is outside [0, 1).

    Examples
    --------
    >>> round(gaussian_epsilon(1.0, 1e-5), 3), gaussian_epsilon(0.0, 1e-5), gaussian_epsilon(1.0, 0.5)
    (4.377, 0.0, 0.0)
    """
    check_delta(delta)
    if not mu >= 0:
        raise InputError(
            f"mu = {mu}", expected="a number of 0 or more", fix="Pass a mu that is not negative."
        )
    if mu == 0 or (delta > 0 and gaussian_delta(mu, 0) <= delta):
        return 0.0
    if delta == 0:
        return math.inf
    high = 1.0
    while _log_gaussian_delta(mu, high) > math.log(delta):
        high *= 2
    return float(brentq(lambda e: max(_log_gaussian_delta(mu, e), -1e300) - math.log(delta), 0, high))


def gaussian_mu(epsilon: float, delta: float) -> float:
    """Return the largest mu for which a ``mu``-GDP mechanism is ``(epsilon, delta)``-DP.

    Parameters
    ----------
    epsilon : float
        0 or more.
    delta : float
        In [0, 1).

    Raises
    ------
    InputError
        ``epsilon`` is negative or nan, or ``delta`` is outside [0, 1).

    Examples
    --------
    >>> round(gaussian_mu(4.377, 1e-5), 3), gaussian_mu(1.0, 0.0)
    (1.0, 0.0)
    """
    check_delta(delta)
    if not epsilon >= 0:
        got = f"epsilon = {epsilon}"
        raise InputError(got, expected="a number of 0 or more", fix="Pass an epsilon that is not negative.")
    if delta == 0:
        return 0.0
    high = 1.0
    while gaussian_delta(high, epsilon) < delta:
        high *= 2
    return float(brentq(lambda mu: gaussian_delta(mu, epsilon) - delta, 0, high, xtol=1e-14))


def check_delta(delta: float) -> None:
    """Raise an `InputError` unless ``delta`` is in [0, 1).

    Examples
    --------
    >>> check_delta(1e-5)
    """
    if not 0 <= delta < 1:
        fix = "Pass a delta well below one over the number of records."
        raise InputError(f"delta = {delta}", expected="a number in [0, 1)", fix=fix)


def check_level(level: float) -> None:
    """Raise an `InputError` unless ``level`` is in (0, 1).

    Examples
    --------
    >>> check_level(0.95)
    """
    if not 0 < level < 1:
        fix = "Pass a confidence such as 0.95."
        raise InputError(f"level = {level}", expected="a number in (0, 1)", fix=fix)
