"""Deleted records beside the audited ones: overlaps, labels, ids, shadow records."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

import mlleaks
from mlleaks.data.audit_data import AuditData
from mlleaks.data.deleted import WHAT, with_deleted
from mlleaks.data.records import parse_records

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(400, 3)), RNG.integers(3, size=400)
MODEL = DummyClassifier().fit(X, Y)


def data(labelled=True, shadow=None, ids=(None, None)):
    """Return an audit of 100 members and 100 non-members."""
    sides = [
        parse_records((X[rows], Y[rows] if labelled else None, names), what)
        for rows, what, names in ((slice(0, 100), "members", ids[0]), (slice(100, 200), "nonmembers", ids[1]))
    ]
    further = None if shadow is None else parse_records((X[shadow], Y[shadow]), "shadow records")
    return AuditData.check(MODEL, *sides, further, rng=np.random.default_rng(0))


def added(rows=slice(200, 260), drop=False, labelled=True, ids=None, features=3, **more):
    records = parse_records((X[rows, :features], Y[rows] if labelled else None, ids), WHAT)
    return with_deleted(data(labelled=labelled, **more), records, MODEL, drop=drop)


def test_they_are_scored_on_the_side_of_the_non_members_and_change_neither_side():
    with_them = added()
    assert with_them.target.nonmembers.X.tolist() == X[100:200].tolist()
    assert with_them.audited.members is with_them.target.members
    assert with_them.audited.nonmembers.X.tolist() == X[100:260].tolist()
    assert with_them.audited.nonmembers.y.tolist() == Y[100:260].tolist()
    assert len(set(with_them.audited.nonmembers.ids)) == 160
    assert data().audited is not None
    assert with_deleted(plain := data(), None, MODEL, drop=False) is plain
    assert plain.audited is plain.target


def test_ids_that_are_not_their_own_get_a_word_before_them():
    numbers = np.arange(100), np.arange(100, 200)
    assert added(ids=np.arange(500, 560)).deleted.ids.tolist() == list(range(500, 560))
    records = parse_records((X[200:260], Y[200:260], np.arange(60)), "deleted records")
    clash = with_deleted(data(ids=numbers), records, MODEL, drop=False)
    assert clash.deleted.ids[:2].tolist() == ["deleted records 0", "deleted records 1"]
    assert len(set(clash.audited.nonmembers.ids.tolist()) | set(clash.target.members.ids.tolist())) == 260


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (slice(95, 100), "5 deleted records; expected at least 20"),
        (
            slice(90, 130),
            "10 deleted records that are still members, so they were not deleted .deleted",
        ),
        (slice(190, 260), "10 deleted records that are also non-members"),
        (np.repeat(np.arange(200, 210), 3), "10 deleted records that differ from each other"),
    ],
)
def test_records_that_say_nothing_or_stand_on_two_sides_are_refused(rows, match):
    with pytest.raises(mlleaks.InputError, match=match):
        added(rows)


def test_those_on_two_sides_can_be_skipped():
    with_them = added(np.r_[90:110, 200:260], drop=True)
    assert with_them.deleted.X.tolist() == X[200:260].tolist()
    assert with_them.notes[-2:] == (
        "10 deleted records that are still members were skipped.",
        "10 deleted records that are also non-members were skipped.",
    )
    with pytest.raises(mlleaks.InputError, match="15 deleted records that differ from"):
        added(np.r_[0:60, 200:215], drop=True)


def test_labels_on_one_side_alone_are_refused():
    unlabelled = parse_records(X[200:260], "deleted records")
    with pytest.raises(mlleaks.InputError, match="deleted records without labels, members with"):
        with_deleted(data(), unlabelled, MODEL, drop=False)
    with pytest.raises(mlleaks.InputError, match="deleted records with labels, members without"):
        with_deleted(data(labelled=False), parse_records((X[200:260], Y[200:260]), "d"), MODEL, drop=False)
    assert len(added(labelled=False).deleted) == 60


def test_other_features_and_unknown_classes_are_refused():
    with pytest.raises(mlleaks.InputError, match=r"deleted records as ndarray with \(2,\)"):
        added(features=2)
    with pytest.raises(mlleaks.InputError, match="label 7 among the deleted records"):
        with_deleted(data(), parse_records((X[200:260], np.full(60, 7)), WHAT), MODEL, drop=False)


def test_shadow_records_that_are_deleted_ones_are_skipped():
    with_them = added(shadow=slice(240, 400))
    assert with_them.shadow.X.tolist() == X[260:400].tolist()
    assert "20 shadow records that are also members or non-members were skipped" in with_them.notes[-1]
