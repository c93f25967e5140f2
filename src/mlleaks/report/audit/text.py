"""The verdict in plain words, and what a reader should be warned of."""

from __future__ import annotations

import math

from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.decision import (
    CLEAR,
    STRONG,
    best,
    finds_few,
    joint_level,
    leaks,
    reversed_attacks,
    sharpest,
    strength,
)
from mlleaks.stats import intervals
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import roc
from mlleaks.stats.rounding import rounded_down, rounded_up
from mlleaks.stats.significance import highest


def headline(result: AuditResult) -> str:
    """Return the verdict in one sentence."""
    if leaks(result):
        return _leak_in_words(result)
    if reversed_attacks(result):
        return "Members and non-members differ, but the wrong way round: check what was passed."
    return "No leak was found."


def _leak_in_words(result: AuditResult) -> str:
    """Return how strongly a model leaks: surely strongly, surely plainly, surely slightly, or unsure."""
    auc, whose = strength(result), "who was in its training set"
    if finds_few(result):
        but = ", though its answers to most tell little" if auc.high < CLEAR else ""
        return f"This model gives away some of its members{but}."
    if auc.low >= STRONG:
        return f"This model leaks strongly: its answers tell {whose}."
    if auc.low >= CLEAR:
        return f"This model leaks: its answers often tell {whose}."
    if auc.high >= CLEAR:
        return f"This model leaks, at least slightly: its answers tell something about {whose}."
    return f"This model leaks slightly: its answers tell a little about {whose}."


def sentences(result: AuditResult) -> list[str]:
    """Return what the headline rests on, one fact a sentence."""
    verdict = best(result)
    found = [_ranking(verdict), *_low_false_alarms(result, verdict), *_decision(sharpest(result))]
    if finds_few(result):
        found.insert(0, _few(result, verdict))
    if not leaks(result) and not reversed_attacks(result):
        found.append(_not_excluded(result))
    return [*found, *_overfitting(result)]


def warnings(result: AuditResult) -> list[str]:
    """Return what a reader should know before trusting the numbers: notes and odd findings."""
    return [
        *result.notes,
        *_label_beats_posteriors(result),
        *_odd_thresholds(result),
        *_reversed(result),
    ]


def _label_beats_posteriors(result: AuditResult) -> list[str]:
    gap = [v for v in result.verdicts if v.reads == "predicted class"]
    others = [v.estimates["auc"].value for v in result.verdicts if not v.uses_labels]
    if not gap or not others or gap[0].estimates["auc"].low <= max(*others, 0.5):
        return []
    return [
        "The plain fact that a record is classified correctly tells more than the posteriors: "
        "attacks on posteriors understate this model's leak."
    ]


def _odd_thresholds(result: AuditResult) -> list[str]:
    """Return a note on thresholds of adversary 3 that accuse nobody, or nearly everybody."""
    guessed = [v for v in result.verdicts if v.threshold_from == "random queries"]
    fpr = {v.attack: v.estimates["fpr"].value for v in guessed if not math.isnan(v.threshold)}
    nobody = [v.attack for v in guessed if v.attack in fpr and math.isnan(v.estimates["precision"].value)]
    nearly_all = [attack for attack, rate in fpr.items() if rate > 0.9]
    notes = []
    if nobody:
        notes.append(
            f"Nobody is accused at the threshold of {', '.join(nobody)}, so precision is undefined: the "
            "model is at least as sure of many random queries as of any record. The AUC still counts."
        )
    if nearly_all:
        notes.append(
            f"Nearly everybody is accused at the threshold of {', '.join(nearly_all)}: the model is less "
            "sure of random queries than of almost any record. The AUC still counts."
        )
    return notes


def _reversed(result: AuditResult) -> list[str]:
    if not (names := reversed_attacks(result)):
        return []
    return [
        f"Non-members look more like training records than the members do ({', '.join(names)}). Were "
        "the two swapped, or do they come from different sources? If neither, a shadow that does not "
        "resemble the target can do this to an attack that was learned from one."
    ]


