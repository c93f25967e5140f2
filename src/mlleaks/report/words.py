"""The verdict in plain words, and what a reader should be warned of."""

from __future__ import annotations

import math

import numpy as np

from mlleaks import intervals
from mlleaks.significance import TAIL, holm
from mlleaks.types import Estimate, Result, Verdict

ALPHA = 0.05
"""A model that does not leak is called leaking in at most this share of audits."""

STRONG, CLEAR = 0.75, 0.6
"""From these AUCs on a leak is called strong, or plain; below, slight."""


def leaks(result: Result) -> bool:
    """Return whether some attack does better than luck, corrected for the number of attacks."""
    return bool(_significant(result))


def best(result: Result) -> Verdict:
    """Return the verdict that the words are about.

    The highest AUC among the attacks that beat luck, or among all if none does.
    """
    return max(_significant(result) or result.verdicts, key=lambda v: v.estimates["auc"].value)


def sharpest(result: Result) -> Verdict:
    """Return the verdict whose own threshold has the highest advantage."""
    return max(result.verdicts, key=lambda v: np.nan_to_num(v.estimates["advantage"].value, nan=-2))


def headline(result: Result) -> str:
    """Return the verdict in one sentence."""
    if not leaks(result):
        return "No leak was found."
    value = best(result).estimates["auc"].value
    if _of_few(result):
        return "This model gives away some of its members, though its answers to most tell nothing."
    if value >= STRONG:
        return "This model leaks strongly: its answers tell who was in its training set."
    if value >= CLEAR:
        return "This model leaks: its answers often tell who was in its training set."
    return "This model leaks slightly: its answers tell a little about who was in its training set."


def sentences(result: Result) -> list[str]:
    """Return what the headline rests on, one fact a sentence."""
    verdict = best(result)
    found = [_ranking(verdict), *_low_false_alarms(result, verdict), *_decision(sharpest(result))]
    if _of_few(result):
        found.insert(0, _few(result, verdict))
    if not leaks(result):
        highest = max(v.estimates["auc"].high for v in result.verdicts)
        found.append(
            f"No attack did better than luck would ({len(result.verdicts)} tried, {ALPHA:.0%} level "
            f"for all together). A leak that these attacks would see as an AUC up to {highest:.2f} "
            "cannot be excluded; a leak of a few records, or one that only other attacks see, is not "
            "bounded by this."
        )
    return [*found, *_overfitting(result)]


def warnings(result: Result) -> list[str]:
    """Return what a reader should know before trusting the numbers: notes and odd findings."""
    names = {v.attack: v for v in result.verdicts}
    found = list(result.notes)
    gap = names.get("label-gap")
    others = [v.estimates["auc"] for v in result.verdicts if v is not gap]
    if gap is not None and others and gap.estimates["auc"].low > max(e.value for e in others):
        found.append(
            "The plain fact that a record is classified correctly tells more than the posteriors: "
            "attacks on posteriors understate this model's leak."
        )
    found += [
        f"{v.title}: no record lies above the threshold, so precision is undefined. The answers to "
        "random queries reach the statistic's highest value."
        for v in result.verdicts
        if not math.isnan(v.threshold) and math.isnan(v.estimates["precision"].value)
    ]
    if reversed_ := [v.attack for v in result.verdicts if _is_reversed(v, result)]:
        found.append(
            f"Members look less like members than the others do ({', '.join(reversed_)}). Were the "
            "two swapped, or do they come from different sources? If neither, a shadow that does not "
            "resemble the target can do this to adversary 1."
        )
    return found


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
    """
    return f"{percent(e.value)} (95 % interval {percent(e.low)} to {percent(e.high)})"


def _significant(result: Result) -> list[Verdict]:
    corrected = holm([v.p_value for v in result.verdicts])
    return [v for v, p in zip(result.verdicts, corrected, strict=True) if p < ALPHA]


def _of_few(result: Result) -> bool:
    """Return whether a leak was found, but the best attack's mean ranking does not show it."""
    return leaks(result) and best(result).estimates["auc"].low <= 0.5


def _few(result: Result, verdict: Verdict) -> str:
    top = np.sort(verdict.scores)[::-1][max(1, int(TAIL * len(verdict.scores))) - 1]
    highest = verdict.scores >= top
    found, expected = int(result.member[highest].sum()), highest.sum() * result.member.mean()
    return (
        f"Of the {int(highest.sum())} records with the highest scores {found} are members, "
        f"where luck would give {expected:.0f}."
    )


def _is_reversed(verdict: Verdict, result: Result) -> bool:
    """Return whether the AUC lies below 0.5, corrected for the number of attacks."""
    level = 1 - ALPHA / len(result.verdicts)
    return intervals.auc(result.member, verdict.scores, level).high < 0.5


def _ranking(verdict: Verdict) -> str:
    return (
        f"Shown one member and one non-member, the best attack ({verdict.title}) picks the member "
        f"in {interval(verdict.estimates['auc'])} of cases; a guess picks it in 50 %."
    )


def _low_false_alarms(result: Result, verdict: Verdict) -> list[str]:
    e = verdict.estimates["tpr@1%fpr"]
    if math.isnan(e.value):
        return [
            f"With {result.n_nonmembers} non-members, false-alarm rates below "
            f"{percent(result.smallest_fpr)} cannot be measured."
        ]
    return [f"Allowed to accuse 1 % of the non-members, it finds {interval(e)} of the members."]


def _decision(verdict: Verdict) -> list[str]:
    recall, fpr = verdict.estimates["recall"], verdict.estimates["fpr"]
    if math.isnan(recall.value):
        return []
    return [
        f"At a threshold that the attacker chose herself, {verdict.attack} accuses "
        f"{percent(recall.value)} of the members and {percent(fpr.value)} of the others."
    ]


def _overfitting(result: Result) -> list[str]:
    if not result.target:
        return []
    train, test = result.target["train_accuracy"], result.target["test_accuracy"]
    return [
        f"The model is right on {percent(train.value)} of its training records and on "
        f"{percent(test.value)} of the others."
    ]
