"""A verdict that does not follow from the figures is named by the self-check."""

from __future__ import annotations

import pytest

from mlleaks.auditing.selfcheck import verdict_checks as checks
from mlleaks.report.audit import text
from mlleaks.results import audit, decision
from mlleaks.stats.joint_test import JointTest

pytestmark = pytest.mark.slow

LEAK, SWAPPED = "a leak", "members and non-members swapped"


@pytest.fixture(autouse=True)
def _fewer_audits(monkeypatch):
    monkeypatch.setattr(checks, "AUDITS", 12)


def failed():
    return {check.name for check in checks.verdict_checks() if check.status == "FAILED"}


def test_verdicts_are_right():
    assert failed() == set()


@pytest.mark.parametrize(
    ("module", "name", "wrong", "names"),
    [
        (decision, "leaks", lambda result: True, {"no leak", SWAPPED}),
        (decision, "leaks", lambda result: False, {LEAK}),
        (decision, "exceeding", lambda result: [], {checks.MARGIN}),
        (decision, "exceeding", lambda result: ["gap"], {checks.MARGIN}),
        (decision, "severity", lambda result: "clean", {LEAK, SWAPPED}),
        (decision, "reversed_attacks", lambda result: [], {SWAPPED}),
        (text, "reversed_attacks", lambda result: [], {SWAPPED}),
        (text, "headline", lambda result: "Undecided: no leak was found.", {LEAK, SWAPPED}),
        (text, "headline", lambda result: "This model leaks strongly: no.", {"no leak", SWAPPED}),
        (audit, "joint_test", lambda curves: JointTest([0.0 for _ in curves], 0.05), {"no leak", SWAPPED}),
        (audit, "joint_test", lambda curves: JointTest([1.0 for _ in curves], 0.05), {LEAK}),
    ],
)
def test_a_wrong_verdict_is_named(module, name, wrong, names, monkeypatch):
    monkeypatch.setattr(module, name, wrong)
    assert names <= failed()
