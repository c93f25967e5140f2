"""``mlleaks selfcheck``: the table, and the exit code."""

from __future__ import annotations

import pytest

from mlleaks.auditing.selfcheck import run
from mlleaks.stats import naming

pytestmark = pytest.mark.usefixtures("empty_folder")


@pytest.fixture(autouse=True)
def _one_part(monkeypatch):
    monkeypatch.setattr(run, "PARTS", {"naming": run.PARTS["naming"]})


def test_the_table_shows_what_was_expected_and_what_came_out(mlleaks_):
    code, out, _ = mlleaks_("selfcheck")
    assert code == 0
    assert all(title in out for title in ("what is true", "expected", "got", "result"))
    assert "up to 0.104" in out
    assert "3 checks: all ok, in " in out


def test_a_wrong_answer_is_named_and_ends_with_1(mlleaks_, monkeypatch):
    right = naming.p_value_cutoff
    monkeypatch.setattr(naming, "p_value_cutoff", lambda *a, **k: 2 * right(*a, **k))
    code, out, _ = mlleaks_("selfcheck")
    assert code == 1
    assert "FAILED" in out.partition("checks:")[2]
    assert "list at a level of 10 %" in out.partition("checks:")[2]
    assert "Do not rely on this installation." in out
