"""An audit that does not say what is true of a small model is named by the self-check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlleaks.auditing import audit, blind_check, evaluating, placebo
from mlleaks.auditing.selfcheck import model_checks as checks
from mlleaks.report import AuditReport
from mlleaks.results import decision
from mlleaks.stats.estimate import Estimate

pytestmark = pytest.mark.slow


def failed():
    return {check.name for check in checks.model_checks() if check.status == "FAILED"}


def test_audits_are_right():
    assert failed() == set()


def test_an_audit_that_sees_no_leak_is_named(monkeypatch):
    monkeypatch.setattr(decision, "leaks", lambda result: False)
    assert failed() == {checks.LEAKING}


def test_an_audit_that_sees_no_shift_is_named(monkeypatch):
    right = blind_check.blind_check
    monkeypatch.setattr(blind_check, "blind_check", lambda *args: replace(right(*args), p_value=1.0))
    assert failed() == {checks.SHIFTED}


def test_an_audit_that_exchanges_the_sides_is_named(monkeypatch):
    right = audit.audit

    def exchanged(model, *, members, nonmembers, shadow=None):
        return right(model, members=nonmembers, nonmembers=members, shadow=shadow)

    monkeypatch.setattr(audit, "audit", exchanged)
    assert checks.LEAKING in failed()


def test_an_audit_that_finds_a_leak_where_there_is_none_is_named(monkeypatch):
    right = evaluating.evaluate

    def peeking(spec, attack, target, *, evidence=None):
        verdict = right(spec, attack, target, evidence=evidence)
        auc = replace(verdict.estimates["auc"], value=0.9)
        return replace(verdict, estimates={**verdict.estimates, "auc": auc})

    monkeypatch.setattr(evaluating, "evaluate", peeking)
    assert checks.UNSEEN in failed()


@pytest.mark.parametrize(
    "wrong",
    [
        {"p_value": 1e-5},
        {"difference": Estimate(0.02, 0.019, 0.021, "made")},
        {"difference": Estimate(0.0, -0.001, 0.001, "made")},
    ],
)
def test_a_comparison_with_the_placebo_that_is_too_sure_is_named(wrong, monkeypatch):
    right = placebo.contrast_all

    def too_sure(*args, **kwargs):
        compared, *more = right(*args, **kwargs)
        return {name: replace(contrasted, **wrong) for name, contrasted in compared.items()}, *more

    monkeypatch.setattr(placebo, "contrast_all", too_sure)
    assert checks.UNSEEN in failed()


def test_an_audit_that_raises_is_named(monkeypatch):
    def broken(*args, **kwargs):
        raise ValueError("broken")

    monkeypatch.setattr(audit, "audit", broken)
    assert failed() == {checks.LEAKING, checks.UNSEEN, checks.SHIFTED}
    assert issubclass(AuditReport, object)


@pytest.mark.parametrize("name", [checks.LEAKING, checks.UNSEEN, checks.SHIFTED])
def test_each_audit_is_checked(name):
    assert name in {check.name for check in checks.model_checks()}
