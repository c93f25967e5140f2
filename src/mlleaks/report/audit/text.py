"""The finding in plain words, and what a reader should know before relying on it."""

from __future__ import annotations

import math

from mlleaks.report.attack_names import listed, named
from mlleaks.report.audit.canaries import canary_headline
from mlleaks.report.audit.certainty import certainty_sentences, clean_headline, detectable_sentences
from mlleaks.report.audit.fairness import MASKED, SHIFTED, UNCLEAR, UNFAIR, fairness_warnings
from mlleaks.report.audit.figures import interval, percent
from mlleaks.report.audit.naming import naming_sentence
from mlleaks.report.audit.people_text import people_sentences
from mlleaks.report.audit.placebo import placebo_sentence, shift_sentence, shift_size
from mlleaks.report.audit.plan import plan_warnings
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.decision import (
    CLEAR,
    STRONG,
    beats_chance,
    best,
    chosen_beforehand,
    differs_much,
    finds_few,
    joint_level,
    leaks,
    reversed_attacks,
    rules_out_few,
    sharpest,
    shifted,
    strength,
)
from mlleaks.stats.significance import highest, lowest
from mlleaks.stats.strictest import strictest_cut

BEST, CHOSEN = "best attack", "attack chosen beforehand"


def headline(result: AuditResult) -> str:
    """Return the finding in one sentence."""
    if result.canaries is not None and result.canaries.alone:
        return canary_headline(result.canaries)
    if leaks(result):
        leak = _leak_headline(result)
        beyond = f" Beyond that: {leak[0].lower()}{leak[1:]}"
        return f"{SHIFTED}{shift_size(result)}{beyond}" if differs_much(result) else leak
    if shifted(result) and (beats_chance(result) or reversed_attacks(result) or differs_much(result)):
        return f"{UNFAIR if beats_chance(result) else MASKED}{shift_size(result)}"
    if beats_chance(result):
        return UNCLEAR
    if reversed_attacks(result):
        return (
            "Members and non-members differ in the wrong direction: check which records were passed as which."
        )
    return clean_headline(result)


def _leak_headline(result: AuditResult) -> str:
    """Return how much a model leaks; the ends of the AUC's interval decide, not its value."""
    auc, whose = strength(result), "who was in its training set"
    if finds_few(result):
        but = ", but tells little about most of them" if auc.high < CLEAR else ""
        return f"This model gives away some of its members{but}."
    if rules_out_few(result):
        rest = ", and little about the rest" if auc.high < CLEAR else ""
        return f"This model gives away some records that it was not trained on{rest}."
    if auc.low >= STRONG:
        return f"This model leaks strongly: its answers tell {whose}."
    if auc.low >= CLEAR:
        return f"This model leaks: its answers often tell {whose}."
    if auc.high >= CLEAR:
        return f"This model leaks, at least slightly: its answers tell something about {whose}."
    return f"This model leaks slightly: its answers tell a little about {whose}."


def sentences(result: AuditResult) -> list[str]:
    """Return the facts behind the headline, one per entry."""
    verdict = best(result)
    ranking = [_ranking(result, verdict), *placebo_sentence(result, verdict)]
    facts = [*ranking, *_few_false_alarms(result, verdict), *_threshold(sharpest(result))]
    facts += naming_sentence(result)
    if finds_few(result):
        facts.insert(0, _highest_scores(result, verdict))
    if rules_out_few(result):
        facts.insert(0, _lowest_scores(result, verdict))
    facts += detectable_sentences(result) if reversed_attacks(result) else certainty_sentences(result)
    return [*shift_sentence(result), *facts, *_overfitting(result)]


def warnings(result: AuditResult) -> list[str]:
    """Return what a reader should know before relying on the numbers: notes and odd findings."""
    return [
        *fairness_warnings(result),
        *plan_warnings(result),
        *result.notes,
        *_label_beats_posteriors(result),
        *_odd_thresholds(result),
        *_reversed(result),
    ]


def _label_beats_posteriors(result: AuditResult) -> list[str]:
    """Return a note if the gap attack beats all attacks that look at posteriors."""
    gap = [v for v in result.verdicts if v.reads == "predicted class" and v.threshold_from == "definition"]
    reading = [v for v in result.verdicts if v.reads == "posteriors"]
    unlabelled = [v.estimates["auc"].value for v in reading if not v.uses_labels]
    if not gap or not unlabelled or gap[0].estimates["auc"].low <= max(*unlabelled, 0.5):
        return []
    if gap[0].estimates["auc"].value <= max(v.estimates["auc"].value for v in reading):
        return []  # with true classes or reference models the posteriors do reveal it
    return [
        "Whether a record is classified correctly reveals more than the posteriors do: attacks that use only "
        "posteriors understate how much this model leaks."
    ]


