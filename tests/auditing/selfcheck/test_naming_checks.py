"""A list with too many false names, or with no names, is named by the self-check."""

from __future__ import annotations

import pytest

from mlleaks.auditing.selfcheck.naming_checks import naming_checks
from mlleaks.stats import naming

pytestmark = pytest.mark.slow


def failed():
    return [check.truth for check in naming_checks() if check.status == "FAILED"]


def test_lists_are_right():
    assert failed() == []


@pytest.mark.parametrize(
    ("factor", "truths"),
    [(1.5, ["a leak: share of false names"]), (0.0, ["a leak: 0.725 of the members can be named"])],
)
def test_a_wrong_cutoff_is_named(factor, truths, monkeypatch):
    right = naming.p_value_cutoff
    monkeypatch.setattr(naming, "p_value_cutoff", lambda *a, **k: factor * right(*a, **k))
    assert set(truths) <= set(failed())


def test_an_interval_of_false_names_that_is_too_narrow_is_named(monkeypatch):
    right = naming._fdp

    def narrow(fpr, tpr, prior):
        estimate = right(fpr, tpr, prior)
        low, high = ((estimate.value + (end - estimate.value) / 8) for end in (estimate.low, estimate.high))
        return type(estimate)(estimate.value, low, high, estimate.method)

    monkeypatch.setattr(naming, "_fdp", narrow)
    assert failed() == ["a 95 % interval misses the truth"]
