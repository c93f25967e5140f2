"""Lower bounds on epsilon from the scores of one training run, in which coins decided on membership."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from scipy.stats import binomtest

from mlleaks.errors import InputError
from mlleaks.stats.attack_choice import EVEN, RankedScores, Scores, ranked_scores
from mlleaks.stats.one_run import f_dp_one_run_epsilon
from mlleaks.stats.refuting import EpsilonBound
from mlleaks.stats.tradeoff import check_delta, check_level
from mlleaks.types import Bools

COINS = "each record was a member by its own fair coin"

BOTH = (8, 32)
"""One over the share of the records that is guessed at each end, where both ends are guessed."""

FEWEST = 16
"""At one end alone at least so many records are guessed: fewer refute hardly anything."""

UNFAIR = 1e-6
"""If fair coins show such numbers of members this rarely, the design was another one."""


class GuessBound(Protocol):
    """A lower bound on epsilon from numbers of guesses, such as those in `one_run`."""

    def __call__(self, correct: int, guesses: int, canaries: int, *, delta: float, level: float) -> float:
        """Return the bound."""


def one_run_lower_bound(
    member: Bools,
    scores: Scores,
    *,
    delta: float = 1e-5,
    level: float = 0.95,
    method: GuessBound = f_dp_one_run_epsilon,
    rng: np.random.Generator | None = None,
) -> EpsilonBound:
    """Return an epsilon that the mechanism exceeds with the probability ``level``, from one training run.

    The scores may depend on each other in any way; only the coins must be independent. The guesses are that
    the highest scores are members' and the lowest non-members': at both ends, at the top alone and at the
    bottom alone, for a few shares of the records fixed in advance. The tests share the allowed error
    (Bonferroni), so the bound is valid for the best of them. With several attacks, a random quarter of the
    records chooses the attack, and the others make the bound.

    Parameters
    ----------
    member : bool array (n,)
        About half of the records, as fair coins decide.
    scores : float array (n,), or mapping from an attack's name to such an array
        Higher = more likely a member; none is nan. Equal scores are put in random order.
    delta : float
        In [0, 1).
    level : float
        In (0, 1).
    method : callable
        `one_run.one_run_epsilon` assumes no more than ``(epsilon, delta)``-DP. `one_run.f_dp_one_run_epsilon`
        assumes that the mechanism is mu-GDP; `functools.partial` sets its ``tradeoff`` to another one.
    rng : numpy.random.Generator, optional
        For the choice among attacks and for ties; by default one that the scores seed, so that the same
        data have the same bound.

    Raises
    ------
    InputError
        Arrays that do not fit, a score that is nan, a delta or level out of range, or a number of members
        that fair coins do not show.

    Examples
    --------
    >>> import numpy as np
    >>> from mlleaks.stats.one_run import one_run_epsilon
    >>> rng = np.random.default_rng(0)
    >>> member = rng.random(2000) < 0.5
    >>> scores = rng.normal(size=2000) + member  # Gaussian noise: epsilon is 4.377
    >>> round(one_run_lower_bound(member, scores).epsilon, 2)
    3.15
    >>> round(one_run_lower_bound(member, scores, method=one_run_epsilon).epsilon, 2)
    2.29
    """
    check_delta(delta)
    check_level(level)
    records = ranked_scores(
        member,
        scores,
        evidence=lambda trial: _best(trial, method, delta, EVEN)[0],
        stratified=False,
        rng=rng,
    )
    _check_coins(np.asarray(member))
    epsilon, decision = _best(records, method, delta, level)
    name = getattr(getattr(method, "func", method), "__name__", "guesses")
    text = f"{name} (Bonferroni over numbers of guesses)"
    return EpsilonBound(epsilon, delta, level, records.attack, decision, text, COINS)


def _best(records: RankedScores, method: GuessBound, delta: float, level: float) -> tuple[float, str]:
    """Return the largest bound of the tests, and what that test guesses."""
    n = len(records.member)
    by_rank = np.empty(n, dtype=bool)
    by_rank[records.order] = records.member
    best, decision = 0.0, ""
    for top, bottom, error in _tests(n, 1 - level):
        correct = int(by_rank[n - top :].sum() + (~by_rank[:bottom]).sum())
        if 2 * correct <= top + bottom:
            continue  # no better than coins
        epsilon = method(correct, top + bottom, n, delta=delta, level=1 - error)
        if epsilon > best:
            best = epsilon
            decision = f"guesses: the {top} highest are members, the {bottom} lowest are not"
    return best, decision


def _tests(n: int, error: float) -> Iterator[tuple[int, int, float]]:
    """Yield how many records are guessed at the top and at the bottom, and the part of the allowed error.

    Half of the error goes to guesses at both ends, a quarter to each end alone.
    """
    both = [n // part for part in BOTH if n // part] or [n // 2]
    alone, size = [], n // 16
    while size >= FEWEST:
        alone.append(size)
        size //= 4
    alone = alone or [min(FEWEST, n // 2)]
    for count in both:
        yield count, count, error / 2 / len(both)
    for count in alone:
        yield count, 0, error / 4 / len(alone)
        yield 0, count, error / 4 / len(alone)


def _check_coins(member: Bools) -> None:
    n, members = len(member), int(member.sum())
    if binomtest(members, n).pvalue < UNFAIR:
        raise InputError(
            f"{members} members among {n} records",
            expected="about half, as fair coins decide",
            fix="Use epsilon_lower_bound for an audit with another design.",
        )
