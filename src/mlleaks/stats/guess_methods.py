"""How numbers of correct guesses become a lower bound on epsilon, and what that assumes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Protocol

from mlleaks.stats.f_dp_one_run import f_dp_one_run_epsilon
from mlleaks.stats.one_run import one_run_epsilon
from mlleaks.stats.tradeoff import APPROXIMATE, GAUSSIAN, TradeOff


class GuessBound(Protocol):
    """A lower bound on epsilon from numbers of guesses, such as those in `one_run`."""

    def __call__(self, correct: int, guesses: int, canaries: int, *, delta: float, level: float) -> float:
        """Return the bound."""


@dataclass(frozen=True)
class GuessMethod:
    """How numbers of correct guesses become a lower bound on epsilon.

    Parameters
    ----------
    title : str
        What the method is, for reports.
    assumption : str
        What has to hold of the mechanism.
    epsilon : callable
        See `GuessBound`.
    """

    title: str
    assumption: str
    epsilon: GuessBound


def f_dp(tradeoff: TradeOff) -> GuessMethod:
    """Return the method that refutes trade-off functions: see `f_dp_one_run.f_dp_one_run_epsilon`.

    Examples
    --------
    >>> f_dp(APPROXIMATE).epsilon(40, 40, 40, delta=0.0, level=0.95) > 2
    True
    """
    bound = partial(f_dp_one_run_epsilon, tradeoff=tradeoff)
    return GuessMethod("correct guesses (f-DP recursion, Bonferroni)", tradeoff.assumption, bound)


BINOMIAL = GuessMethod("correct guesses (binomial tail, Bonferroni)", APPROXIMATE.assumption, one_run_epsilon)
"""Assumes no more than ``(epsilon, delta)``-DP: see `one_run.one_run_epsilon`."""

F_DP = f_dp(GAUSSIAN)
"""Assumes mu-GDP, and bounds are higher."""
