"""Audits of people: records and persons stay together, and many rows of few people are no false leak."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression

import mlleaks
from mlleaks import InputError
from mlleaks.auditing.people import NO_INTERVAL
from mlleaks.stats.clustered import clustered_auc
from mlleaks.stats.joint_test import joint_p_values

PEOPLE, ROWS = 40, 12


@cache
def records(seed=0, spread=1.0):
    """Return records, classes and persons; the records of a person resemble each other."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(PEOPLE), ROWS)
    X = spread * rng.normal(size=(PEOPLE, 4))[person] + rng.normal(size=(len(person), 4))
    y = (X[:, 0] + rng.normal(size=PEOPLE)[person] + 0.5 * rng.normal(size=len(person)) > 0).astype(int)
    return X, y, np.array([f"p{i:02d}" for i in person])


class Fixed:
    """A model that was trained on none of the records."""

    def __init__(self):
        X, y, _ = records(seed=9)
        self.model = LogisticRegression().fit(X, y)
        self.classes_ = self.model.classes_

    def predict_proba(self, X):
        return self.model.predict_proba(np.asarray(X))


def parts(order=None, ids=None):
    X, y, person = records()
    inside = np.arange(len(y)) < len(y) // 2
    order = np.arange(len(y)) if order is None else order
    sides = [order[inside[order]], order[~inside[order]]]
    members, nonmembers = ((X[i], y[i], (np.arange(len(y)) if ids is None else ids)[i]) for i in sides)
    return {"members": members, "nonmembers": nonmembers}, tuple(person[i] for i in sides)


@cache
def report():
    sides, groups = parts()
    return mlleaks.audit(Fixed(), **sides, groups=groups, shadows=0)


def same_by_id(a, b):
    first, second = (r.records().set_index("record_id").sort_index() for r in (a, b))
    pd.testing.assert_frame_equal(first, second)
    assert a.result.p_values == b.result.p_values
    return True


def test_every_record_has_its_person():
    person = records()[2]
    table = report().records().set_index("record_id")
    assert table["person"].tolist() == person[table.index].tolist()


def test_the_order_of_records_does_not_matter():
    sides, groups = parts(order=np.random.default_rng(1).permutation(PEOPLE * ROWS))
    assert same_by_id(report(), mlleaks.audit(Fixed(), **sides, groups=groups, shadows=0))


def test_figures_are_for_other_people():
    result = report().result
    code = result.person_codes
    plain = mlleaks.audit(Fixed(), **parts()[0], shadows=0)
    for v, other in zip(result.verdicts, plain.verdicts, strict=True):
        robust = clustered_auc(result.member, v.scores, result.persons)
        e = v.estimates["auc"]
        assert (e.value, e.low, e.high) == pytest.approx((robust.value, robust.low, robust.high))
        for name, estimate in v.estimates.items():
            assert estimate.value == pytest.approx(other.estimates[name].value, nan_ok=True)
        assert v.estimates["tpr@10%fpr"].method == NO_INTERVAL
        assert np.isnan(v.estimates["tpr@10%fpr"].low)
    expected = joint_p_values(list(result.curves.values()), persons=code)
    assert list(result.p_values.values()) == expected
    gap = result.target["overfitting"]
    assert gap.value == plain.result.target["overfitting"].value
    assert (
        gap.high - gap.low > plain.result.target["overfitting"].high - plain.result.target["overfitting"].low
    )
    assert result.provenance["settings"]["persons"] == PEOPLE


def test_rows_of_few_people_look_like_different_sides_and_people_do_not():
    """A classifier that sees some records of a person recognises the others."""
    plain = mlleaks.audit(Fixed(), **parts()[0], shadows=0)
    assert plain.result.blind.differs
    assert not report().result.blind.differs
    assert "One record of each person" in report().result.blind.notes[-1]


def test_many_rows_of_few_people_are_no_leak():
    """The answers do not depend on membership, so every leak that is found is false."""
    by_rows, by_people = (
        sum(
            mlleaks.audit_posteriors(table(seed=seed).drop(columns="label"), groups=who).leaks
            for seed in range(16)
        )
        for who in (None, "who")
    )
    assert by_rows >= 5
    assert by_people <= binom.isf(1e-3, 16, 0.05)


