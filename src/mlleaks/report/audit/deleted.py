"""Whether deleted records were forgotten, in words."""

from __future__ import annotations

from mlleaks.report.audit.figures import interval
from mlleaks.results.audit import AuditResult
from mlleaks.results.decision import best, leaks

CANNOT_TELL = (
    "Records that the model was never trained on look the same as forgotten ones: this check cannot tell "
    "whether the deleted records were members before."
)


def deleted_sentences(result: AuditResult) -> list[str]:
    """Return whether deleted records are still answered like members; none if there were no such records."""
    erasure = result.erasure
    if erasure is None or result.deleted is None:
        return []
    attack = erasure.shown(best(result).attack)
    figures = (
        f"Of a deleted record and a non-member, {attack} picks the deleted one in "
        f"{interval(erasure.aucs[attack])} of cases; of a member and a non-member, the member in "
        f"{interval(result.joint_aucs[attack])}. Guessing would do so in 50 %."
    )
    return [f"{_finding(result)} {figures}"]


def _finding(result: AuditResult) -> str:
    erasure = result.erasure
    assert erasure is not None
    if erasure.remembered:
        return "Deleted records are not forgotten: they are still answered like members, at least in part."
    if erasure.reversed:
        return (
            "Deleted records are answered even less like members than non-members are: the deletion itself "
            "may give them away."
        )
    if leaks(result):
        return "Deleted records are answered like non-members, as far as these attacks see."
    return (
        "No attack finds members here, so this audit cannot say whether deleted records are forgotten: no "
        "attack finds these, either."
    )


def deleted_notes(result: AuditResult) -> list[str]:
    """Return what to know before relying on the comparison."""
    if result.deleted is None:
        return []
    check = result.deleted.blind
    notes = [CANNOT_TELL]
    if check is None or check.why_not is not None:
        return notes
    if check.differs:
        return [
            "Deleted records and non-members differ by themselves: a classifier that sees the records alone "
            f"picks the deleted one of a pair in {interval(check.auc)} of cases. What the attacks find may "
            "be this difference.",
            *notes,
        ]
    return [
        "A classifier that sees the records alone cannot tell deleted records from non-members: as far as it "
        "sees, the comparison is fair.",
        *notes,
    ]


def erased_first(result: AuditResult) -> list[str]:
    """Return the attacks, the one that the words are about first, then by the AUC of deleted records."""
    erasure = result.erasure
    if erasure is None:
        return []
    shown = erasure.shown(best(result).attack)
    return sorted(erasure.aucs, key=lambda name: (name != shown, -erasure.aucs[name].value))
