"""``mlleaks audit --dry-run``: the plan, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_audit import saved

pytestmark = pytest.mark.usefixtures("empty_folder")


def test_the_plan_of_saved_posteriors(mlleaks_):
    table = saved()
    files = sorted(Path().rglob("*"))
    code, out, err = mlleaks_("audit", table, "--dry-run")
    assert (code, err) == (0, "")
    assert "adversary-2" in out
    assert "skipped: no shadow model's answers: add rows with another model_id (adversary-1, " in out
    assert "Models to train: 0\nQueries to send: 0 (0 about the records)\n" in out
    assert "Time: a few seconds" in out
    assert sorted(Path().rglob("*")) == files


@pytest.mark.slow
def test_the_plan_of_a_model_names_what_it_trains_and_sends(mlleaks_):
    assert mlleaks_("demo")[0] == 0
    run = Path("runs/demo")
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*")}
    files = ("--members", run / "members.csv", "--nonmembers", run / "nonmembers.csv")
    code, out, _ = mlleaks_(
        "audit", run / "model.mlleaks", *files, "--shadow", run / "shadow.csv", "--out", run, "--dry-run"
    )
    assert code == 0
    assert "Models to train: 1, and 2 for the placebo\n" in out
    assert "1 shadow model, true classes" in out
    assert "1,000 random" in out
    assert "898 about other records" in out
    assert "adversary-1 was skipped" not in out
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*")} == before


def test_options_that_do_not_fit_are_refused_in_a_dry_run_too(mlleaks_):
    code, _, err = mlleaks_("audit", saved(), "--trainer", "forest", "--dry-run")
    assert (code, "--trainer together with" in err) == (2, True)


def test_what_the_audit_itself_would_refuse_is_said(mlleaks_):
    code, _, err = mlleaks_("audit", saved(), "--dry-run", "--fail-if", "adversary-1:auc > 0.5")
    assert (code, "'adversary-1', which was skipped" in err) == (2, True)
    assert mlleaks_("audit", saved())[0] == 0
    code, out, err = mlleaks_("audit", saved(), "--dry-run")
    assert (code, "note: the audit itself would be refused" in err) == (0, True)
    assert "no threshold without 1,000 random queries" in " ".join(out.split())


def test_a_folder_is_no_target(mlleaks_):
    code, _, err = mlleaks_("audit", ".")
    assert (code, "shown by `mlleaks report`" in err) == (2, True)
