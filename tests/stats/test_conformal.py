"""Conformal p-values: exact over all orders of the scores, with ties, within groups, and without oneself."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlleaks.errors import InputError
from mlleaks.stats.conformal import conformal_p_values, leave_one_out_p_values, record_p_values

scores_of = st.lists(
    st.integers(-4, 4) | st.just(float("inf")) | st.just(float("-inf")), min_size=1, max_size=30
)


def slow(scores, calibration):
    return [(1 + sum(other >= score for other in calibration)) / (len(calibration) + 1) for score in scores]


class TestAgainstACalibration:
    @given(scores_of, scores_of)
    def test_it_counts_those_that_score_at_least_as_high(self, scores, calibration):
        assert conformal_p_values(scores, calibration).tolist() == slow(scores, calibration)

    def test_without_ties_each_value_is_equally_likely(self):
        """Over all 720 orders of six exchangeable scores, the last one being tested."""
        p = [conformal_p_values([order[-1]], order[:-1])[0] for order in permutations(range(6))]
        values, counts = np.unique(p, return_counts=True)
        np.testing.assert_array_equal(values, np.arange(1, 7) / 6)
        np.testing.assert_array_equal(counts, 120)

    @pytest.mark.parametrize(
        "scores", [[1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 1, 2], [0, 0, 0, 0, 1, 2]]
    )
    def test_with_ties_it_is_never_too_small(self, scores):
        p = [Fraction(round(6 * conformal_p_values([o[-1]], o[:-1])[0]), 6) for o in permutations(scores)]
        for level in {*p}:
            assert Fraction(sum(value <= level for value in p), len(p)) <= level

    @given(scores_of, scores_of)
    def test_only_the_order_matters_and_higher_scores_have_smaller_values(self, scores, calibration):
        finite = [np.clip(part, -9, 9) for part in (scores, calibration)]
        p = conformal_p_values(*finite)
        assert (p == conformal_p_values(*(np.exp(part) + 3 for part in finite))).all()
        assert (np.diff(p[np.argsort(finite[0], kind="stable")]) <= 0).all()

    @given(st.data())
    def test_in_groups_it_is_each_group_by_itself(self, data):
        rows = st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc")), min_size=1, max_size=25)
        (scores, groups), (calibration, own) = (zip(*data.draw(rows), strict=True) for _ in range(2))
        p = conformal_p_values(scores, calibration, groups=groups, calibration_groups=own)
        for score, group, value in zip(scores, groups, p, strict=True):
            within = [c for c, g in zip(calibration, own, strict=True) if g == group]
            assert value == slow([score], within)[0]

    def test_a_group_without_nonmembers_gives_one(self):
        p = conformal_p_values([9, 9], [1, 2], groups=[7, 8], calibration_groups=[7, 7])
        assert p.tolist() == [1 / 3, 1]

    def test_within_a_group_it_is_valid_though_groups_differ(self):
        """Group b scores higher as a whole: its non-members look like members if groups are pooled."""
        values = {"a": range(4), "b": range(10, 14)}
        apart, pooled = [], []
        for first, second in product(permutations(values["a"]), permutations(values["b"])):
            calibration, groups = [*first[:3], *second[:3]], ["a"] * 3 + ["b"] * 3
            apart.append(
                conformal_p_values([second[3]], calibration, groups=["b"], calibration_groups=groups)[0]
            )
            pooled.append(conformal_p_values([second[3]], calibration)[0])
        assert np.mean(np.array(apart) <= 2 / 7) == 0.25
        assert np.mean(np.array(pooled) <= 2 / 7) == 0.5


class TestLeaveOneOut:
    @given(scores_of)
    def test_it_is_the_p_value_against_the_others(self, scores):
        expected = [slow([score], scores[:i] + scores[i + 1 :])[0] for i, score in enumerate(scores)]
        assert leave_one_out_p_values(scores).tolist() == expected

    @given(scores_of, st.integers(1, 3))
    def test_in_groups_it_is_each_group_by_itself(self, scores, k):
        groups = np.arange(len(scores)) % k
        p = leave_one_out_p_values(scores, groups=groups)
        for group in np.unique(groups):
            own = np.array(scores, dtype=float)[groups == group]
            np.testing.assert_array_equal(p[groups == group], leave_one_out_p_values(own))

    def test_without_ties_it_is_the_rank(self):
        order = np.random.default_rng(0).permutation(50)
        np.testing.assert_array_equal(leave_one_out_p_values(order), (50 - order) / 50)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.sampled_from("ab")), min_size=2, max_size=40))
def test_every_record_of_an_audit_has_its_own_kind(rows):
    member, scores, groups = (np.array(column) for column in zip(*rows, strict=True))
    if member.all() or not member.any():
        return
    p = record_p_values(member, scores)
    assert p[member].tolist() == slow(scores[member], scores[~member])
    np.testing.assert_array_equal(p[~member], leave_one_out_p_values(scores[~member]))
    within = record_p_values(member, scores, groups=groups)
    inside, outside = groups[member], groups[~member]
    np.testing.assert_array_equal(
        within[member],
        conformal_p_values(scores[member], scores[~member], groups=inside, calibration_groups=outside),
    )
    np.testing.assert_array_equal(within[~member], leave_one_out_p_values(scores[~member], groups=outside))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conformal_p_values([1], []), "calibration scores of shape .0,.*at least one record"),
        (lambda: conformal_p_values([1, np.nan], [1]), "scores of shape .2,. with 1 nan"),
        (lambda: conformal_p_values([[1]], [1]), "scores of shape .1, 1."),
        (lambda: conformal_p_values(["x"], [1]), "scores that are no numbers"),
        (lambda: conformal_p_values([1], [1], groups=["a"]), "but not of both; expected both or none"),
        (
            lambda: conformal_p_values([1], [1], groups=["a"], calibration_groups=[1, 2]),
            "2 calibration groups for 1 records",
        ),
        (
            lambda: leave_one_out_p_values([1, 2], groups=["a", None]),
            "2 groups for 2 records, 1 of them missing",
        ),
        (lambda: record_p_values([True, True], [1, 2]), "2 members and 0 non-members; expected some of both"),
        (lambda: record_p_values([True, False, True], [1, 2]), "memberships .* for 2 scores"),
        (lambda: record_p_values([2, 0], [1, 2]), "expected True or False for every score"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
