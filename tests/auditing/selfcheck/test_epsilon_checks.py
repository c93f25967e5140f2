"""A bound on epsilon that is too large, or that refutes nothing, is named by the self-check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlleaks.auditing.selfcheck import epsilon_checks as checks
from mlleaks.stats import canaries, decision_epsilon, epsilon

FUNCTIONS = {
    "independent scores": (epsilon, "epsilon_lower_bound"),
    "one decision": (decision_epsilon, "epsilon_of_decision"),
    "one run": (canaries, "one_run_lower_bound"),
}


def failed(method, change, monkeypatch):
    module, name = FUNCTIONS[method.name.partition(",")[0]]
    right = getattr(module, name)

    def changed(*args, **kwargs):
        bound = right(*args, **kwargs)
        return replace(bound, epsilon=change(bound.epsilon))

    monkeypatch.setattr(module, name, changed)
    monkeypatch.setattr(checks, "METHODS", (method,))
    return [(check.name, check.truth) for check in checks.epsilon_checks() if check.status == "FAILED"]


@pytest.fixture(params=checks.METHODS, ids=lambda method: method.name)
def method(request):
    return request.param


def test_the_method_is_right(method, monkeypatch):
    assert failed(method, lambda epsilon: epsilon, monkeypatch) == []


def test_a_bound_above_the_truth_is_named(method, monkeypatch):
    names = failed(method, lambda epsilon: 2.5 * epsilon, monkeypatch)
    assert names[0][0] == method.name
    assert "exceeded" in names[0][1]


def test_a_bound_that_refutes_nothing_is_named(method, monkeypatch):
    assert [name for name, _ in failed(method, lambda epsilon: 0.0, monkeypatch)] == [method.name]


def test_a_bound_that_is_found_without_a_leak_is_named(method, monkeypatch):
    names = failed(method, lambda epsilon: max(epsilon, 0.01), monkeypatch)
    assert names == [(method.name, "no leak: 0, exceeded")]
