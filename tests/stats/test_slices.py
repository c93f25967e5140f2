"""Leakage by class or group: the figures of each slice alone, at a level that holds for all at once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, norm

from mlleaks.errors import InputError
from mlleaks.stats import intervals
from mlleaks.stats.clustered import clustered_area
from mlleaks.stats.metrics import roc
from mlleaks.stats.slices import FEWEST, by_slice


def audit(sizes, shifts, seed=0):
    """Return slices a, b, ... with as many members and as many non-members, whose members score higher."""
    rng = np.random.default_rng(seed)
    slices = np.concatenate([np.repeat(chr(97 + i), 2 * n) for i, n in enumerate(sizes)])
    member = np.concatenate([np.repeat([True, False], n) for n in sizes])
    shift = np.concatenate([np.repeat(d, 2 * n) for d, n in zip(shifts, sizes, strict=True)])
    order = rng.permutation(len(member))
    return member[order], rng.normal(shift * member)[order], slices[order]


def test_each_row_is_that_slice_alone_at_the_joint_level():
    member, scores, slices = audit([150, 60, 30, 5], [0.2, 1.5, 0.6, 3])
    table = by_slice(member, scores, slices)
    assert table["slice"].tolist() == ["b", "c", "a", "d"]
    assert table["auc"].iloc[:3].is_monotonic_decreasing
    joint = 1 - 0.05 / 3
    for row in table.iloc[:3].itertuples():
        here = slices == row.slice
        curve = roc(member[here], scores[here])
        area, tpr = intervals.area(curve, joint), intervals.tpr_at_fpr(curve, 0.01, joint)
        assert (row.auc, row.low, row.high) == (area.value, area.low, area.high)
        assert (row.members, row.nonmembers) == (curve.n_members, curve.n_nonmembers)
        np.testing.assert_array_equal([row.tpr, row.tpr_low, row.tpr_high], [tpr.value, tpr.low, tpr.high])
        assert math.isnan(row.tpr) == (row.slice != "a")


def test_the_worst_is_the_highest_and_missing_figures_say_why():
    table = by_slice(*audit([150, 60, 5], [0.2, 1.5, 9])).set_index("slice")
    assert table.index[table["worst"]].tolist() == ["b"]
    assert table.loc["a", "note"] == ""
    assert table.loc["b", "note"] == "60 non-members; 100 are needed for the TPR at 1% FPR"
    assert table.loc["c", "note"] == "5 members and 5 non-members; at least 20 of each are needed"
    assert table.loc["c", ["auc", "low", "high", "tpr", "tpr_low", "tpr_high"]].isna().all()
    assert list(table.columns) == [
        *("members", "nonmembers", "auc", "low", "high", "tpr", "tpr_low", "tpr_high", "worst", "note")
    ]


def test_a_slice_of_one_side_is_listed_without_figures():
    member, scores, slices = audit([40, 40], [1, 1])
    slices[(slices == "b") & ~member] = "a"
    table = by_slice(member, scores, slices).set_index("slice")
    assert table.loc["b", ["members", "nonmembers"]].tolist() == [40, 0]
    assert table["auc"].isna().tolist() == [False, True]


def test_a_class_that_scores_high_as_a_whole_does_not_leak():
    member, scores, slices = audit([200, 200], [0, 0])
    table = by_slice(member, scores + 5 * (slices == "b"), slices)
    assert ((table["low"] < 0.5) & (table["high"] > 0.5)).all()


@pytest.mark.parametrize("kind", [str, int])
def test_slices_may_have_any_names(kind):
    member, scores, slices = audit([30, 30], [0, 2])
    names = slices if kind is str else np.where(slices == "a", 3, 7)
    table = by_slice(member, scores, names)
    assert table["slice"].tolist() == (["b", "a"] if kind is str else [7, 3])


@pytest.mark.slow
def test_all_intervals_hold_at_once():
    """Of ten slices, also that of the one which looks worst; at 95 % each they would not."""
    trials, truth, joint, single, worst = 300, norm.cdf(0.8 / math.sqrt(2)), 0, 0, 0
    for trial in range(trials):
        member, scores, slices = audit([50] * 10, [0.8] * 10, seed=trial)
        table = by_slice(member, scores, slices)
        inside = (table["low"] <= truth) & (truth <= table["high"])
        joint += inside.all()
        worst += inside[table["worst"]].all()
        each = [intervals.auc(member[slices == s], scores[slices == s]) for s in "abcdefghij"]
        single += all(e.low <= truth <= e.high for e in each)
    assert joint >= binom.ppf(1e-4, trials, 0.95)
    assert worst >= joint
    assert single < binom.ppf(1e-4, trials, 0.95)


@pytest.mark.parametrize(
    ("slices", "message"),
    [
        (["x"] * 80, "one slice, 'x', for all records; expected two or more"),
        (np.arange(80) // 16, f"5 slices, none of them with {FEWEST} members and {FEWEST} non-members"),
        ([None, *["x"] * 79], "80 slices for 80 records, 1 of them missing.*a name of their own"),
        (["x"] * 3, "3 slices for 80 records"),
    ],
)
def test_what_does_not_fit_is_refused(slices, message):
    with pytest.raises(InputError, match=message):
        by_slice(np.tile([True, False], 40), np.zeros(80), slices)


def test_levels_are_shares():
    with pytest.raises(InputError, match="level 95"):
        by_slice(*audit([30, 30], [0, 0]), level=95)


def test_with_persons_the_intervals_are_for_other_people_and_people_are_counted():
    rng, person = np.random.default_rng(0), np.repeat(np.arange(100), 8)
    member, slices = person < 50, np.where(rng.random(800) < 0.5, "a", "b")
    slices[person % 25 == 0] = "c"  # four people
    slices[np.isin(person, [50, 75])] = "b"
    scores = rng.normal(size=100)[person] + rng.normal(size=800)
    rows, people = (by_slice(member, scores, slices, person=who).set_index("slice") for who in (None, person))
    assert people.loc["a", ["members", "nonmembers"]].tolist() == [
        len(set(person[(slices == "a") & side])) for side in (member, ~member)
    ]
    assert people.loc["a", "auc"] == rows.loc["a", "auc"]
    for name in "ab":
        curve = roc(member[slices == name], scores[slices == name])
        e = clustered_area(curve, np.unique(person[slices == name], return_inverse=True)[1], 1 - 0.05 / 2)
        assert people.loc[name, ["low", "high"]].tolist() == [e.low, e.high]
        assert e.high - e.low > rows.loc[name, "high"] - rows.loc[name, "low"]
    assert people["tpr"].isna().all()
    assert people.loc["c", "note"] == "people: 2 members and 0 non-members; at least 20 of each are needed"
