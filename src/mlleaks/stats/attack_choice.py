"""The scores of several attacks: checked, ranked without ties, and one of them chosen without bias.

A bound must not come from the attack that chance made look best. So one part of the records chooses the
attack, and the others make the bound. With one attack, all records do.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mlleaks.errors import InputError
from mlleaks.types import Bools, Floats, Ints

CHOOSING = 0.25
"""The share of the records that choose among several attacks."""

EVEN = 0.5
"""The level of the bounds by which the choosing records compare attacks: estimates more than bounds."""

Scores = Floats | Mapping[str, Floats]


@dataclass(frozen=True)
class RankedScores:
    """The records that make a bound, in the order of one attack's scores.

    Parameters
    ----------
    member : bool array (n,)
    order : int array (n,)
        The rank of each record from 0: higher = more likely a member. Equal scores are in random order.
    attack : str
        Whose scores they are; empty if there is one attack without a name.
    """

    member: Bools
    order: Ints
    attack: str


def ranked_scores(
    member: Bools,
    scores: Scores,
    *,
    evidence: Callable[[RankedScores], float],
    stratified: bool,
    rng: np.random.Generator | None,
) -> RankedScores:
    """Return the records that make a bound, ranked by the attack that the other records chose.

    Parameters
    ----------
    member : bool array (n,)
        At least one member and one non-member; with several attacks, at least two of each.
    scores : float array (n,), or mapping from an attack's name to such an array
        Higher = more likely a member.
    evidence : callable
        How plainly an attack shows a leak on the choosing records; the attack with the highest value is
        chosen; of equals, the one with the largest AUC.
    stratified : bool
        Whether the same share of members and of non-members chooses. If coins decided on membership, the
        choosing records must not depend on it: then False.
    rng : numpy.random.Generator or None
        Draws the choosing records and orders ties. None is a generator seeded by the scores.

    Raises
    ------
    InputError
        The arrays differ in length, a score is nan, there is no attack, or a group is too small.

    Examples
    --------
    >>> import numpy as np
    >>> member, scores = np.array([True, False, True]), np.array([0.1, 0.2, 0.3])
    >>> ranked_scores(member, scores, evidence=lambda _: 0.0, stratified=True, rng=None).order
    array([0, 1, 2])
    """
    member, attacks = _checked(member, scores)
    rng = seeded_by(attacks) if rng is None else rng
    if len(attacks) == 1:
        return _ranked(member, *next(iter(attacks.items())), rng)
    choosing = np.zeros(len(member), dtype=bool)
    groups = [np.flatnonzero(member), np.flatnonzero(~member)] if stratified else [np.arange(len(member))]
    for group in groups:
        choosing[rng.choice(group, max(1, round(CHOOSING * len(group))), replace=False)] = True
    trials = [_ranked(member[choosing], name, s[choosing], rng) for name, s in attacks.items()]
    best = max(trials, key=lambda trial: (evidence(trial), _rank_sum(trial))).attack
    return _ranked(member[~choosing], best, attacks[best][~choosing], rng)


def seeded_by(attacks: Mapping[str, Floats]) -> np.random.Generator:
    """Return a generator seeded by the scores: the same for the same scores, another one for others.

    One seed for all audits would put ties in the same order each time. In audits that list their members
    first, one unfavorable order would then make all bounds too high.

    Examples
    --------
    >>> scores = {"loss": np.array([0.5, 0.25])}
    >>> seeded_by(scores).random() == seeded_by(scores).random()
    True
    """
    checksum = 0
    for scores in attacks.values():
        checksum = zlib.crc32(np.ascontiguousarray(scores).tobytes(), checksum)
    return np.random.default_rng(checksum)


def _rank_sum(records: RankedScores) -> int:
    """Return the sum of the members' ranks, which orders attacks on the same records as the AUC does."""
    return int(records.order[records.member].sum())


def _ranked(member: Bools, name: str, scores: Floats, rng: np.random.Generator) -> RankedScores:
    order = np.empty(len(scores), dtype=np.int64)
    order[np.lexsort((rng.random(len(scores)), scores))] = np.arange(len(scores))
    return RankedScores(member, order, name)


def _checked(member: Bools, scores: Scores) -> tuple[Bools, dict[str, Floats]]:
    """Return membership as booleans, and each attack's scores by its name."""
    attacks = dict(scores) if isinstance(scores, Mapping) else {"": scores}
    if not attacks:
        raise InputError("no attack", expected="scores of one attack or more", fix="Pass an array of scores.")
    member = np.asarray(member)
    if member.ndim != 1 or not np.isin(member, (0, 1)).all():
        got = f"membership of shape {member.shape} and type {member.dtype}"
        fix = "Pass one True or False per record."
        raise InputError(got, expected="a one-dimensional array of booleans", fix=fix)
    member = member.astype(bool)
    least, n = (1 if len(attacks) == 1 else 2), int(member.sum())
    if min(n, len(member) - n) < least:
        raise InputError(
            f"{n} members and {len(member) - n} non-members",
            expected=f"at least {least} of each",
            fix="Bring more records.",
        )
    return member, {name: _checked_scores(name, s, len(member)) for name, s in attacks.items()}


def _checked_scores(name: str, scores: Floats, n: int) -> Floats:
    scores, of = np.asarray(scores, dtype=float), f" of {name!r}" if name else ""
    if scores.shape != (n,):
        got = f"scores{of} of shape {scores.shape} for {n} records"
        raise InputError(got, expected=f"shape ({n},)", fix="Pass one score per record.")
    if np.isnan(scores).any():
        got = f"{int(np.isnan(scores).sum())} scores{of} that are nan"
        raise InputError(got, expected="numbers", fix="Score each record, or drop it.")
    return scores
