"""Whether the comparison of members with non-members is fair, in words."""

from __future__ import annotations

from mlleaks.report.audit.figures import interval
from mlleaks.results.audit import AuditResult
from mlleaks.results.blind_check import BlindCheck, FeatureShift
from mlleaks.results.decision import differs

SHIFTED = "Members and non-members differ by themselves."
UNFAIR = f"Undecided: {SHIFTED[0].lower()}{SHIFTED[1:-1]}, and what the attacks find may be this difference."
MASKED = f"Undecided: {SHIFTED[0].lower()}{SHIFTED[1:]} No leak was found, but this difference may hide one."
UNCLEAR = (
    "Undecided: what the attacks find, they nearly find against models that saw none of the records, too. It "
    "may be a difference between members and non-members."
)


def fairness_sentences(result: AuditResult) -> list[str]:
    """Return what the blind check found, one fact per sentence; none if there was no check."""
    check = result.blind
    if check is None:
        return []
    if check.why_not is not None:
        return [f"Whether members and non-members differ by themselves was not checked: {check.why_not}"]
    ability = "can" if check.differs else "cannot"
    facts = [
        f"A classifier that sees the records alone, not the model, {ability} tell members from non-members: "
        f"of a member and a non-member it picks the member in {interval(check.auc)} of cases. Guessing would "
        "do so in 50 %."
    ]
    if check.differs:
        facts.append(f"The sides differ most in {_listed(check.features)}.")
    return [*facts, *_duplicates(check), *check.notes]


def fairness_warnings(result: AuditResult) -> list[str]:
    """Return a warning if the sides differ, with what to do about it."""
    if not differs(result):
        return []
    assert result.blind is not None
    return [
        f"{SHIFTED} A classifier that sees the records alone picks the member of a pair in "
        f"{interval(result.blind.auc)} of cases. Audit with non-members that were drawn as the members were, "
        "for example by a random split before training."
    ]


def _listed(features: tuple[FeatureShift, ...]) -> str:
    names = dict.fromkeys(f"{_named(feature.feature)} ({feature.quantity})" for feature in features)
    return ", ".join(names) or "no single feature"


def _named(feature: str) -> str:
    return f"feature {feature}" if feature.isdecimal() else feature


def _duplicates(check: BlindCheck) -> list[str]:
    pairs = check.duplicates.near_across
    if not pairs:
        return []
    first, second = check.duplicates.near_examples[0]
    several = f"{pairs:,} pairs of a member and a non-member are nearly the same record"
    which = "A member and a non-member are nearly the same record" if pairs == 1 else several
    return [
        f"{which} ({first} and {second}{'' if pairs == 1 else ' are the nearest'}). An attack cannot "
        "distinguish these, so it looks weaker than it is."
    ]