def test_repeats_and_overlap_keep_records_and_persons_together():
    sides, groups = parts()
    X, y = sides["members"][:2]
    members = np.concatenate([X[:1], X, sides["nonmembers"][0][:2]]), np.concatenate([y[:1], y, [0, 1]])
    other = sides["nonmembers"][:2]
    other[1][:2] = [0, 1]
    persons = np.concatenate([groups[0][:1], groups[0], ["p98", "p99"]])
    result = mlleaks.audit(
        Fixed(), members=members, nonmembers=other, groups=(persons, groups[1]), shadows=0, drop_overlap=True
    ).result
    position = {f"members[{i}]": (row, persons[i]) for i, row in enumerate(members[0])}
    position |= {f"nonmembers[{i}]": (row, groups[1][i]) for i, row in enumerate(other[0])}
    assert len(result.ids) < len(members[0]) + len(other[0])
    assert {"p98", "p99"}.isdisjoint(result.persons.tolist())
    assert all(position[name][1] == who for name, who in zip(result.ids, result.persons, strict=True))


def test_one_record_per_person_changes_no_figure():
    sides, _ = parts()
    names = np.arange(PEOPLE * ROWS)
    half = len(names) // 2
    grouped = mlleaks.audit(Fixed(), **sides, groups=(names[:half], names[half:]), shadows=0)
    plain = mlleaks.audit(Fixed(), **sides, shadows=0)
    pd.testing.assert_frame_equal(grouped.to_frame(), plain.to_frame())
    assert grouped.result.persons is None
    assert any("Each person has one record" in note for note in grouped.warnings)


def table(*, seed=0, **columns):
    rng = np.random.default_rng(seed)
    n = 240
    person = np.repeat(np.arange(24), 10)
    p = 0.5 + 0.5 / (1 + np.exp(-rng.normal(size=24)[person] - rng.normal(size=n)))
    base = {"record_id": np.arange(n), "member": person < 12, "label": rng.integers(2, size=n)}
    return pd.DataFrame(base | {"p_0": 1 - p, "p_1": p, "who": [f"p{i}" for i in person]} | columns)


class TestSavedPosteriors:
    def test_a_column_of_the_table(self):
        answers = table()
        report = mlleaks.audit_posteriors(answers.sample(frac=1, random_state=0), groups="who")
        whose = dict(zip(answers["record_id"], answers["who"], strict=True))
        assert [whose[i] for i in report.result.ids] == report.result.persons.tolist()
        assert not np.isnan(report.people()["score"]).any()

    def test_a_column_of_the_table_of_members(self):
        answers = table()
        members = answers[["record_id", "member", "label", "who"]].sample(frac=1, random_state=0)
        one = mlleaks.audit_posteriors(
            answers.drop(columns=["who", "member", "label"]), membership=members, groups="who"
        )
        assert same_by_id(one, mlleaks.audit_posteriors(answers, groups="who"))

    def test_shadow_models_answer_about_the_same_people(self):
        answers = table().assign(model_id="target")
        shadow = table(record_id=np.arange(240) + 1000).assign(model_id="shadow", who=None)
        report = mlleaks.audit_posteriors(pd.concat([answers, shadow]), groups="who")
        assert len(set(report.result.persons)) == 24
        assert "adversary-1" in {v.attack for v in report.verdicts}

    @pytest.mark.parametrize(
        ("columns", "groups", "message"),
        [
            ({}, "patient", "no column 'patient' in the table of posteriors"),
            ({}, 3, "groups=3; expected the name of a column"),
            ({"who": "ann"}, "who", "groups with one value, 'ann'"),
            ({"who": [None] + ["a", "b"] * 119 + ["a"]}, "who", "1 of them missing"),
            ({"who": ["a", "b"] * 120}, "who", "2 of 2 persons with members and non-members"),
        ],
    )
    def test_bad_columns_are_explained(self, columns, groups, message):
        with pytest.raises(InputError, match=message):
            mlleaks.audit_posteriors(table(**columns), groups=groups)

    def test_slices_are_on_both_sides(self):
        region = np.tile(["north", "south"], 120)
        report = mlleaks.audit_posteriors(table(region=region), slices="region")
        assert report.by_slice()["slice"].tolist() in (["north", "south"], ["south", "north"])
        assert report.result.persons is None
