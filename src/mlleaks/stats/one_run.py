"""Bounds on epsilon from the guesses of one training run, however the scores depend on each other.

Each of some canaries was in the training data by the toss of its own fair coin. The attacker sees the outcome
of one training run and guesses some of the coins. Which and how many they guess does not depend on the coins.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit
from scipy.stats import binom

from mlleaks.errors import InputError
from mlleaks.stats.gaussian_dp import check_delta, check_level
from mlleaks.stats.refuting import largest_refuted


def one_run_p_value(
    correct: int, guesses: int, canaries: int, *, epsilon: float, delta: float = 1e-5
) -> float:
    """Return an upper limit of the probability of so many correct guesses or more under (epsilon, delta)-DP.

    With ``delta = 0`` the number of correct guesses is at most, in distribution, a binomial number W with the
    probability ``1 / (1 + exp(-epsilon))``. A delta adds failures; each makes one more guess correct. There
    are ``2 * canaries * delta`` of them or fewer on average; in the worst case they come in the number i that
    helps most: ``P(W >= v) + 2 * canaries * delta * max_i (P(W >= v - i) - P(W >= v)) / i``.

    Source: T. Steinke, M. Nasr, M. Jagielski, NeurIPS (2023), theorem 5.2.

    Parameters
    ----------
    correct, guesses, canaries : int
        With ``0 <= correct <= guesses <= canaries``. ``guesses`` is fixed in advance.
    epsilon : float
        0 or more.
    delta : float
        In [0, 1).

    Raises
    ------
    InputError
        Counts that do not fit, a negative epsilon, or a delta outside [0, 1).

    Examples
    --------
    >>> one_run_p_value(10, 10, 100, epsilon=0.0, delta=0.0) == 2**-10
    True
    >>> round(one_run_p_value(10, 10, 100, epsilon=1.0), 4)
    0.0441
    """
    check_counts(correct, guesses, canaries)
    check_delta(delta)
    if not epsilon >= 0:
        fix = "Pass an epsilon that is not negative."
        raise InputError(f"epsilon = {epsilon}", expected="a number of 0 or more", fix=fix)
    tail = binom.sf(np.arange(correct - 1, -2, -1), guesses, expit(epsilon))  # of v, v - 1, ..., 0
    gains = (tail[1:] - tail[0]) / np.arange(1, correct + 1)
    return float(min(1, tail[0] + 2 * canaries * delta * gains.max(initial=0)))


def one_run_epsilon(
    correct: int, guesses: int, canaries: int, *, delta: float = 1e-5, level: float = 0.95
) -> float:
    """Return an epsilon that the mechanism exceeds with the probability ``level``; 0 if none is refuted.

    It inverts `one_run_p_value`, and assumes only that the mechanism is ``(epsilon, delta)``-DP.

    Parameters
    ----------
    correct, guesses, canaries : int
        With ``0 <= correct <= guesses <= canaries``. ``guesses`` is fixed in advance.
    delta : float
        In [0, 1).
    level : float
        In (0, 1).

    Raises
    ------
    InputError
        Counts that do not fit, a delta or level out of range.

    Examples
    --------
    >>> round(one_run_epsilon(95, 100, 1000), 2), one_run_epsilon(50, 100, 1000)
    (2.17, 0.0)
    """
    check_counts(correct, guesses, canaries)
    check_level(level)

    def refutes(epsilon: float) -> bool:
        return one_run_p_value(correct, guesses, canaries, epsilon=epsilon, delta=delta) <= 1 - level

    return largest_refuted(refutes)


def check_counts(correct: int, guesses: int, canaries: int) -> None:
    """Raise an `InputError` unless ``0 <= correct <= guesses <= canaries``.

    Examples
    --------
    >>> check_counts(2, 3, 3)
    """
    if not 0 <= correct <= guesses <= canaries:
        raise InputError(
            f"{correct} correct of {guesses} guesses about {canaries} canaries",
            expected="0 <= correct <= guesses <= canaries",
            fix="Count each canary at most once.",
        )