def _odd_thresholds(result: AuditResult) -> list[str]:
    """Return a note on thresholds from random queries that flag no record, or nearly all."""
    guessed = [v for v in result.verdicts if v.threshold_from == "random queries"]
    fpr = {v.attack: v.estimates["fpr"].value for v in guessed if not math.isnan(v.threshold)}
    nobody = [v.attack for v in guessed if v.attack in fpr and math.isnan(v.estimates["precision"].value)]
    nearly_all = [attack for attack, rate in fpr.items() if rate > 0.9]
    notes = []
    if nobody:
        notes.append(
            f"The threshold from random queries flags no record ({listed(nobody)}), so precision "
            "is undefined: the model is at least as confident about many random queries as about any record. "
            "The AUC needs no threshold and still counts."
        )
    if nearly_all:
        notes.append(
            f"The threshold from random queries flags nearly all records ({listed(nearly_all)}): "
            "the model is less confident about random queries than about almost any record. The AUC needs no "
            "threshold and still counts."
        )
    return notes


def _reversed(result: AuditResult) -> list[str]:
    if not (names := reversed_attacks(result)):
        return []
    return [
        f"Non-members look more like training records than the members do ({listed(names)}). Were the two "
        "swapped, or do they come from different sources? If neither is the case: an attack that was learned "
        "from a shadow model can fail like this when that model differs much from the target."
    ]


def _highest_scores(result: AuditResult, verdict: Verdict) -> str:
    members, count = highest(result.curves[verdict.attack])
    return (
        f"Of the {count} records with the highest scores {members} are members; by chance it would be about "
        f"{count * result.member.mean():.1f}."
    )


def _lowest_scores(result: AuditResult, verdict: Verdict) -> str:
    nonmembers, count = lowest(result.curves[verdict.attack])
    return (
        f"Of the {count} records with the lowest scores {nonmembers} are non-members; by chance it would be "
        f"about {count * (~result.member).mean():.1f}."
    )


def _ranking(result: AuditResult, verdict: Verdict) -> str:
    text = (
        f"Given one member and one non-member, the {leading(result)} ({verdict.title}) picks the member in "
        f"{interval(verdict.estimates['auc'])} of cases. Guessing would do so in 50 %."
    )
    if leading(result) == BEST:
        return text
    highest = _highest_auc(result)
    figure = percent(highest.estimates["auc"].value)
    return f"{text} The highest figure of all attacks is {figure} ({highest.attack})."


def leading(result: AuditResult) -> str:
    """Return what to call the attack that the words are about: another can have a higher AUC."""
    auc, highest = (v.estimates["auc"].value for v in (best(result), _highest_auc(result)))
    return CHOSEN if chosen_beforehand(result) and auc < highest else BEST


def _highest_auc(result: AuditResult) -> Verdict:
    return max(result.verdicts, key=lambda v: v.estimates["auc"].value)


def _few_false_alarms(result: AuditResult, verdict: Verdict) -> list[str]:
    if result.persons is not None:
        return people_sentences(result, verdict)
    e = verdict.estimates["tpr@1%fpr"]
    smallest = result.smallest_fpr
    least = percent(smallest) if smallest >= 0.0005 else f"{100 * smallest:.1g} %"
    limit = f"false-positive rates below {least} cannot be measured."
    if math.isnan(e.value):
        return [f"With {result.n_nonmembers} non-members, {limit}", _above_all(result, verdict)]
    return [
        f"If it may flag 1 % of the non-members by mistake, it finds {interval(e)} of the members. With "
        f"{result.n_nonmembers:,} non-members, {limit}"
    ]


def _above_all(result: AuditResult, verdict: Verdict) -> str:
    """Return what is certain where no TPR at 1 % FPR can be measured; the limits hold for all attacks."""
    cut = strictest_cut(result.curves[verdict.attack], joint_level(result))
    if not cut.members:
        return "No member scores above all non-members."
    count = f"{cut.members} of {result.n_members} members score above all non-members"
    if not cut.least_tpr:
        return f"{count}."
    return (
        f"{count}. An attacker who flags such scores finds at least {percent(cut.least_tpr)} of the members, "
        f"and flags less than {percent(cut.highest_fpr)} of the non-members (95 % confidence)."
    )


def _threshold(verdict: Verdict) -> list[str]:
    recall, fpr = verdict.estimates["recall"], verdict.estimates["fpr"]
    if math.isnan(recall.value):
        return []
    return [
        f"At the threshold that an attacker would choose, {named(verdict)} flags {percent(recall.value)} of "
        f"the members and {percent(fpr.value)} of the non-members."
    ]


def _overfitting(result: AuditResult) -> list[str]:
    if not result.target:
        return []
    train, test = result.target["train_accuracy"], result.target["test_accuracy"]
    return [
        f"The model classifies {percent(train.value)} of its training records correctly, and "
        f"{percent(test.value)} of the non-members."
    ]
