"""Attacks grouped for people: those that were run by what the attacker has, the others by what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlleaks import attacks
from mlleaks.attacks.needs import Labels
from mlleaks.report.attack_names import listed, registered
from mlleaks.results import decision
from mlleaks.results.audit import AuditResult, Verdict

NOTHING, PREDICTED_CLASS = "nothing but the answers", "only the predicted class of each answer"
SHOWN = 8
"""Up to so many attacks are all shown alike; of more, the best of each group comes first."""


@dataclass(frozen=True)
class AttackGroup:
    """Attacks for which the attacker needs the same.

    Parameters
    ----------
    attacker_has : str
        In plain words.
    verdicts : tuple of Verdict
        The highest AUC first; at least one.
    """

    attacker_has: str
    verdicts: tuple[Verdict, ...]

    @property
    def best(self) -> Verdict:
        """The verdict with the highest AUC."""
        return self.verdicts[0]


def attack_groups(result: AuditResult) -> list[AttackGroup]:
    """Return a result's verdicts grouped by what the attacker has, the group with the highest AUC first."""
    members: dict[str, list[Verdict]] = {}
    for verdict in sorted(result.verdicts, key=lambda v: -v.estimates["auc"].value):
        members.setdefault(attacker_has(verdict), []).append(verdict)
    return [AttackGroup(what, tuple(verdicts)) for what, verdicts in members.items()]


def attacker_has(verdict: Verdict) -> str:
    """Return what an attacker must have beside the answers: what is hardest to come by, in plain words.

    True classes are named only where they are all; an attacker who has models to compare with has them, too.
    """
    if verdict.reads == "predicted class":
        return PREDICTED_CLASS
    needs, true_classes = _needs(verdict), str(Labels())
    more = [need for need in needs if need != true_classes]
    return (more or [*needs, NOTHING])[0]


def _needs(verdict: Verdict) -> tuple[str, ...]:
    if verdict.needs is not None:
        return verdict.needs
    spec = attacks.REGISTRY.get(verdict.attack)  # stored by an earlier version
    return () if spec is None else tuple(str(need) for need in spec.needs)


def shown_first(result: AuditResult) -> tuple[Verdict, ...]:
    """Return what a reader should see first: all verdicts if they are few, else the best of each group.

    The one of the headline is among them; it can have a lower AUC than another that chance explains.
    """
    if len(result.verdicts) <= SHOWN:
        return result.verdicts
    shown = {group.best.attack for group in attack_groups(result)} | {decision.best(result).attack}
    return tuple(v for group in attack_groups(result) for v in group.verdicts if v.attack in shown)


def skipped_by_reason(skipped: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the names of skipped attacks by the reason.

    Examples
    --------
    >>> skipped_by_reason({"lira": "no models", "gap": "no true classes", "rmia": "no models"})
    {'no models': ['lira', 'rmia'], 'no true classes': ['gap']}
    """
    names: dict[str, list[str]] = {}
    for name, why in skipped.items():
        names.setdefault(why, []).append(name)
    return names


def skipped_in_words(skipped: Mapping[str, str], most: int = 8) -> list[str]:
    """Return one sentence per reason for which attacks were skipped; each names up to ``most`` attacks.

    Examples
    --------
    >>> skipped_in_words({"lira": "no models", "my-attack": "no true classes", "rmia": "no models"})
    ['2 attacks were skipped: no models (lira, rmia)', 'my-attack was skipped: no true classes']
    """
    return [_one_reason(why, names, most) for why, names in skipped_by_reason(skipped).items()]


def _one_reason(why: str, names: list[str], most: int) -> str:
    if len(names) == 1:
        return f"{registered(names[0])} was skipped: {why}"
    return f"{len(names)} attacks were skipped: {why} ({listed(names, most)})"
