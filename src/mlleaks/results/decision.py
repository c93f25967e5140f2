"""Whether a model leaks, how plainly, and by which attack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np

from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.margin import FPR
from mlleaks.stats import intervals
from mlleaks.stats.clustered import clustered_area
from mlleaks.stats.contrasted import BEYOND, Contrasted
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.groups import by_person
from mlleaks.stats.metrics import roc
from mlleaks.stats.significance import TESTS

ALPHA = 0.05
"""A model that does not leak is called leaking in at most this share of audits."""
HIDDEN = 0.1
"""The level at which an attack that beats chance has to exceed its placebo, for a shift that is not shown.

It shows a leak without beating chance if it exceeds its placebo at `BEYOND`, and the difference is known
better than the AUC. ``benchmarks/shift.py`` measures how often both rules call a model leaking that does not.
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


def chance_level(result: AuditResult) -> float:
    """Return the level of the test of chance: half of `ALPHA` if some attacks have a placebo and others none.

    Attacks that have one are tested against it, too, and both tests share the error.
    """
    placebo = 0 if result.placebo is None else len(result.placebo.attacks)
    return ALPHA / 2 if 0 < placebo < len(result.verdicts) else ALPHA


def leaks(result: AuditResult) -> bool:
    """Return whether some attack finds more than chance and a difference of the sides explain.

    An attack has to do better than chance. If it has a placebo, it has to find more than against models that
    saw none of the records, too: a little more (`HIDDEN`), or clearly more (`BEYOND`) without beating chance.
    The latter counts where it is the sharper test (`compared`): records that are easy to classify are so for
    both models, and this error cancels.

    Where members and non-members differ by themselves (`shifted`), records that are alike are compared
    (`Placebo.weighted`). Without such weights, attacks have to beat chance, their placebo and a classifier
    that sees the records alone; in tables of answers, which have no records, the placebo is all there is.
    Without a placebo nothing is called a leak there.
    """
    return bool(_leaking(result))


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
    """Return the comparisons with a placebo that words and limits rest on; empty where there are none.

    Where the sides do not differ, these are of the attacks whose difference from the placebo is known more
    precisely than their AUC. People are too few for that.
    """
    if result.placebo is None:
        return {}
    if shifted(result):
        return result.placebo.attacks if result.blind is None else result.placebo.weighted
    if result.persons is not None:
        return {}
    aucs = result.joint_aucs
    return {
        attack: contrasted
        for attack, contrasted in result.placebo.attacks.items()
        if _width(contrasted.difference) < _width(aucs[attack])
    }


def _width(estimate: Estimate) -> float:
    return estimate.high - estimate.low


def _leaking(result: AuditResult) -> list[Verdict]:
    """Return the verdicts that show a leak.

    If some attack tells the sides the wrong way round, perhaps because they were swapped, records at one end
    of a ranking show none: then an AUC has to.
    """
    beyond = _beyond_all(result)
    return [v for v in beyond if _auc(result, v).low > 0.5] if reversed_attacks(result) else beyond


def _beyond_all(result: AuditResult) -> list[Verdict]:
    """Return the verdicts that find more than chance and a difference of the sides explain."""
    if shifted(result):
        against = compared(result)
        beyond = [v for v in result.verdicts if v.attack in against and against[v.attack].p_value <= BEYOND]
        return beyond if against else _beyond_records(result)
    placebo = {} if result.placebo is None else result.placebo.attacks
    sharper, least = compared(result), BEYOND * chance_level(result) / ALPHA
    by_chance = {v.attack for v in _significant(result)}

    def shows(attack: str) -> bool:
        if attack in sharper and sharper[attack].p_value <= least:
            return True
        return attack in by_chance and (attack not in placebo or placebo[attack].p_value <= HIDDEN)

    return [v for v in result.verdicts if shows(v.attack)]


def _beyond_records(result: AuditResult) -> list[Verdict]:
    """Return the attacks that exceed their placebo and a classifier that sees the records alone."""
    if result.blind is None or result.placebo is None:
        return []
    exceed = [a for a, contrasted in result.placebo.attacks.items() if contrasted.p_value <= ALPHA]
    limit = result.blind.auc.high
    return [v for v in _significant(result) if v.attack in exceed and _auc(result, v).low > limit]


def exceeding(result: AuditResult) -> list[str]:
    """Return the attacks whose AUC or TPR at 1 % FPR may reach the margin: one-sided 95 % intervals.

    All have to lie below, so none is corrected for their number. An AUC is what exceeds the placebo if
    that is known better (`compared`).
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
    auc = alone if against is None else 0.5 + against.upper(1 - ALPHA)
    tpr = intervals.tpr_at_fpr(decided, FPR).high  # its one-sided error reaches twice the nominal in jumps
    return auc < result.margin.auc and tpr < result.margin.tpr  # false for nan


def best(result: AuditResult) -> Verdict:
    """Return the verdict that the words are about.

    The one that was chosen beforehand, if it shows a leak and no other is clearly better: the intervals of
    the two AUCs, which hold together for all attacks, overlap. Else the highest AUC among the attacks that
    show a leak, or among all if none does.
    """
    leaking = _leaking(result)
    highest = max(leaking or result.verdicts, key=lambda v: v.estimates["auc"].value)
    for verdict in leaking:
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
    above the truth as easily as not. It is what exceeds the placebo if that is known better (`compared`).
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


def _significant(result: AuditResult) -> list[Verdict]:
    return [v for v in result.verdicts if result.p_values[v.attack] <= chance_level(result)]


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
    if result.p_values[best(result).attack] > ALPHA:
        return False
    p, level = best(result).p_values, ALPHA / len(result.verdicts) / len(TESTS)
    if min(p, key=lambda test: p[test]) not in tests:
        return False
    return p["ranking"] > level or strength(result).high < CLEAR
