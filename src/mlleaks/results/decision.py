"""Whether a model leaks, how plainly, and by which attack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np

from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.margin import FPR
from mlleaks.stats import intervals
from mlleaks.stats.clustered import clustered_area
from mlleaks.stats.contrasts import Contrasted
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.groups import by_person
from mlleaks.stats.metrics import roc
from mlleaks.stats.significance import TESTS

ALPHA = 0.05
"""A model that does not leak is called leaking in at most this share of audits."""
HIDDEN = 0.15
"""The level at which an attack has to exceed its placebo where no shift is shown, though there may be one.

Simulated with shifts that half of the audits show, at levels of 0.1 and 0.2: at most 4.0 % and 6.7 % were
called a leak; leaks of 2 to 5 % of the members were detected in 67 to 81 % and 85 to 93 % of the audits
that detect them without a placebo.
"""
SHIFT = 0.55
"""The sides differ much if the lower end of an AUC without any membership in it reaches this."""
ONE_SIDED = 1 - 2 * ALPHA
"""The level of a two-sided interval whose upper end holds with 95 %."""
STRONG, CLEAR = 0.75, 0.6
"""A leak is called strong, or plain, if the lower end of its AUC's interval reaches these; see `strength`."""

Outcome: TypeAlias = Literal["leaks", "no detectable leak", "undecided"]
LEAKS: Outcome = "leaks"
CLEAN: Outcome = "no detectable leak"
UNDECIDED: Outcome = "undecided"


def verdict(result: AuditResult) -> Outcome:
    """Return whether the model leaks, whether it has no leak that matters, or that neither is shown.

    *Leaks*: see `leaks`. *No detectable leak*: the upper end of every attack's AUC and TPR at 1 % FPR lies
    below the margin (`exceeding`). Each of the two is wrong in at most 5 % of audits.
    """
    if leaks(result):
        return LEAKS
    clean = not exceeding(result) and not reversed_attacks(result) and not beats_chance(result)
    return CLEAN if clean else UNDECIDED


def beats_chance(result: AuditResult) -> bool:
    """Return whether some attack does better than chance, corrected for the number of attacks.

    If members and non-members differ by themselves, an attack may have found nothing else.
    """
    return bool(_significant(result))


def leaks(result: AuditResult) -> bool:
    """Return whether some attack does better than chance, and than a difference of the sides explains.

    An attack that has a placebo has to exceed it in any case, at a level of `HIDDEN` if no shift is shown: a
    difference may be too small for the tests of a shift, and enough for those of a leak.

    Where members and non-members differ by themselves (`shifted`), the attacks have to do better than against
    models that saw none of the records, among records that are alike (`Placebo.weighted`). Without such
    weights they have to do better than against these models among all records, and than a classifier that
    sees the records alone. Without such models nothing is called a leak.
    """
    if not beats_chance(result):
        return False
    return _beyond_shift(result) if shifted(result) else bool(_beyond_placebo(result, HIDDEN))


def shifted(result: AuditResult) -> bool:
    """Return whether members and non-members differ by themselves, to a blind check or to the placebo."""
    return differs(result) or (result.placebo is not None and result.placebo.differs)


def differs(result: AuditResult) -> bool:
    """Return whether members and non-members differ by themselves, as far as a blind check sees."""
    return result.blind is not None and result.blind.differs


def differs_much(result: AuditResult) -> bool:
    """Return whether they differ so much that the first line of a report has to say it."""
    placebo = {} if result.placebo is None else result.placebo.attacks
    ends = [c.placebo.low for c in placebo.values()] if shifted(result) else []
    if differs(result) and result.blind is not None:
        ends.append(result.blind.auc.low)
    return any(end >= SHIFT for end in ends)


def compared(result: AuditResult) -> Mapping[str, Contrasted]:
    """Return the comparisons with a placebo that the verdict rests on; empty without a shift."""
    if not shifted(result) or result.placebo is None:
        return {}
    return result.placebo.weighted or ({} if result.blind is not None else result.placebo.attacks)


