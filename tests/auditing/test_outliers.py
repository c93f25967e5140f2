"""Outliers among audited records: a far record is named, whatever side it is on and in whatever order."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

import mlleaks
from mlleaks.auditing.outliers import outlier_ranks
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, MemberSplit

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4))
X[7] += 12
Y = RNG.integers(2, size=300)
DATA = Dataset("made", X, Y, 2)


def split(first):
    return MemberSplit(DATA.take(first), DATA.take(np.setdiff1d(np.arange(300), first)))


def test_the_farthest_record_is_first_on_either_side():
    for members in (np.arange(150), np.arange(150, 300)):
        ranks = outlier_ranks(split(members), Seeds(0))
        assert ranks.of(np.array([7]))[0] == 1
        assert 0 < ranks.ranks.min() < 0.01


def test_the_order_of_the_records_and_who_is_a_member_change_nothing():
    one, other = (outlier_ranks(split(rows), Seeds(0)) for rows in (np.arange(150), np.arange(299, 100, -1)))
    np.testing.assert_array_equal(one.of(DATA.ids), other.of(DATA.ids))


def test_they_are_kept(tmp_path):
    first = outlier_ranks(split(np.arange(150)), Seeds(0), tmp_path)
    [file] = (tmp_path / "outliers").iterdir()
    before = file.stat().st_mtime_ns
    again = outlier_ranks(split(np.arange(150)), Seeds(0), tmp_path)
    assert file.stat().st_mtime_ns == before
    np.testing.assert_array_equal(first.ranks, again.ranks)


def test_missing_values_do_not_end_the_search():
    holes = X.copy()
    holes[::3, 1] = np.nan
    data = Dataset("holes", holes, Y, 2)
    ranks = outlier_ranks(MemberSplit(data.take(np.arange(150)), data.take(np.arange(150, 300))), Seeds(0))
    assert len(np.unique(ranks.ranks)) > 100


def test_texts_have_ranks_too():
    texts = np.array(
        ["the cat sat on the mat", "the dog sat on the mat"] * 30 + ["quantum flux 9 xyzzy"], dtype=object
    )
    data = Dataset("texts", texts, np.zeros(61, int), 1)
    ranks = outlier_ranks(MemberSplit(data.take(np.arange(20)), data.take(np.arange(20, 61))), Seeds(0))
    assert ranks.of(np.array([60]))[0] == 1


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    model = RandomForestClassifier(20, random_state=0).fit(X[:150], Y[:150])
    sides = {"members": (X[:150], Y[:150]), "nonmembers": (X[150:], Y[150:])}
    return mlleaks.audit(model, **sides, shadows=12, cache=cache)


def test_an_audit_says_how_certain_each_score_is_and_who_is_an_outlier(report, tmp_path):
    """Members have the scores of models trained on them, non-members those of the others."""
    table = report.records()
    assert "outlier" in table.loc[table["record_id"] == "members[7]", "reasons"].item()
    inside = (table["score_low"] <= table[report.result.headline]) & (
        table[report.result.headline] <= table["score_high"]
    )
    assert table["score_low"].notna().mean() > 0.9
    assert inside[table["score_low"].notna()].mean() > 0.85
    member = report.result.member
    means = np.nanmean(report.result.over_models, axis=0)
    assert np.nanmean(means[member]) > np.nanmean(means[~member]) + 1
    report.save(tmp_path / "run")
    again = mlleaks.AuditReport.load(tmp_path / "run").records()
    np.testing.assert_array_equal(again["score_high"], table["score_high"])
    np.testing.assert_array_equal(again["outlier_rank"], table["outlier_rank"])
