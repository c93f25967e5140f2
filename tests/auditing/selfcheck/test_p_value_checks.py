"""A test with another level than it promises, or without power, is named by the self-check."""

from __future__ import annotations

import pytest

from mlleaks.auditing.selfcheck import p_value_checks as checks
from mlleaks.stats import conformal, joint_test, significance

pytestmark = pytest.mark.slow


def failed(*, only=""):
    return {(check.name, check.truth) for check in only() if check.status == "FAILED"}


@pytest.mark.parametrize("name", significance.TESTS)
def test_a_test_whose_p_values_are_too_small_or_always_large_is_named(name, monkeypatch):
    right = significance.TESTS[name]
    assert {check.status for check in checks._single(name)} == {"ok"}
    monkeypatch.setitem(significance.TESTS, name, lambda curve: right(curve) / 10)
    assert failed(only=lambda: checks._single(name)) == {(name, "no leak: p at most 5 %")}
    monkeypatch.setitem(significance.TESTS, name, lambda curve: 0.5)
    assert failed(only=lambda: checks._single(name)) == {(name, "a leak")}


def uncorrected(curves, *, seed=0):
    return [min(test(curve) for test in significance.TESTS.values()) for curve in curves]


def test_the_joint_test_is_right():
    assert {check.status for check in checks._joint()} == {"ok"}


def test_a_joint_test_that_corrects_for_nothing_is_named(monkeypatch):
    monkeypatch.setattr(joint_test, "joint_p_values", uncorrected)
    assert failed(only=checks._joint) == {(checks.JOINT, "no leak: smallest p at most 5 %")}


def test_a_joint_test_that_sees_nothing_is_named(monkeypatch):
    monkeypatch.setattr(joint_test, "joint_p_values", lambda curves, *, seed=0: [1.0 for _ in curves])
    assert failed(only=checks._joint) == {(checks.JOINT, "a leak")}


def test_p_values_of_records_that_are_too_small_are_named(monkeypatch):
    right = conformal.conformal_p_values
    monkeypatch.setattr(conformal, "conformal_p_values", lambda *args: right(*args) / 3)
    assert failed(only=checks._conformal) == {("p-value of one record", "a non-member: p at most 5 %")}
