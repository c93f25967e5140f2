"""Lower bounds on epsilon from the scores of one training run, in which coins decided on membership."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import binomtest

from mlleaks.errors import InputError
from mlleaks.stats.attack_choice import CHOOSING, EVEN, RankedScores, Scores, ranked_scores
from mlleaks.stats.gaussian_dp import check_delta, check_level
from mlleaks.stats.guess_methods import BINOMIAL, GuessMethod
from mlleaks.stats.refuting import EpsilonBound
from mlleaks.types import Bools

COINS = "each record was a member by its own fair coin"

BOTH = (8, 32)
"""One over the share of the records that is guessed at each end, where both ends are guessed."""

FEWEST = 16
"""At one end alone at least so many records are guessed: fewer refute hardly anything."""

UNFAIR = 1e-6
"""If fair coins show such numbers of members this rarely, the design was another one."""


def one_run_lower_bound(
    member: Bools,
    scores: Scores,
    *,
    delta: float = 1e-5,
    level: float = 0.95,
    method: GuessMethod = BINOMIAL,
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
    method : GuessMethod
        Of `guess_methods`. `BINOMIAL` assumes no more than ``(epsilon, delta)``-DP, `F_DP` that the mechanism
        is mu-GDP. `f_dp` makes a method of another trade-off function.
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
    >>> from mlleaks.stats.guess_methods import F_DP
    >>> rng = np.random.default_rng(0)
    >>> member = rng.random(2000) < 0.5
    >>> scores = rng.normal(size=2000) + member  # Gaussian noise: epsilon is 4.377
    >>> round(one_run_lower_bound(member, scores).epsilon, 2)
    2.29
    >>> round(one_run_lower_bound(member, scores, method=F_DP).epsilon, 2)
    3.15
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
    assumption = f"{COINS}; {method.assumption}"
    return EpsilonBound(epsilon, delta, level, records.attack, decision, method.title, assumption)


def highest_one_run_bound(
    canaries: int,
    *,
    attacks: int = 1,
    delta: float = 1e-5,
    level: float = 0.95,
    method: GuessMethod = BINOMIAL,
) -> float:
    """Return the bound of `one_run_lower_bound` if half of the coins are heads and every guess is right.

    So many canaries cannot show a larger epsilon, however much the model leaks.

    Parameters
    ----------
    canaries : int
        0 or more.
    attacks : int
        With two or more, a quarter of the canaries chooses among them.
    delta, level, method
        See `one_run_lower_bound`.

    Raises
    ------
    InputError
        A delta or level out of range.

    Examples
    --------
    >>> round(highest_one_run_bound(1000), 2), round(highest_one_run_bound(1000, attacks=6), 2)
    (3.98, 3.7)
    >>> highest_one_run_bound(5)
    0.0
    """
    check_delta(delta)
    check_level(level)
    left = canaries - (max(1, round(CHOOSING * canaries)) if attacks > 1 else 0)
    if left < 2:
        return 0.0
    order = np.arange(left)
    return _best(RankedScores(order >= left // 2, order, ""), method, delta, level)[0]


def fewest_canaries(*, attacks: int = 1, delta: float = 1e-5, level: float = 0.95) -> int | None:
    """Return how many canaries it takes at least for any bound above 0; None if no number will do.

    Delta is worth so many failures that too large a one leaves nothing to refute: more canaries do not help.

    Examples
    --------
    >>> fewest_canaries(), fewest_canaries(attacks=6), fewest_canaries(delta=0.4)
    (6, 8, None)
    """
    sizes = (*range(2, 200), *(100 * 2**power for power in range(1, 14)))
    bounds = ((n, highest_one_run_bound(n, attacks=attacks, delta=delta, level=level)) for n in sizes)
    return next((n for n, bound in bounds if bound > 0), None)


def _best(records: RankedScores, method: GuessMethod, delta: float, level: float) -> tuple[float, str]:
    """Return the largest bound of the tests, and what that test guesses."""
    n = len(records.member)
    by_rank = np.empty(n, dtype=bool)
    by_rank[records.order] = records.member
    best, decision = 0.0, ""
    for top, bottom, error in _tests(n, 1 - level):
        correct = int(by_rank[n - top :].sum() + (~by_rank[:bottom]).sum())
        if 2 * correct <= top + bottom:
            continue  # no better than coins
        epsilon = method.epsilon(correct, top + bottom, n, delta=delta, level=1 - error)
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
