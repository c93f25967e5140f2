"""A blind check that sees no shift, or one everywhere, is named by the self-check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlleaks.auditing import blind_check
from mlleaks.auditing.selfcheck.shift_checks import shift_checks

pytestmark = pytest.mark.slow


def failed():
    return [check.truth for check in shift_checks() if check.status == "FAILED"]


def test_the_blind_check_is_right():
    assert failed() == []


@pytest.mark.parametrize(
    ("p", "truth"), [(1.0, "a shift of one feature, no leak"), (0.001, "no shift, called different")]
)
def test_a_blind_check_that_always_says_the_same_is_named(p, truth, monkeypatch):
    right = blind_check.blind_check
    monkeypatch.setattr(blind_check, "blind_check", lambda *args: replace(right(*args), p_value=p))
    assert failed() == [truth]
