"""Bounds on epsilon from the guesses of one training run, for a mechanism with a trade-off function."""

from __future__ import annotations

from collections.abc import Callable

from mlleaks.stats.gaussian_dp import check_delta, check_level
from mlleaks.stats.one_run import check_counts
from mlleaks.stats.refuting import largest_refuted
from mlleaks.stats.tradeoff import GAUSSIAN, TradeOff


def f_dp_one_run_epsilon(
    correct: int,
    guesses: int,
    canaries: int,
    *,
    delta: float = 1e-5,
    level: float = 0.95,
    tradeoff: TradeOff = GAUSSIAN,
) -> float:
    """Return an epsilon that the mechanism exceeds with the probability ``level``, for a trade-off function.

    It converts the strongest trade-off function that `f_dp_refutes` to epsilon at ``delta``.

    Source: S. Mahloujifar, L. Melis, K. Chaudhuri, ICML (2025).

    Parameters
    ----------
    correct, guesses, canaries : int
        With ``0 <= correct <= guesses <= canaries``. ``guesses`` is fixed in advance.
    delta : float
        In [0, 1).
    level : float
        In (0, 1).
    tradeoff : TradeOff
        `tradeoff.GAUSSIAN` (mu-GDP) or `tradeoff.APPROXIMATE`.

    Raises
    ------
    InputError
        Counts that do not fit, a delta or level out of range.

    Examples
    --------
    >>> round(f_dp_one_run_epsilon(95, 100, 1000), 2), f_dp_one_run_epsilon(50, 100, 1000)
    (3.32, 0.0)
    """
    check_counts(correct, guesses, canaries)
    check_delta(delta)
    check_level(level)

    def refutes(strength: float) -> bool:
        def lowest_fpr(tpr: float) -> float:
            return float(tradeoff.lowest_fpr(tpr, strength, delta))

        return f_dp_refutes(lowest_fpr, correct, guesses, canaries, error=1 - level)

    return tradeoff.epsilon(largest_refuted(refutes), delta)


def f_dp_refutes(
    lowest_fpr: Callable[[float], float], correct: int, guesses: int, canaries: int, *, error: float
) -> bool:
    """Return whether a trade-off function allows so many correct guesses only with less than ``error``.

    Let p_k be the probability of k correct guesses, ``r_i = sum_{k >= i} k p_k / canaries`` and
    ``h_i = sum_{k >= i} (guesses - k) p_k / canaries``. Turn the coin of one canary: from "it is guessed
    correctly, and at least i guesses are correct" to "it is guessed wrongly, and at least i - 1 are correct".
    The trade-off function bounds how much less likely the second is. Averaged over the canaries, that is
    ``h_{i-1} >= lowest_fpr(r_i)``, because ``lowest_fpr`` is convex.

    Suppose ``p_v = error`` for the observed v, which is the cheapest way to reach ``error``. Going down from
    v, each step adds the least probability that these bounds allow. If the sum exceeds 1, no mechanism with
    this trade-off function has so many correct guesses with the probability ``error``.

    Source: S. Mahloujifar, L. Melis, K. Chaudhuri, ICML (2025), algorithm 3.

    Parameters
    ----------
    lowest_fpr : callable (tpr) -> fpr
        Convex and rising from 0 at 0 or later: the inverse of the trade-off function's complement.
    correct, guesses, canaries : int
        With ``0 <= correct <= guesses <= canaries``. ``guesses`` is fixed in advance.
    error : float
        In (0, 1).

    Examples
    --------
    >>> f_dp_refutes(lambda tpr: tpr, 9, 10, 10, error=0.05)  # no leak at all
    True
    >>> f_dp_refutes(lambda tpr: tpr, 6, 10, 10, error=0.05)
    False
    """
    r, h = error * correct / canaries, error * (guesses - correct) / canaries
    for i in range(correct - 1, -1, -1):
        needed = lowest_fpr(min(r, 1.0))
        if needed <= h or r + h > guesses / canaries:
            break  # nothing more is needed further down; or too much was already
        r, h = r + i / (guesses - i) * (needed - h), needed
    return r + h > guesses / canaries
