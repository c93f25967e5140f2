"""Conditions that fail a build: what holds, what does not, and what must not pass silently."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from mlleaks import AuditReport, InputError, audit_posteriors
from mlleaks.attacks import REGISTRY
from mlleaks.results.conditions import parse
from tests.synthetic import planted


@cache
def report(gap=1.0, n=400, labelled=True, queried=True):
    observations = planted(gap, n=n, k=4)
    table = {
        "record_id": observations.ids,
        "member": observations.member,
        "posteriors": observations.outputs.posteriors,
    }
    if labelled:
        table["label"] = observations.outputs.labels
    random = {"posteriors": np.random.default_rng(0).dirichlet(np.ones(4), 200)}
    return audit_posteriors(table, random_queries=random if queried else None)


def figure(name="auc", attack="adversary-3-maximum"):
    return report().verdict(attack).estimates[name]


def holds(text, audited=None):
    return parse(text, REGISTRY).holds((audited or report()).result)


@pytest.mark.parametrize(("operator", "expected"), [(">", False), (">=", True), ("<", False), ("<=", True)])
def test_at_the_bound_itself(operator, expected):
    assert holds(f"adversary-3-maximum:auc {operator} {figure().value!r}") is expected


@pytest.mark.parametrize(("operator", "expected"), [(">", True), (">=", True), ("<", False), ("<=", False)])
def test_above_the_bound(operator, expected):
    assert holds(f"adversary-3-maximum:auc {operator} {figure().value - 1e-9!r}") is expected


def test_the_ends_of_the_interval():
    e = figure()
    between_low, between_high = (e.low + e.value) / 2, (e.value + e.high) / 2
    assert e.low < e.value < e.high
    assert holds(f"adversary-3-maximum:auc > {between_low}")
    assert not holds(f"adversary-3-maximum:auc.low > {between_low}")
    assert not holds(f"adversary-3-maximum:auc > {between_high}")
    assert holds(f"adversary-3-maximum:auc.high > {between_high}")


@pytest.mark.parametrize("metric", ["tpr@10%fpr", "tpr@1%fpr.low", "precision", "recall.high", "advantage"])
def test_every_figure_can_be_asked_for(metric):
    assert holds(f"adversary-3-maximum:{metric} >= -1")
    assert not holds(f"adversary-3-maximum:{metric} > 1")


def test_without_an_attack_any_of_them_is_enough():
    best = max(v.estimates["auc"].value for v in report().verdicts)
    worst = min(v.estimates["auc"].value for v in report().verdicts)
    middle = (best + worst) / 2
    assert holds(f"auc > {middle}")
    assert holds(f"auc < {middle}")
    assert not holds(f"auc > {best}")


@pytest.mark.parametrize("text", ["auc>0.1", "  auc  >  0.1  ", "auc > 1e-1", "auc > +.1", "auc > -1"])
def test_spaces_and_numbers_may_be_written_in_many_ways(text):
    assert holds(text)


def test_facts_about_the_target():
    assert holds("train_accuracy > 0.1")
    assert holds("overfitting.low > 0") is (report().result.target["overfitting"].low > 0)


def test_leaks_is_the_verdict():
    assert holds("leaks")
    assert holds(" leaks ")
    assert not holds("leaks", report(gap=0.0))


def test_an_undefined_figure_is_refused_and_does_not_pass():
    with pytest.raises(InputError, match=r"tpr@0\.1%fpr > 0.*whose figure is undefined"):
        holds("tpr@0.1%fpr > 0")
    with pytest.raises(InputError, match="whose figure is undefined"):
        holds("train_accuracy > 0", report(labelled=False))
    with pytest.raises(InputError, match="whose figure is undefined"):
        holds("adversary-3-std:precision > 0", report(queried=False))


def test_an_end_that_is_undefined_is_refused():
    verdict = report().verdicts[0]
    auc = replace(verdict.estimates["auc"], low=math.nan)
    one = replace(verdict, estimates={**verdict.estimates, "auc": auc})
    audited = AuditReport(replace(report().result, verdicts=(one,)))
    assert holds("auc > 0", audited)
    with pytest.raises(InputError, match=r"auc\.low > 0.*undefined"):
        holds("auc.low > 0", audited)


def test_a_skipped_attack_is_refused_with_the_reason():
    with pytest.raises(InputError, match="'adversary-1', which was skipped .*model_id"):
        holds("adversary-1:auc > 0")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "auc",
        "auc >",
        "> 0.5",
        "auc = 0.5",
        "auc == 0.5",
        "auc != 0.5",
        "auc => 0.5",
        "auc > high",
        "auc > 60%",
        "auc > 0,6",
        "auc > 1e",
        "auc > 0.5 > 0.4",
        "auc > 0.5 or recall > 0.5",
        "auc.middle > 0.5",
        "AUC > 0.5",
        "f1 > 0.5",
        "adversary-1: > 0.5",
        "leaks > 0",
        "leaks.low",
        "adversary-1:leaks",
        "not leaks",
        "tpr@2%fpr > 0",
    ],
)
def test_another_form_is_refused_with_the_right_one(text):
    with pytest.raises(InputError, match=r"the condition .*\[attack:\]metric.*For example: --fail-if"):
        parse(text, REGISTRY)


@pytest.mark.parametrize("text", ["adversary-9:auc > 0.5", "threshold:auc > 0.5"])
def test_an_unknown_attack_is_refused_with_the_known_ones(text):
    with pytest.raises(InputError, match="the attack .*expected one of adversary-1, .*gap"):
        parse(text, REGISTRY)


def test_an_attack_and_a_fact_about_the_target_do_not_go_together():
    with pytest.raises(InputError, match="the condition"):
        parse("adversary-1:overfitting > 0.5")


def test_sides_that_look_swapped_leave_leaks_undecided_and_say_that_it_may_be_chance():
    observations = planted(1.0, n=400, k=4)
    turned = {
        "record_id": observations.ids,
        "member": ~observations.member,
        "posteriors": observations.outputs.posteriors,
    }
    audited = audit_posteriors(turned)
    assert parse("leaks").reversed_in(audited.result)
    with pytest.raises(InputError, match=r"the right way round.*chance, as in up to 3 % of audits"):
        holds("leaks", audited)
    assert not parse("auc > 0.99").reversed_in(audited.result)
    assert not holds("auc > 0.99", audited)
    assert not parse("leaks").reversed_in(report().result)
