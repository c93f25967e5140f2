"""Who can be named, in words."""

from __future__ import annotations

from mlleaks.report.attack_names import named
from mlleaks.report.audit.figures import interval, percent
from mlleaks.results import decision
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.exposure import NamedMembers, exposure_of
from mlleaks.stats.chosen_list import CHOOSING
from mlleaks.stats.cutoffs import LEVEL, PRIORS

_PRIORS = {
    0.5: "half of an attacker's candidates are members",
    0.1: "one in ten of an attacker's candidates is a member",
}
_AT_MOST = f"at most {100 * LEVEL:.0f} % false names"


def naming_facts(result: AuditResult) -> list[str]:
    """Return what an attacker can say of single records, one fact per prior, and what that rests on."""
    facts = [_fact(result, prior) for prior in PRIORS]
    if not exposure_of(result).enough():
        return facts
    facts.append(_rests_on(exposure_of(result).named_members()))
    if result.persons is not None:
        facts.append(
            "The list names records, not people. Records of one person resemble each other, so it may hold a "
            "few more false names than it says."
        )
    if decision.differs(result):
        facts.append(
            "Here members and non-members differ by themselves. So the lists may hold more false names than "
            "they say: a non-member that resembles the members is named, too."
        )
    return facts


def naming_sentence(result: AuditResult) -> list[str]:
    """Return the sentence for the summary, if the model leaks and members can be named by it."""
    if not decision.leaks(result) or decision.differs_much(result) or not exposure_of(result).enough():
        return []
    return [_fact(result, PRIORS[0])] if len(exposure_of(result).named_members().ids) else []


def naming_verdict(result: AuditResult, otherwise: Verdict) -> Verdict:
    """Return the verdict whose scores name records; where nobody can be named, ``otherwise``."""
    if not exposure_of(result).enough():
        return otherwise
    listed = exposure_of(result).named_members()
    return result.verdict(listed.attack) if len(listed.ids) else otherwise


def _fact(result: AuditResult, prior: float) -> str:
    """Return how many members can be named at one prior, or how many non-members that would take."""
    exposure = exposure_of(result)
    if not exposure.enough(prior=prior):
        return (
            f"If {_PRIORS[prior]}: to say who can be named, this audit would need at least "
            f"{exposure.nonmembers_needed(prior=prior):,} non-members; it has {result.n_nonmembers:,}."
        )
    listed = exposure.named_members(prior=prior)
    if not len(listed.ids):
        return f"If {_PRIORS[prior]}, no member can be named with {_AT_MOST}."
    return (
        f"If {_PRIORS[prior]}, {len(listed.ids):,} of the {result.n_members:,} members "
        f"({percent(listed.share.value)}) can be named with {_AT_MOST} on average, by the scores of "
        f"{named(result.verdict(listed.attack))}. In this list {interval(listed.fdp)} of the names are false."
    )


def _rests_on(listed: NamedMembers) -> str:
    """Return how the attack was chosen, and what has to be true of the non-members."""
    how = (
        "The attack was chosen before any figure was computed"
        if listed.beforehand
        else f"A random {100 * CHOOSING:.0f} % of the non-members chose the attack; the others made the list"
    )
    return (
        f"{how}. The limit on false names holds if the candidates who are no members were drawn as the "
        "audit's non-members were."
    )
