"""``mlleaks audit --plan-only`` and ``--plan``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.test_audit import result, saved

pytestmark = pytest.mark.usefixtures("empty_folder")


def planned(mlleaks_, table, *options):
    """Write a plan; return its path and the checksum that was printed."""
    code, out, err = mlleaks_("audit", table, "--plan-only", *options)
    assert (code, err) == (0, "")
    path = Path(re.search(r"Plan: (.*)", out)[1])
    return path, re.search("SHA-256: ([0-9a-f]{64})", out)[1]


def test_a_plan_is_written_before_the_run_and_the_run_follows_it(mlleaks_):
    table = saved()
    path, checksum = planned(mlleaks_, table, "--fail-if", "auc > 0.99")
    folder = path.parent
    assert [file.name for file in folder.iterdir()] == ["plan.json"]
    assert json.loads(path.read_text())["sha256"] == checksum
    code, out, _ = mlleaks_("audit", table, "--plan", path, "--fail-if", "auc > 0.99")
    assert "Plan: The audit followed its plan in every point" in out
    assert code in (0, 3)
    assert result(folder)["plan"]["deviations"] == []
    assert result(folder)["plan"]["document"]["sha256"] == checksum
    assert json.loads((folder / "plan.json").read_text())["sha256"] == checksum


def test_each_deviation_is_named(mlleaks_):
    table = saved()
    path, _ = planned(mlleaks_, table)
    code, out, _ = mlleaks_("audit", table, "--plan", path, "--seed", 3, "--fail-if", "auc > 2e-1")
    assert code == 3
    assert "Plan: The audit deviates from its plan in 2 points." in out
    deviations = result(path.parent)["plan"]["deviations"]
    assert deviations[0] == {"point": "seed", "planned": "0", "actual": "3"}
    assert deviations[1] == {"point": "conditions", "planned": "[]", "actual": '["auc > 2e-1"]'}


def test_another_file_is_a_deviation_even_if_its_answers_are_the_same(mlleaks_):
    table = Path(saved())
    path, _ = planned(mlleaks_, table)
    table.write_text(table.read_text() + "\n")
    mlleaks_("audit", table, "--plan", path)
    assert [each["point"] for each in result(path.parent)["plan"]["deviations"]] == ["files: target"]


def test_a_changed_plan_is_refused_and_nothing_is_run(mlleaks_):
    table = saved()
    path, _ = planned(mlleaks_, table)
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    code, _, err = mlleaks_("audit", table, "--plan", path)
    assert (code, "it was changed after it was made" in err) == (2, True)
    assert [file.name for file in path.parent.iterdir()] == ["plan.json"]


def test_a_plan_is_replaced_on_request_only(mlleaks_):
    table = saved()
    path, first = planned(mlleaks_, table)
    code, _, err = mlleaks_("audit", table, "--plan-only", "--seed", 1)
    assert (code, "plan.json in" in err) == (2, True)
    assert json.loads(path.read_text())["sha256"] == first
    _, second = planned(mlleaks_, table, "--seed", 1, "--overwrite")
    assert json.loads(path.read_text())["sha256"] == second != first


def test_a_plan_does_not_go_into_the_folder_of_a_run(mlleaks_):
    table = saved()
    assert mlleaks_("audit", table, "--out", "run")[0] == 0
    before = sorted(Path("run").iterdir())
    assert mlleaks_("audit", table, "--out", "run", "--plan-only", "--overwrite")[0] == 2
    assert sorted(Path("run").iterdir()) == before


def test_a_run_without_the_plan_does_not_take_the_place_of_the_plan(mlleaks_):
    table = saved()
    path, _ = planned(mlleaks_, table)
    assert mlleaks_("audit", table)[0] == 2
    other, _ = planned(mlleaks_, table, "--out", "other", "--seed", 1)
    code, _, err = mlleaks_("audit", table, "--plan", other)
    assert (code, "no run at" in err) == (2, True)
    assert path.is_file()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--dry-run",), "--plan-only together with --dry-run"),
        (("--plan", "plan.json"), "--plan-only together with --plan"),
        (("--trainer", "auto"), "which chooses by the model's answers"),
        (("--fail-if", "adversary-1:auc > 0.5"), "'adversary-1', which was skipped"),
    ],
)
def test_what_does_not_go_with_a_plan_is_refused(options, why, mlleaks_):
    code, _, err = mlleaks_("audit", saved(), "--plan-only", *options)
    assert (code, why in err) == (2, True)
    assert not list(Path().rglob("plan.json"))


def test_a_missing_plan_is_said(mlleaks_):
    code, _, err = mlleaks_("audit", saved(), "--plan", "nowhere.json")
    assert (code, "no file nowhere.json" in err) == (2, True)


@pytest.mark.slow
def test_a_plan_of_a_model_names_its_files(mlleaks_):
    assert mlleaks_("demo")[0] == 0
    run = Path("runs/demo")
    files = ("--members", run / "members.csv", "--nonmembers", run / "nonmembers.csv")
    path, _ = planned(mlleaks_, run / "model.mlleaks", *files, "--out", "mine")
    contents = json.loads(path.read_text())["plan"]
    assert contents["files"].keys() == {"target", "members", "nonmembers"}
    assert contents["answers"] == "queried by the audit"
    code, out, _ = mlleaks_("audit", run / "model.mlleaks", *files, "--out", "mine", "--plan", path)
    assert (code, "followed its plan in every point" in out) == (0, True)
