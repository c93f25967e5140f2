"""A plan on disk: whole, unchanged, and compared point by point."""

from __future__ import annotations

import json

import pytest

from mlleaks import CorruptRun, DataUnavailable
from mlleaks.results.audit_plan import AuditPlan, Deviation, PlanCheck

CONTENTS = {
    "data": {"members": "a" * 64},
    "attacks": {"gap": "run", "lira": "skipped"},
    "settings": {"from_logits": False, "shadow trainer": None, "surrogate": {"queries": 9}},
    "seed": 0,
    "conditions": ["leaks"],
}
PLAN = AuditPlan("mine", "2026-01-01T00:00:00+00:00", CONTENTS)


def test_a_plan_comes_back_from_its_file(tmp_path):
    path = PLAN.save(tmp_path / "plan.json")
    assert AuditPlan.load(path) == PLAN
    assert json.loads(path.read_text())["sha256"] == PLAN.sha256


def test_the_checksum_covers_everything(tmp_path):
    sums = {
        PLAN.sha256,
        AuditPlan("other", PLAN.created, CONTENTS).sha256,
        AuditPlan(PLAN.name, "2026-01-02T00:00:00+00:00", CONTENTS).sha256,
        AuditPlan(PLAN.name, PLAN.created, {**CONTENTS, "seed": 1}).sha256,
    }
    assert len(sums) == 4


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.replace('"seed": 0', '"seed": 1'), "its checksum is another"),
        (lambda text: text.replace('"mine"', '"yours"'), "its checksum is another"),
        (lambda text: text.replace('"schema": 1', '"schema": 9'), "schema version 9, not 1"),
        (lambda text: text[: len(text) // 2], "JSONDecodeError"),
        (lambda text: "[]", "TypeError"),
        (lambda text: "{}", "KeyError: 'schema'"),
        (lambda text: "\udcff", "UnicodeDecodeError"),
    ],
)
def test_a_changed_or_damaged_plan_is_an_error(change, why, tmp_path):
    path = PLAN.save(tmp_path / "plan.json")
    path.write_bytes(change(path.read_text()).encode("utf-8", "surrogateescape"))
    with pytest.raises(CorruptRun, match=f"{path}.*{why}.*make a new plan"):
        AuditPlan.load(path)


def test_a_missing_plan_is_an_error(tmp_path):
    with pytest.raises(DataUnavailable, match=r"no file .*nowhere.json.*--plan-only"):
        AuditPlan.load(tmp_path / "nowhere.json")


def test_the_same_contents_deviate_in_nothing():
    assert PLAN.deviations(json.loads(json.dumps(CONTENTS))) == ()


def test_each_point_that_differs_is_listed_with_both_values():
    actual = {
        "data": {"members": "b" * 64},
        "attacks": {"gap": "run", "lira": "run"},
        "settings": {"from_logits": False, "shadow trainer": None, "margin": 0.1, "surrogate": {}},
        "seed": 0,
        "conditions": ["leaks", "auc > 0.6"],
    }
    assert PLAN.deviations(actual) == (
        Deviation("data: members", "a" * 64, "b" * 64),
        Deviation("attacks: lira", "skipped", "run"),
        Deviation("settings: surrogate: queries", "9", "not stated"),
        Deviation("conditions", '["leaks"]', '["leaks", "auc > 0.6"]'),
        Deviation("settings: margin", "not stated", "0.1"),
        Deviation("settings: surrogate", "not stated", "{}"),
    )
    assert str(PLAN.deviations(actual)[0]) == f"data: members: planned {'a' * 20}..., actual {'b' * 20}..."


def test_what_was_found_comes_back_from_json():
    check = PlanCheck(PLAN, PLAN.deviations({**CONTENTS, "seed": 1}))
    assert PlanCheck.from_dict(json.loads(json.dumps(check.to_dict()))) == check
    assert not check.followed
    assert PlanCheck(PLAN, ()).followed
    assert PlanCheck.from_dict(None) is None
