"""A list of names by the best of several attacks: see `naming` for what such a list is.

The level of a list holds for an attack that was chosen beforehand. An attack that is chosen because its list
is the longest was chosen by the very non-members that the list is compared with: its list holds more false
names than the level says. So a random quarter of the non-members chooses the attack, together with all
members; the other non-members make the list.

**Why the level holds.** The proof at the head of `naming` holds for any members. It needs one thing only: the
non-members that a list is compared with must be exchangeable with those that the attacker faces. Given the
members and the quarter that chooses, the attack is fixed, and the other non-members are as exchangeable as
before. So the members need no split: each of them can be named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mlleaks.errors import InputError
from mlleaks.stats import attack_choice
from mlleaks.stats.checks import checked_sides
from mlleaks.stats.conformal import conformal_p_values, leave_one_out_p_values
from mlleaks.stats.cutoffs import LEVEL, PRIORS, nonmembers_needed, p_value_cutoff
from mlleaks.stats.naming import NamingList, name_members
from mlleaks.types import Bools, Floats

CHOOSING = attack_choice.CHOOSING
"""The share of the non-members that choose among several attacks."""


@dataclass(frozen=True)
class ChosenList:
    """A list, and the attack that it was made by.

    Parameters
    ----------
    attack : str
    listed : NamingList
        Of all records; its intervals count the non-members in ``calibration`` alone.
    p_values : float array (n,)
        The conformal p-value of each record; smaller = more likely a member.
    calibration : bool array (n,)
        The non-members that the list is compared with: those that had no part in the choice.
    """

    attack: str
    listed: NamingList
    p_values: Floats
    calibration: Bools


def name_by_best_attack(
    member: Any,
    attacks: Mapping[str, Any],
    *,
    level: float = LEVEL,
    prior: float = PRIORS[0],
    rng: np.random.Generator | None = None,
) -> ChosenList:
    """Return the list of the attack that a quarter of the non-members chose; of one attack, simply its list.

    The chosen attack is the one whose list holds the most members; of equals, the one with the larger AUC.

    Parameters
    ----------
    member : bool array-like (n,)
    attacks : mapping of str to array-like (n,)
        The scores of each attack by its name; higher = more likely a member.
    level, prior : float
        See `naming.name_members`.
    rng : numpy.random.Generator, optional
        Draws the non-members that choose; by default one that the scores seed, so that the same data have
        the same list.

    Raises
    ------
    InputError
        No attack, input that does not fit, or fewer non-members than `nonmembers_to_choose` returns.

    Examples
    --------
    >>> member = np.repeat([True, False], [40, 200])
    >>> spread = np.concatenate([np.linspace(0, 3, 40), np.linspace(0, 1, 200)])
    >>> chosen = name_by_best_attack(member, {"good": spread, "bad": -spread})
    >>> chosen.attack, int(chosen.calibration.sum()), int(chosen.listed.named[member].sum())
    ('good', 150, 27)
    """
    if not attacks:
        raise InputError("no attack", expected="the scores of one or more", fix="Pass scores by name.")
    scores, sides = {}, np.empty(0, dtype=bool)
    for name, values in attacks.items():
        sides, scores[name] = checked_sides(member, values)
    _refuse_too_few(int((~sides).sum()), len(scores), level, prior)
    choosing = np.zeros(len(sides), dtype=bool)
    if len(scores) > 1:
        if rng is None:
            rng = attack_choice.seeded_by({name: np.sort(values) for name, values in scores.items()})
        outside = np.flatnonzero(~sides)
        outside = outside[np.lexsort([values[outside] for values in scores.values()])]  # whatever their rows
        choosing[rng.choice(outside, round(CHOOSING * len(outside)), replace=False)] = True
    best = next(iter(scores)) if len(scores) == 1 else _best(sides, choosing, scores, (level, prior))
    return _list(best, scores[best], sides, choosing, (level, prior))


def nonmembers_to_choose(n_attacks: int, *, level: float = LEVEL, prior: float = PRIORS[0]) -> int:
    """Return how many non-members `name_by_best_attack` needs at least.

    Examples
    --------
    >>> nonmembers_to_choose(1), nonmembers_to_choose(9), nonmembers_to_choose(9, prior=0.1)
    (18, 24, 226)
    """
    fewest = nonmembers_needed(level=level, prior=prior)
    if n_attacks == 1:
        return fewest
    n = fewest
    while n - round(CHOOSING * n) < fewest:
        n += 1
    return n


def _best(sides: Bools, choosing: Bools, scores: Mapping[str, Floats], rule: tuple[float, float]) -> str:
    """Return the attack with the longest list if only the choosing non-members count."""
    level, prior = rule

    def achieved(name: str) -> tuple[float, float]:
        p_values = conformal_p_values(scores[name][sides], scores[name][choosing])
        cut = p_value_cutoff(p_values, level=level, prior=prior)
        return float((p_values <= cut).mean()), -float(p_values.mean())

    return max(scores, key=achieved)


def _list(
    attack: str, scores: Floats, sides: Bools, choosing: Bools, rule: tuple[float, float]
) -> ChosenList:
    level, prior = rule
    made = name_members(sides[~choosing], scores[~choosing], level=level, prior=prior)
    calibration = ~sides & ~choosing
    named = scores >= made.threshold
    named[~choosing] = made.named
    reference = scores[calibration]
    p_values = conformal_p_values(scores, reference)
    p_values[calibration] = leave_one_out_p_values(reference)
    return ChosenList(attack, replace(made, named=named), p_values, calibration)


def _refuse_too_few(nonmembers: int, attacks: int, level: float, prior: float) -> None:
    fewest = nonmembers_to_choose(attacks, level=level, prior=prior)
    if nonmembers < fewest:
        raise InputError(
            f"{nonmembers} non-members for a list by the best of {attacks} attacks, at level {level:g} and "
            f"prior {prior:g}",
            expected=f"at least {fewest:,}",
            fix="Bring more non-members, pass a higher level or prior, or name one attack beforehand.",
        )
