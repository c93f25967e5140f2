"""Lower bounds on epsilon from scores that are independent draws, such as one record per trained model."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mlleaks.stats.attack_choice import EVEN, RankedScores, Scores, ranked_scores
from mlleaks.stats.exceedance import Exceedance, ladder, members_above, nonmembers_below
from mlleaks.stats.gaussian_dp import check_delta, check_level
from mlleaks.stats.refuting import EpsilonBound, largest_refuted
from mlleaks.stats.tradeoff import APPROXIMATE, TradeOff
from mlleaks.types import Bools

INDEPENDENT = "members' scores are independent draws from one distribution, non-members' from another"

BODY = 0.3
"""The share of the allowed error that goes to the first rank; the others share the rest alike."""


def epsilon_lower_bound(
    member: Bools,
    scores: Scores,
    *,
    delta: float = 1e-5,
    level: float = 0.95,
    tradeoff: TradeOff = APPROXIMATE,
    rng: np.random.Generator | None = None,
) -> EpsilonBound:
    """Return an epsilon that the mechanism exceeds with the probability ``level``, from any attack's scores.

    Each test counts the members above the j-th highest non-member, or the non-members below the j-th lowest
    member, for some j fixed in advance (see `exceedance`). The bound is the largest epsilon that a test
    refutes; the tests share the allowed error (Bonferroni), so it is valid for the best of them. With several
    attacks, a random quarter of the records chooses the attack, and the others make the bound.

    Parameters
    ----------
    member : bool array (n,)
        At least one member and one non-member; with several attacks, at least two of each.
    scores : float array (n,), or mapping from an attack's name to such an array
        Higher = more likely a member; none is nan. Equal scores are put in random order, so that scores
        of two values (decisions) are allowed.
    delta : float
        In [0, 1).
    level : float
        In (0, 1).
    tradeoff : TradeOff
        `tradeoff.APPROXIMATE` assumes no more than ``(epsilon, delta)``-DP. `tradeoff.GAUSSIAN` refutes
        values of mu; its bound is much higher, and holds for mechanisms like Gaussian noise.
    rng : numpy.random.Generator, optional
        For the choice among attacks and for ties; by default one that the scores seed, so that the same
        data have the same bound.

    Raises
    ------
    InputError
        Arrays that do not fit, a score that is nan, a group without records, a delta or level out of
        range.

    Examples
    --------
    >>> import numpy as np
    >>> from mlleaks.stats.tradeoff import GAUSSIAN
    >>> member = np.repeat([True, False], 1000)
    >>> scores = np.random.default_rng(0).normal(size=2000) + member  # Gaussian noise: epsilon is 4.377
    >>> round(epsilon_lower_bound(member, scores).epsilon, 2)
    1.35
    >>> round(epsilon_lower_bound(member, scores, tradeoff=GAUSSIAN).epsilon, 2)
    3.88
    """
    check_delta(delta)
    check_level(level)
    records = ranked_scores(
        member,
        scores,
        evidence=lambda trial: _strongest(trial, tradeoff, delta, EVEN)[0],
        stratified=True,
        rng=rng,
    )
    strength, decision = _strongest(records, tradeoff, delta, level)
    return EpsilonBound(
        tradeoff.epsilon(strength, delta),
        delta,
        level,
        records.attack,
        decision,
        "counts beyond order statistics (beta-binomial, Bonferroni)",
        f"{INDEPENDENT}; {tradeoff.assumption}",
    )


def _strongest(records: RankedScores, tradeoff: TradeOff, delta: float, level: float) -> tuple[float, str]:
    """Return the largest strength that one of the tests refutes, and what that test counts."""
    strength, decision = 0.0, ""
    for test, error, counts in _tests(records, 1 - level):
        stronger = largest_refuted(_refutes(test, error, tradeoff, delta), strength)
        if stronger > strength:
            strength, decision = stronger, counts
    return strength, decision


def _refutes(test: Exceedance, error: float, tradeoff: TradeOff, delta: float) -> Callable[[float], bool]:
    p_value = test.p_value()
    return lambda strength: p_value(lambda fpr: tradeoff.highest_tpr(fpr, strength, delta)) <= error


def _tests(records: RankedScores, error: float) -> Iterator[tuple[Exceedance, float, str]]:
    """Yield each test, its part of the allowed error, and what it counts."""
    n = int(records.member.sum())
    above, below = ladder(len(records.member) - n), ladder(n)
    part = (1 - BODY) * error / max(1, len(above) + len(below) - 1)
    for i, rank in enumerate(above):
        text = f"members above the non-member of rank {rank} from the top"
        yield members_above(records.member, records.order, rank), part if i else BODY * error, text
    for rank in below:
        text = f"non-members below the member of rank {rank} from the bottom"
        yield nonmembers_below(records.member, records.order, rank), part, text
