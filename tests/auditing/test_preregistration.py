"""A plan holds all that could be chosen later, and is made before any answer is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from mlleaks.auditing.preparing import prepare_audit
from mlleaks.auditing.preparing_saved import prepare_posteriors
from mlleaks.auditing.preregistration import plan_audit, run_as_planned
from mlleaks.report import AuditReport
from mlleaks.report.audit.text import warnings
from mlleaks.results.audit_plan import AuditPlan
from tests.auditing.test_preparing import MEMBERS, NONMEMBERS, SHADOW, Counting
from tests.synthetic import planted


def prepared(model=None, **changes):
    arguments = {"members": MEMBERS, "nonmembers": NONMEMBERS, "shadow": SHADOW, "seed": 0}
    trainer = RandomForestClassifier(5)
    return prepare_audit(model or Counting(), **arguments | {"trainer": trainer} | changes)


def saved(seed=0, gap=1.0, **changes):
    observations = planted(gap, n=200)
    table = {
        "record_id": observations.ids,
        "member": observations.member,
        "label": observations.outputs.labels,
        "posteriors": observations.outputs.posteriors,
    }
    return prepare_posteriors(table | changes, seed=seed)


def points(plan, other):
    return [deviation.point for deviation in plan.deviations(other.contents)]


def test_a_plan_sends_nothing_beyond_what_shows_the_form_of_the_answers():
    model = Counting()
    ready = prepared(model)
    assert model.queries == 2
    plan = plan_audit(ready)
    assert model.queries == 2
    assert plan.contents["answers"] == "queried by the audit"
    report = run_as_planned(ready, plan)
    assert model.queries == 2 + ready.queries + ready.plan.cost.queries
    assert report.result.plan.followed


def test_the_plan_of_the_same_audit_is_the_same_but_for_its_time():
    assert plan_audit(prepared()).contents == plan_audit(prepared()).contents
    assert plan_audit(saved()).contents == plan_audit(saved()).contents


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seed": 1}, "seed"),
        ({"members": (MEMBERS[0][:-1], MEMBERS[1][:-1])}, "data: members"),
        ({"members": (MEMBERS[0] + (np.arange(64) == 5), MEMBERS[1])}, "data: members"),
        ({"nonmembers": (NONMEMBERS[0], NONMEMBERS[1][::-1])}, "data: classes of non-members"),
        ({"shadow": (SHADOW[0][:-10], SHADOW[1][:-10])}, "settings: shadow records"),
        ({"trainer": RandomForestClassifier(6)}, "settings: shadow trainer"),
        ({"shadows": 0, "trainer": None}, "attacks: adversary-1"),
        ({"shadows": 4}, "attacks: lira"),
        ({"shadows": 4}, "evidence: ReferenceModels"),
        ({"label_only": True}, "settings: label_only"),
    ],
)
def test_what_is_chosen_otherwise_is_a_deviation(changes, expected):
    assert expected in points(plan_audit(prepared()), plan_audit(prepared(**changes)))


def test_saved_answers_are_part_of_the_plan():
    plan = plan_audit(saved())
    assert plan.contents["answers"] == "saved before the plan was made"
    assert points(plan, plan_audit(saved(gap=1.1))) == ["data: saved answers"]
    member = ~np.asarray(planted(1.0, n=200).member)
    assert points(plan, plan_audit(saved(member=member))) == ["data: saved answers"]


def test_settings_that_are_new_join_by_themselves():
    ready = saved()
    more = replace(ready, settings={**ready.settings, "limit": 0.05, "groups": ["a", "b"]})
    assert points(plan_audit(ready), plan_audit(more)) == ["settings: limit", "settings: groups"]


def test_files_conditions_and_versions_are_compared(tmp_path, monkeypatch):
    (tmp_path / "model").write_text("first")
    first = plan_audit(saved(), files={"target": tmp_path / "model"}, conditions=["leaks"])
    (tmp_path / "model").write_text("second")
    second = plan_audit(saved(), files={"target": tmp_path / "model"}, conditions=["auc > 0.6"])
    assert points(first, second) == ["files: target", "conditions"]
    monkeypatch.setattr(
        "mlleaks.auditing.preregistration.versions", lambda *_: {"python": "3.99"} | {"numpy": "9"}
    )
    assert "versions: numpy" in points(first, plan_audit(saved()))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_report_says_whether_the_plan_was_followed(seed, tmp_path):
    path = plan_audit(saved()).save(tmp_path / "plan.json")
    plan = AuditPlan.load(path)
    report = run_as_planned(saved(seed), plan)
    folder = report.save(tmp_path / "run")
    stored = AuditReport.load(folder)
    assert stored.result.plan == report.result.plan
    assert AuditPlan.load(folder / "plan.json") == plan
    page = (folder / "report.html").read_text()
    assert "Did the audit follow its plan?" in page
    assert plan.sha256 in page
    followed = "The audit followed its plan in every point"
    deviates = "The audit deviates from its plan in 1 point (seed: planned 0, actual 1)."
    assert (followed in page) == (seed == 0)
    assert (deviates in warnings(stored.result)) == (seed == 1)
    assert ("<td>seed</td><td>0</td><td>1</td>" in page) == (seed == 1)


def test_a_warning_names_some_deviations_and_counts_the_rest():
    plan = AuditPlan("other", "2026-01-01T00:00:00+00:00", {"a": 1, "b": 2})
    [first] = [text for text in warnings(run_as_planned(saved(), plan).result) if "plan" in text]
    assert first.startswith("The audit deviates from its plan in ")
    assert "(a: planned 1, actual not stated; b: planned 2" in first
    assert first.endswith("more, see the report).")


def test_an_audit_without_a_plan_says_nothing_of_plans(tmp_path):
    folder = saved().run().save(tmp_path / "run")
    assert AuditReport.load(folder).result.plan is None
    assert "follow its plan" not in (folder / "report.html").read_text()
    assert not (Path(folder) / "plan.json").exists()
