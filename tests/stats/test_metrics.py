"""Exact counting, against brute force and scikit-learn, with heavy ties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from mlleaks.errors import InputError
from mlleaks.stats import metrics


@st.composite
def labelled_scores(draw, values=4):
    """Return membership of both kinds, and scores of few distinct values."""
    rows = draw(st.lists(st.tuples(st.booleans(), st.integers(0, values - 1)), min_size=0, max_size=40))
    ends = [(True, draw(st.integers(0, values - 1))), (False, draw(st.integers(0, values - 1)))]
    member, scores = zip(*draw(st.permutations(rows + ends)), strict=True)
    return np.array(member), np.array(scores, dtype=float)


def cuts(member, scores):
    """Return (false alarms, hits) of every cut, from flagging nobody to flagging all."""
    cuts_of = {(0, 0)}
    for cut in scores:
        flagged = scores >= cut
        cuts_of.add((int((flagged & ~member).sum()), int((flagged & member).sum())))
    return sorted(cuts_of)


@given(labelled_scores())
def test_roc_has_one_point_for_each_distinct_cut(sample):
    curve = metrics.roc(*sample)
    assert list(zip(curve.false_positives, curve.true_positives, strict=True)) == cuts(*sample)


@given(labelled_scores())
def test_roc_thresholds_reproduce_the_counts(sample):
    member, scores = sample
    curve = metrics.roc(member, scores)
    for i, cut in enumerate(curve.thresholds):
        flagged = scores >= cut
        assert curve.true_positives[i] == (flagged & member).sum()
        assert curve.false_positives[i] == (flagged & ~member).sum()


@given(labelled_scores())
def test_roc_agrees_with_scikit_learn(sample):
    curve = metrics.roc(*sample)
    fpr, tpr, thresholds = roc_curve(*sample, drop_intermediate=False)
    np.testing.assert_allclose(curve.false_positives / curve.n_nonmembers, fpr)
    np.testing.assert_allclose(curve.true_positives / curve.n_members, tpr)
    np.testing.assert_array_equal(curve.thresholds, thresholds)


@given(labelled_scores())
def test_roc_ignores_the_order_of_the_records(sample):
    member, scores = sample
    one, other = metrics.roc(member, scores), metrics.roc(member[::-1], scores[::-1])
    np.testing.assert_array_equal(one.true_positives, other.true_positives)
    np.testing.assert_array_equal(one.false_positives, other.false_positives)


@given(labelled_scores())
def test_auc_counts_pairs_with_ties_half(sample):
    member, scores = sample
    gaps = np.sign(scores[member][:, None] - scores[~member][None, :])
    assert metrics.auc(member, scores) == pytest.approx((1 + gaps.mean()) / 2, abs=1e-12)


@given(labelled_scores(values=30))
def test_auc_agrees_with_scikit_learn(sample):
    assert metrics.auc(*sample) == pytest.approx(roc_auc_score(*sample), abs=1e-12)


@given(labelled_scores())
def test_auc_of_reversed_scores_is_its_complement(sample):
    member, scores = sample
    assert metrics.auc(member, scores) + metrics.auc(member, -scores) == 1


@given(labelled_scores())
def test_auc_depends_on_the_order_of_scores_only(sample):
    member, scores = sample
    assert metrics.auc(member, scores) == metrics.auc(member, np.exp(3 * scores) - 7)


def test_auc_of_large_groups_does_not_overflow():
    member = np.arange(200_000) % 2 == 0
    assert metrics.auc(member, member.astype(float)) == 1
    assert metrics.auc(member, np.zeros(200_000)) == 0.5


def test_infinite_scores_are_ordered_like_others():
    member = np.array([True, True, False, False])
    assert metrics.auc(member, np.array([np.inf, 0.0, 0.0, -np.inf])) == 0.875


@given(labelled_scores(), st.sampled_from([0.01, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1.0]))
def test_tpr_at_fpr_is_the_best_cut_that_is_allowed(sample, fpr):
    member, scores = sample
    m = int((~member).sum())
    best = max(hits for alarms, hits in cuts(member, scores) if alarms <= m * fpr + 1e-9)
    value = metrics.tpr_at_fpr(metrics.roc(member, scores), fpr)
    if m * fpr < 1 - 1e-9:
        assert math.isnan(value)
    else:
        assert value == best / member.sum()


@given(labelled_scores())
def test_tpr_at_fpr_grows_with_fpr(sample):
    values = [metrics.tpr_at_fpr(metrics.roc(*sample), fpr) for fpr in (0.1, 0.3, 0.6, 1.0)]
    defined = [v for v in values if not math.isnan(v)]
    assert defined == sorted(defined)
    assert values[-1] == 1


@pytest.mark.parametrize("m", [10, 100, 1000, 7000, 90_000])
def test_smallest_measurable_rate_is_one_over_the_number_of_nonmembers(m):
    member = np.repeat([True, False], [5, m])
    scores = np.concatenate([[3.0, 3, 1, 0, 0], [2.0], np.zeros(m - 1)])
    assert metrics.tpr_at_fpr(metrics.roc(member, scores), 1 / m) == 0.6
    assert math.isnan(metrics.tpr_at_fpr(metrics.roc(member, scores), 0.999 / m))
    assert math.isnan(metrics.tpr_at_fpr(metrics.roc(member, scores), 0.0))


def test_a_tie_across_the_cut_is_not_split():
    member = np.repeat([True, False], [4, 10])
    scores = np.array([9.0, 5, 5, 1, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0])
    assert metrics.tpr_at_fpr(metrics.roc(member, scores), 0.1) == 0.25
    assert metrics.tpr_at_fpr(metrics.roc(member, scores), 0.2) == 1.0


@pytest.mark.parametrize("fpr", metrics.FPRS)
@pytest.mark.parametrize("times", [1, 3, 7, 29, 123])
def test_whole_multiples_are_allowed_despite_rounding(fpr, times):
    n = round(times / fpr)
    assert metrics.false_alarms_allowed(n, fpr) == times
    assert metrics.false_alarms_allowed(n - 1, fpr) == times - 1


@given(labelled_scores(), st.integers(1, 45))
def test_members_above_counts_strictly(sample, k):
    member, scores = sample
    nonmembers = np.sort(scores[~member])[::-1]
    expected = (scores[member] > nonmembers[k - 1]).sum() if k <= len(nonmembers) else member.sum()
    assert metrics.members_above(metrics.roc(member, scores), k) == expected


@pytest.mark.parametrize(
    "metric", [metrics.roc, metrics.auc, lambda m, s: metrics.tpr_at_fpr(metrics.roc(m, s), 0.1)]
)
class TestRefusals:
    def test_nan_scores(self, metric):
        with pytest.raises(InputError, match="2 nan scores; expected a number for every record"):
            metric(np.array([True, False, True]), np.array([np.nan, 1.0, np.nan]))

    @pytest.mark.parametrize(
        ("member", "counts"),
        [
            ([True, True], "2 members and 0 non-members"),
            ([False], "0 members and 1 non-members"),
            ([], "0 members and 0"),
        ],
    )
    def test_one_group_is_empty(self, metric, member, counts):
        with pytest.raises(InputError, match=f"{counts}.*expected some of both"):
            metric(np.array(member, dtype=bool), np.zeros(len(member)))