def percent(value: float) -> str:
    """Return a share for people.

    Examples
    --------
    >>> percent(0.9134), percent(1), percent(0.9999), percent(0.0001), percent(float("nan"))
    ('91.3 %', '100.0 %', '> 99.9 %', '< 0.1 %', 'undefined')
    """
    if math.isnan(value):
        return "undefined"
    if 0.9995 <= value < 1:
        return "> 99.9 %"
    return "< 0.1 %" if 0 < value < 0.0005 else f"{100 * value:.1f} %"


def interval(e: Estimate) -> str:
    """Return an estimate of a share with its interval, for people.

    Examples
    --------
    >>> interval(Estimate(0.91, 0.89, 0.92, "exact"))
    '91.0 % (95 % interval 89.0 % to 92.0 %)'
    >>> interval(Estimate(0.91, 0.8899, 0.9201, "exact"))  # rounded outward
    '91.0 % (95 % interval 88.9 % to 92.1 %)'
    """
    if math.isnan(e.low):
        return percent(e.value)
    low, high = rounded_down(100 * e.low, 1), rounded_up(100 * e.high, 1)
    return f"{percent(e.value)} (95 % interval {low} % to {high} %)"


def _not_excluded(result: AuditResult) -> str:
    """Return up to which AUC and TPR leaks stay possible where none was found.

    An attack's two upper limits fail with a chance of ``ALPHA / (2 * attacks)`` each (`joint_level` splits
    its error between two ends), so that all of them together hold with 95 %.
    """
    fpr, level = max(0.01, result.smallest_fpr), joint_level(result)
    curves = [roc(result.member, v.scores) for v in result.verdicts]
    rate = max(intervals.tpr_at_fpr(curve, fpr, level).high for curve in curves)
    auc = max(intervals.auc(result.member, v.scores, level).high for v in result.verdicts)
    return (
        f"No attack did better than luck would ({len(result.verdicts)} tried, 5 % level for all together). "
        f"A leak that these attacks would see as an AUC up to {rounded_up(auc, 2)}, or as up to "
        f"{rounded_up(100 * rate, 1)} % of the members found at {percent(fpr)} FPR, cannot be excluded; a "
        "larger one can, with 95 % confidence for all attacks together. A leak of fewer records, or one that "
        "only other attacks see, is not bounded by this."
    )


def _few(result: AuditResult, verdict: Verdict) -> str:
    found, drawn = highest(result.member, verdict.scores)
    return (
        f"Of the {drawn} highest scores {found} are those of members, where luck would give "
        f"{drawn * result.member.mean():.1f}."
    )


def _ranking(verdict: Verdict) -> str:
    return (
        f"Shown one member and one non-member, the best attack ({verdict.title}) picks the member "
        f"in {interval(verdict.estimates['auc'])} of cases; a guess in 50 %."
    )


def _low_false_alarms(result: AuditResult, verdict: Verdict) -> list[str]:
    e = verdict.estimates["tpr@1%fpr"]
    smallest = result.smallest_fpr
    least = percent(smallest) if smallest >= 0.0005 else f"{100 * smallest:.1g} %"
    limit = f"false-alarm rates below {least} cannot be measured"
    if math.isnan(e.value):
        return [f"With {result.n_nonmembers} non-members, {limit}."]
    return [
        f"Allowed to accuse 1 % of the non-members, it finds {interval(e)} of the members; with "
        f"{result.n_nonmembers:,} non-members, {limit}."
    ]


def _decision(verdict: Verdict) -> list[str]:
    recall, fpr = verdict.estimates["recall"], verdict.estimates["fpr"]
    if math.isnan(recall.value):
        return []
    return [
        f"At the threshold that its attacker would choose, {verdict.attack} accuses "
        f"{percent(recall.value)} of the members and {percent(fpr.value)} of the others."
    ]


def _overfitting(result: AuditResult) -> list[str]:
    if not result.target:
        return []
    train, test = result.target["train_accuracy"], result.target["test_accuracy"]
    return [
        f"The model is right on {percent(train.value)} of its training records and on "
        f"{percent(test.value)} of the others."
    ]
