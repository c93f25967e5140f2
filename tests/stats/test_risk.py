"""One row per record: each column is the function that it names, in the order of the risk."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.errors import InputError
from mlleaks.stats.conformal import record_p_values
from mlleaks.stats.naming import name_members
from mlleaks.stats.record_evidence import RecordEvidence
from mlleaks.stats.risk import record_risk

RNG = np.random.default_rng(0)
MEMBER = RNG.permutation(200) % 2 == 0
SCORES = RNG.normal(2.5 * MEMBER).round(1)
OTHER, NOTHING = RNG.normal(2 * MEMBER), np.zeros(200)


def test_each_column_is_what_it_says():
    table = record_risk(MEMBER, SCORES, level=0.1).sort_values("id", ignore_index=True)
    assert list(table.columns) == ["id", "member", "score", "rank", "p_value", "named", "agreement"]
    np.testing.assert_array_equal(table["id"], np.arange(200))
    np.testing.assert_array_equal(table["member"], MEMBER)
    np.testing.assert_array_equal(table["score"], SCORES)
    np.testing.assert_array_equal(table["rank"], [1 + (s < SCORES).sum() for s in SCORES])
    np.testing.assert_array_equal(table["p_value"], record_p_values(MEMBER, SCORES))
    named = name_members(MEMBER, SCORES, level=0.1).named
    np.testing.assert_array_equal(table["named"], named)
    np.testing.assert_array_equal(table["agreement"], named * 1.0)
    assert named.sum() > 20


def test_the_most_exposed_come_first():
    table = record_risk(MEMBER, SCORES)
    assert table["rank"].is_monotonic_increasing
    assert table["score"].is_monotonic_decreasing


def test_agreement_counts_the_attacks_whose_list_holds_the_record():
    evidence = RecordEvidence(attacks={"other": OTHER, "nothing": NOTHING})
    table = record_risk(MEMBER, SCORES, level=0.2, prior=0.4, evidence=evidence).sort_values("id")
    lists = [name_members(MEMBER, s, level=0.2, prior=0.4).named for s in (SCORES, OTHER, NOTHING)]
    assert table["agreement"].tolist() == pytest.approx(np.mean(lists, axis=0))
    np.testing.assert_array_equal(table["named"], lists[0])
    assert set(np.mean(lists, axis=0).round(2)) == {0, 0.33, 0.67}


def test_reasons_stay_with_their_records():
    labels = np.where(np.arange(200) < 20, "rare", "common")
    rank, posterior = np.arange(200) / 199, np.linspace(1, 0, 200)
    names = np.array([f"r{i}" for i in range(200)])
    evidence = RecordEvidence(labels=labels, outlier_rank=rank, posterior_without=posterior)
    table = record_risk(MEMBER, SCORES, ids=names, evidence=evidence)
    row = table["id"].str[1:].astype(int).to_numpy()
    np.testing.assert_array_equal(table["class_share"], np.where(row < 20, 0.1, 0.9))
    np.testing.assert_array_equal(table["outlier_rank"], rank[row])
    np.testing.assert_array_equal(table["posterior_without"], posterior[row])
    assert list(table.columns[-3:]) == ["class_share", "outlier_rank", "posterior_without"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ids": ["a"] * 200}, "199 ids that repeat another, such as 'a'"),
        ({"ids": [1, 2]}, "2 ids for 200 records"),
        ({"level": 0.001}, "100 non-members for a list at level 0.001"),
        ({"prior": 1.5}, "prior 1.5"),
        ({"evidence": RecordEvidence({"x": [1.0, 2]})}, "memberships .* for 2 scores"),
        ({"evidence": RecordEvidence({"x": SCORES * np.nan})}, "x of shape .200,. with 200 nan"),
        ({"evidence": RecordEvidence(labels=[1])}, "1 labels for 200 records"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        record_risk(MEMBER, SCORES, **arguments)
