"""What the scores refute of differential privacy, in words."""

from __future__ import annotations

from mlleaks.report.attack_names import named
from mlleaks.results import decision
from mlleaks.results.audit import AuditResult
from mlleaks.results.exposure import DELTA, exposure_of
from mlleaks.stats.attack_choice import CHOOSING
from mlleaks.stats.refuting import EpsilonBound
from mlleaks.stats.rounding import rounded_down

ASSUMPTION = (
    "This assumes that members' scores are independent draws from one distribution, and non-members' from "
    "another, as if each record had its own training. The records of one model depend on each other "
    "somewhat. So read the bound as an estimate, not as a proof. A proof takes records whose membership was "
    "decided by coins before training."
)


def epsilon_facts(result: AuditResult, delta: float = DELTA) -> list[str]:
    """Return the bound on epsilon, how its attack was chosen, and what it assumes, one fact each.

    Raises
    ------
    InputError
        Delta is outside [0, 1).
    """
    exposure = exposure_of(result)
    if not exposure.beforehand and min(result.units) < 2:
        of = "members and two non-members" if result.persons is None else "people on each side"
        return [f"A bound on epsilon takes at least two {of}."]
    bound = exposure.epsilon(delta=delta)
    how = (
        "The attack was chosen before any figure was computed."
        if exposure.beforehand
        else f"A random {100 * CHOOSING:.0f} % of the records chose the attack; the others made the bound."
    )
    facts = [epsilon_sentence(result, bound), how, ASSUMPTION]
    if result.persons is not None:
        facts.append(
            "It is the epsilon of whole people: each one's records count together, by their mean score."
        )
    if decision.differs(result):
        facts.append(
            "Here members and non-members differ by themselves, so the bound measures this difference, too."
        )
    return facts


def epsilon_sentence(result: AuditResult, bound: EpsilonBound) -> str:
    """Return the bound in one sentence."""
    attack, least = named(result.verdict(bound.attack)), rounded_down(bound.epsilon, 2)
    at = f"delta = {bound.delta:g}"
    if not float(least):
        return (
            f"At {at} the scores of {attack} refute no epsilon: the bound is 0. That does not mean that the "
            "training is private."
        )
    return (
        f"With {100 * bound.level:g} % confidence epsilon is at least {least} at {at}, by the scores of "
        f"{attack}. A training with a guarantee of less would let no attack do so well."
    )
