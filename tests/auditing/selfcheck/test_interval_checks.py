"""An interval that is too narrow, or says nothing, is named by the self-check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlleaks.auditing.selfcheck import interval_checks as checks
from mlleaks.stats import clustered, intervals, simultaneous, slices, stratified
from mlleaks.stats.estimate import Estimate

pytestmark = pytest.mark.slow

FUNCTIONS = {
    "AUC": (intervals, "area"),
    "AUC of a decision": (intervals, "area"),
    "TPR at an FPR": (intervals, "tpr_at_fpr"),
    "share": (intervals, "share"),
    "share of few": (intervals, "share"),
    "advantage": (intervals, "difference"),
    "accuracy": (intervals, "accuracy"),
    "precision": (intervals, "precision"),
    "AUCs of several attacks at once": (simultaneous, "simultaneous_areas"),
    "AUC with several records per person": (clustered, "clustered_auc"),
    "AUC within strata": (stratified, "auc"),
    "AUC of each slice at once": (slices, "by_slice"),
    "mean over seeds": (intervals, "t_half_width"),
}


def scaled(result, factor):
    """Return a result whose intervals are so much wider."""
    if isinstance(result, Estimate):
        low, high = (result.value + (end - result.value) * factor for end in (result.low, result.high))
        return replace(result, low=low, high=high)
    if isinstance(result, list):
        return [scaled(each, factor) for each in result]
    if isinstance(result, float):
        return result * factor
    auc = result["auc"]
    return result.assign(low=auc + (result["low"] - auc) * factor, high=auc + (result["high"] - auc) * factor)


@pytest.fixture(params=checks.METHODS, ids=lambda method: method.name)
def method(request):
    return request.param


@pytest.mark.parametrize(
    ("factor", "truth"), [(1.0, None), (1 / 1.6, "misses the truth"), (2.0, "estimates spread")]
)
def test_an_interval_that_is_too_narrow_or_too_wide_is_named(method, factor, truth, monkeypatch):
    module, name = FUNCTIONS[method.name]
    right = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *args, **kwargs: scaled(right(*args, **kwargs), factor))
    monkeypatch.setattr(checks, "METHODS", (method,))
    failed = [check for check in checks.interval_checks() if check.status == "FAILED"]
    assert {(check.part, check.name) for check in failed} == ({("interval", method.name)} if truth else set())
    assert [truth in check.truth for check in failed] == [True] * (truth is not None)