def _beyond_shift(result: AuditResult) -> bool:
    if against := compared(result):
        return any(contrasted.p_value <= ALPHA for contrasted in against.values())
    if result.blind is None or result.placebo is None:
        return False
    compared_with = [v for v in _beyond_placebo(result, ALPHA) if v.attack in result.placebo.attacks]
    return any(_auc(result, v).low > result.blind.auc.high for v in compared_with)


def _beyond_placebo(result: AuditResult, level: float) -> list[Verdict]:
    """Return the attacks that beat chance and, at this level, their placebo if they have one."""
    placebo = {} if result.placebo is None else result.placebo.attacks
    return [v for v in _significant(result) if v.attack not in placebo or placebo[v.attack].p_value <= level]


def exceeding(result: AuditResult) -> list[str]:
    """Return the attacks whose AUC or TPR at 1 % FPR may reach the margin: one-sided 95 % intervals.

    All have to lie below, so none is corrected for their number. Where the sides differ by themselves, an
    AUC's upper end is that beyond the shift.
    """
    return [v.attack for v in result.verdicts if not _below_margin(result, v.attack)]


def _below_margin(result: AuditResult, attack: str) -> bool:
    curve, against = result.curves[attack], compared(result).get(attack)
    if shifted(result) and against is None:
        return False
    code = result.person_codes
    if code is None:
        alone, decided = intervals.area(curve, ONE_SIDED).high, curve
    else:
        people = by_person(result.member, result.verdict(attack).scores, code)
        alone, decided = clustered_area(curve, code, ONE_SIDED).high, roc(people.member, people.scores)
    auc = alone if against is None else 0.5 + against.difference.high
    tpr = intervals.tpr_at_fpr(decided, FPR).high  # its one-sided error reaches twice the nominal in jumps
    return auc < result.margin.auc and tpr < result.margin.tpr  # false for nan


def best(result: AuditResult) -> Verdict:
    """Return the verdict that the words are about.

    The one that was chosen beforehand, if it beats chance and no other is clearly better: the intervals of
    the two AUCs, which hold together for all attacks, overlap. Else the highest AUC among the attacks that
    beat chance, or among all if none does.
    """
    significant = _leaking(result)
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
    above the truth as easily as not. Where the sides differ by themselves, it is what exceeds the placebo.
    """
    attack, against = best(result), compared(result)
    if attack.attack not in against:
        return _auc(result, attack)
    d = against[attack.attack].difference
    low, value, high = (float(np.clip(0.5 + end, 0, 1)) for end in (d.low, d.value, d.high))
    return Estimate(value, low, high, d.method)


def severity(result: AuditResult) -> str:
    """Return how alarming the verdict is: ``leaks``, ``doubt`` (slight, odd or undecided) or ``clean``."""
    if not leaks(result):
        return "clean" if verdict(result) == CLEAN else "doubt"
    return "leaks" if finds_few(result) or strength(result).low >= CLEAR else "doubt"


def reversed_attacks(result: AuditResult) -> list[str]:
    """Return the attacks whose AUC lies below 0.5, corrected for the number of attacks."""
    low = (v for v in result.verdicts if v.estimates["auc"].high < 0.5)
    return [v.attack for v in low if _auc(result, v).high < 0.5]


def _auc(result: AuditResult, verdict: Verdict) -> Estimate:
    """Return an attack's AUC with an interval that holds together with those of all other attacks."""
    return result.joint_aucs[verdict.attack]


def _leaking(result: AuditResult) -> list[Verdict]:
    """Return the verdicts that show a leak; where the sides differ, those that exceed the placebo."""
    against = compared(result)
    beyond = [v for v in _significant(result) if v.attack in against and against[v.attack].p_value <= ALPHA]
    return beyond or _beyond_placebo(result, ALPHA if shifted(result) else HIDDEN) or _significant(result)


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
    if not leaks(result) or shifted(result):
        return False
    p, level = best(result).p_values, ALPHA / len(result.verdicts) / len(TESTS)
    if min(p, key=lambda test: p[test]) not in tests:
        return False
    return p["ranking"] > level or strength(result).high < CLEAR
