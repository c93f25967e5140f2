"""Who of an audit can be named, and what epsilon its scores refute: made from a stored result when asked for.

Both figures must stay valid although an attack is chosen. Where an attack was chosen before any figure was
computed (`AuditResult.headline`), it is the one. Elsewhere some of the records choose and the others count.
So it is where another attack is clearly better (`decision.best`): the attack chosen beforehand would make a
strong leak look slight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mlleaks.results.audit import AuditResult
from mlleaks.results.decision import best, leaks
from mlleaks.stats.chosen_list import ChosenList, name_by_best_attack, nonmembers_to_choose
from mlleaks.stats.cutoffs import LEVEL, PRIORS
from mlleaks.stats.epsilon import epsilon_lower_bound
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.gaussian_dp import check_delta, check_level
from mlleaks.stats.groups import by_person
from mlleaks.stats.refuting import EpsilonBound
from mlleaks.types import Bools, Floats, Ids

DELTA = 1e-5
"""The default delta of a bound on epsilon."""
CONFIDENCE = 0.95
"""The default confidence of a bound on epsilon."""


@dataclass(frozen=True)
class NamedMembers:
    """Which members an attacker can name at a bounded share of false names.

    Parameters
    ----------
    attack : str
        Whose scores make the list.
    beforehand : bool
        Whether this attack was chosen before any figure was computed; else a part of the non-members chose.
    level : float
        The share of false names that the list holds at most, on average.
    prior : float
        The share of members among the attacker's candidates.
    ids : array
        The members on the list, the highest score first.
    share : Estimate
        The share of the members that are on the list; see `mlleaks.stats.naming.NamingList`.
    fdp : Estimate
        The share of false names of this very list, as the audit's non-members show it.
    calibration : int
        With how many non-members the members were compared.
    """

    attack: str
    beforehand: bool
    level: float
    prior: float
    ids: Ids
    share: Estimate
    fdp: Estimate
    calibration: int


@dataclass(frozen=True, eq=False)
class Exposure:
    """The lists of names and the bounds on epsilon of one audit; each is computed once.

    Parameters
    ----------
    result : AuditResult
    """

    result: AuditResult
    _lists: dict[tuple[float, float], ChosenList] = field(default_factory=dict, repr=False)
    _bounds: dict[tuple[float, float], EpsilonBound] = field(default_factory=dict, repr=False)

    @property
    def beforehand(self) -> bool:
        """Whether the attack of lists and bounds was chosen before any figure was computed."""
        headline = self.result.headline
        if all(v.attack != headline for v in self.result.verdicts):
            return False
        return not leaks(self.result) or best(self.result).attack == headline

    @property
    def attacks(self) -> Mapping[str, Floats]:
        """The scores of the attacks to choose from: of the one chosen beforehand, or of all."""
        if self.beforehand:
            headline = self.result.verdict(str(self.result.headline))
            return {headline.attack: headline.scores}
        return {v.attack: v.scores for v in self.result.verdicts}

    def nonmembers_needed(self, *, level: float = LEVEL, prior: float = PRIORS[0]) -> int:
        """Return how many non-members a list needs at least; see `enough`."""
        return nonmembers_to_choose(len(self.attacks), level=level, prior=prior)

    def enough(self, *, level: float = LEVEL, prior: float = PRIORS[0]) -> bool:
        """Return whether the audit has enough non-members for a list, which may still be empty."""
        return self.result.n_nonmembers >= self.nonmembers_needed(level=level, prior=prior)

    def names(self, *, level: float = LEVEL, prior: float = PRIORS[0]) -> ChosenList:
        """Return the list of all records, as arrays; see `mlleaks.stats.chosen_list`.

        Raises
        ------
        InputError
            There are not `enough` non-members, or level or prior is outside (0, 1).
        """
        key = level, prior
        if key not in self._lists:
            self._lists[key] = name_by_best_attack(self.result.member, self.attacks, level=level, prior=prior)
        return self._lists[key]

    def named_members(self, *, level: float = LEVEL, prior: float = PRIORS[0]) -> NamedMembers:
        """Return the members on a list, and how good the list is.

        Raises
        ------
        InputError
            See `names`.
        """
        names = self.names(level=level, prior=prior)
        rows = np.flatnonzero(names.listed.named & self.result.member)
        order = np.argsort(-self.attacks[names.attack][rows], kind="stable")
        return NamedMembers(
            attack=names.attack,
            beforehand=self.beforehand,
            level=level,
            prior=prior,
            ids=self.result.ids[rows[order]],
            share=names.listed.share,
            fdp=names.listed.fdp,
            calibration=int(names.calibration.sum()),
        )

    def epsilon(self, *, delta: float = DELTA, level: float = CONFIDENCE) -> EpsilonBound:
        """Return the largest epsilon that the scores refute; see `mlleaks.stats.epsilon`.

        With people it is that of a whole person: each one's records have their mean score.

        Raises
        ------
        InputError
            Delta or level out of range, or, where records choose the attack, fewer than two members or
            non-members.
        """
        check_delta(delta)
        check_level(level)
        key = delta, level
        if key not in self._bounds:
            member, attacks = self._independent()
            self._bounds[key] = epsilon_lower_bound(member, attacks, delta=delta, level=level)
        return self._bounds[key]

    def _independent(self) -> tuple[Bools, Mapping[str, Floats]]:
        """Return who is a member, and each attack's scores: of people if they are known, else of records."""
        member, code = self.result.member, self.result.person_codes
        if code is None:
            return member, dict(self.attacks)
        people = {
            attack: by_person(member, scores, code, both_sides="split")
            for attack, scores in self.attacks.items()
        }
        return next(iter(people.values())).member, {attack: some.scores for attack, some in people.items()}


def exposure_of(result: AuditResult) -> Exposure:
    """Return the lists and bounds of a result: the same object each time, so nothing is computed twice."""
    cached = vars(result)  # where `functools.cached_property` keeps its values, too
    if "exposure" not in cached:
        cached["exposure"] = Exposure(result)
    exposure: Exposure = cached["exposure"]
    return exposure
