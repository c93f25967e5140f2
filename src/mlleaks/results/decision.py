"""Whether a model leaks, how plainly, and by which attack."""

from __future__ import annotations

import numpy as np

from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.significance import TESTS

ALPHA = 0.05
"""A model that does not leak is called leaking in at most this share of audits."""


SHIFT = 0.55
"""The sides differ much if the lower end of a blind classifier's AUC reaches this."""
STRONG, CLEAR = 0.75, 0.6
"""A leak is called strong, or plain, if the lower end of its AUC's interval reaches these; see `strength`."""


def leaks(result: AuditResult) -> bool:
    """Return whether some attack does better than chance, corrected for the number of attacks."""
    return bool(_significant(result))


def differs(result: AuditResult) -> bool:
    """Return whether members and non-members differ by themselves, as far as a blind check sees."""
    return result.blind is not None and result.blind.differs


def differs_much(result: AuditResult) -> bool:
    """Return whether they differ so much that the attacks may have found nothing else."""
    return differs(result) and result.blind is not None and result.blind.auc.low >= SHIFT


def best(result: AuditResult) -> Verdict:
    """Return the verdict that the words are about.

    The one that was chosen beforehand, if it beats chance and no other is clearly better: the intervals of
    the two AUCs, which hold together for all attacks, overlap. Else the highest AUC among the attacks that
    beat chance, or among all if none does.
    """
    significant = _significant(result)
    highest = max(significant or result.verdicts, key=lambda v: v.estimates["auc"].value)
    for verdict in significant:
        if verdict.attack == result.headline and _auc(result, verdict).high >= _auc(result, highest).low:
            return verdict
    return highest


def chosen_beforehand(result: AuditResult) -> bool:
    """Return whether the words are about an attack that was chosen before any figure was computed."""
    return best(result).attack == result.headline


def sharpest(result: AuditResult) -> Verdict:
    """Return the verdict whose own threshold has the highest advantage."""
    return max(result.verdicts, key=lambda v: np.nan_to_num(v.estimates["advantage"].value, nan=-2))


def strength(result: AuditResult) -> Estimate:
    """Return the AUC of the `best` attack with an interval that allows for its choice among all.

    Words go by its ends, not by the value: of few records, or as the best of many attacks, a value lies
    above the truth as easily as not.
    """
    return _auc(result, best(result))


def severity(result: AuditResult) -> str:
    """Return how alarming the verdict is: ``leaks``, ``doubt`` (perhaps slight, or odd) or ``clean``."""
    if not leaks(result):
        return "doubt" if reversed_attacks(result) else "clean"
    if differs_much(result):
        return "doubt"
    return "leaks" if finds_few(result) or strength(result).low >= CLEAR else "doubt"


def reversed_attacks(result: AuditResult) -> list[str]:
    """Return the attacks whose AUC lies below 0.5, corrected for the number of attacks."""
    low = (v for v in result.verdicts if v.estimates["auc"].high < 0.5)
    return [v.attack for v in low if _auc(result, v).high < 0.5]


def _auc(result: AuditResult, verdict: Verdict) -> Estimate:
    """Return an attack's AUC with an interval that holds together with those of all other attacks."""
    return result.joint_aucs[verdict.attack]


def _significant(result: AuditResult) -> list[Verdict]:
    return [v for v in result.verdicts if result.p_values[v.attack] <= ALPHA]


def joint_level(result: AuditResult) -> float:
    """Return the level at which the intervals of all attacks hold together (Bonferroni)."""
    return 1 - ALPHA / len(result.verdicts)


def finds_few(result: AuditResult) -> bool:
    """Return whether the best attack beats chance by its highest scores, and on the whole not or slightly."""
    return _shows_at_an_end(result, ("tail", "lead"))


def rules_out_few(result: AuditResult) -> bool:
    """Return whether the best attack beats chance by its lowest scores, and on the whole not or slightly."""
    return _shows_at_an_end(result, ("bottom",))


def _shows_at_an_end(result: AuditResult, tests: tuple[str, ...]) -> bool:
    if not leaks(result):
        return False
    p, level = best(result).p_values, ALPHA / len(result.verdicts) / len(TESTS)
    if min(p, key=lambda test: p[test]) not in tests:
        return False
    return p["ranking"] > level or strength(result).high < CLEAR
