"""The AUC's interval for other people: its variance, its hull, and its coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import binom, norm, t

from mlleaks.errors import InputError
from mlleaks.stats import clustered, intervals, metrics
from mlleaks.stats.auc_interval import placements, score_interval
from mlleaks.stats.clustered import CLUSTERED, clustered_auc
from mlleaks.stats.metrics import roc
from tests.stats.rows_of_people import rows_of_people


def slow_parts(member, scores, person):
    """Return each side's part of Obuchowski's variance (1997), and all of it, from all comparisons."""
    kernel = (1 + np.sign(scores[member][:, None] - scores[~member][None, :])) / 2
    inside, outside = person[member], person[~member]
    names = sorted(set(person))
    a = [sum(row.mean() - kernel.mean() for row in kernel[inside == name]) for name in names]
    b = [sum(column.mean() - kernel.mean() for column in kernel[:, outside == name].T) for name in names]
    sums = []
    for own, side in ((a, inside), (b, outside)):
        g = len(set(side))
        sums.append(math.sqrt(g / (g - 1)) * np.array(own) / len(side))
    return sums[0] @ sums[0], sums[1] @ sums[1], (sums[0] + sums[1]) @ (sums[0] + sums[1])


def by_rows(member, scores):
    """Return DeLong's variance, which takes rows to be independent."""
    return sum(side.var(ddof=1) / len(side) for side in placements(roc(member, scores)))


class TestClusteredAuc:
    @settings(max_examples=60)
    @given(st.integers(0, 10**6), st.booleans(), st.sampled_from([0, 1, 3]))
    def test_the_variance_is_that_of_all_comparisons(self, seed, both_sides, decimals):
        rng = np.random.default_rng(seed)
        person = np.r_[np.arange(12), rng.integers(12, size=68)]
        member = rng.permutation(80) < 40 if both_sides else person < 6
        scores = (rng.normal(size=12)[person] + rng.normal(size=80) + member).round(decimals)
        first, second, total = slow_parts(member, scores, person)
        spread = clustered._spread(roc(member, scores), person)
        assert spread.clustered == pytest.approx(total)
        assert spread.by_rows == pytest.approx(by_rows(member, scores))
        sizes = [len(set(person[side])) - 1 for side in (member, ~member)]
        welch = (first + second) ** 2 / (first**2 / sizes[0] + second**2 / sizes[1])
        assert spread.freedom == pytest.approx(welch)

    @pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
    @pytest.mark.parametrize("level", [0.8, 0.95])
    def test_the_interval_is_the_hull_with_newcombes(self, shift, level):
        member, scores, person = rows_of_people(np.random.default_rng(2), people=12, rows=15, shift=shift)
        first, second, total = slow_parts(member, scores, person)
        freedom = (first + second) ** 2 / (first**2 / 5 + second**2 / 5)
        effect = total / by_rows(member, scores)
        assert effect > 1
        value = metrics.auc(member, scores)
        half = t.ppf((1 + level) / 2, freedom) * math.sqrt(total) / (value * (1 - value))
        low, high = score_interval(value, 90 / effect, 90 / effect, z=norm.isf((1 - level) / 2))
        e = clustered_auc(member, scores, person, level=level)
        assert (e.value, e.method) == (value, CLUSTERED)
        assert e.low == pytest.approx(min(low, expit(logit(value) - half)))
        assert e.high == pytest.approx(max(high, expit(logit(value) + half)))

    def test_people_on_both_sides_may_be_split(self):
        rng = np.random.default_rng(0)
        person = np.repeat(np.arange(20), 10)
        member = np.tile([True, False], 100)
        scores = 2 * rng.normal(size=20)[person] + rng.normal(size=200)
        e = clustered_auc(member, scores, person, both_sides="split")
        apart = clustered_auc(member, scores, 2 * person + member)
        assert e.value == apart.value
        assert e.high - e.low < apart.high - apart.low  # what a person's records share cancels out

    def test_one_record_per_person_gives_the_variance_of_rows(self):
        rng = np.random.default_rng(4)
        member = np.repeat([True, False], [40, 90])
        scores = rng.normal(0.5 * member)
        robust, plain = clustered_auc(member, scores, np.arange(130)), intervals.auc(member, scores)
        assert robust.value == plain.value
        assert (robust.low, robust.high) == pytest.approx((plain.low, plain.high), abs=0.003)
        assert robust.low >= plain.low

    def test_copies_of_a_record_add_nothing(self):
        rng = np.random.default_rng(4)
        member = np.repeat([True, False], 50)
        scores = rng.normal(0.5 * member)
        once = clustered_auc(member, scores, np.arange(100))
        often = clustered_auc(*(np.repeat(part, 25) for part in (member, scores, np.arange(100))))
        assert (often.value, often.low, often.high) == pytest.approx(
            (once.value, once.low, once.high), abs=0.003
        )

    def test_the_order_of_the_rows_and_the_names_of_people_do_not_matter(self):
        rng = np.random.default_rng(5)
        member, scores, person = rows_of_people(rng)
        order = rng.permutation(len(person))
        e = clustered_auc(member, scores, person)
        other = clustered_auc(member[order], scores[order], np.char.add("p", person.astype(str))[order])
        assert (other.value, other.low, other.high) == pytest.approx((e.value, e.low, e.high))

    def test_perfect_separation_counts_people(self):
        member, person = np.repeat([True, False], 100), np.repeat(np.arange(10), 20)
        e = clustered_auc(member, member * 1.0, person)
        assert (e.value, e.high) == (1, 1)
        assert e.low == pytest.approx(score_interval(1.0, 5, 5, z=norm.isf(0.025))[0])
        assert e.low < 0.7

    @pytest.mark.slow
    @pytest.mark.parametrize("shift", [0.0, 0.7, 1.5])
    def test_thirty_people_with_twenty_rows_each_are_covered(self, shift):
        """The intervals of rows hold in six of ten cases, those of people in 93 to 97 %."""
        rng, trials, truth = np.random.default_rng(3), 1500, norm.cdf(shift / math.sqrt(2))
        by_rows = by_people = 0
        for _ in range(trials):
            member, scores, person = rows_of_people(rng, shift=shift)
            rows, people = intervals.auc(member, scores), clustered_auc(member, scores, person)
            by_rows += rows.low <= truth <= rows.high
            by_people += people.low <= truth <= people.high
        assert by_rows < 0.7 * trials
        assert 0.93 * trials <= by_people <= 0.97 * trials

    @pytest.mark.slow
    def test_independent_rows_cost_little_width(self):
        rng, widths, covered = np.random.default_rng(3), [], 0
        for _ in range(500):
            member, scores, person = rows_of_people(rng, correlation=0.0)
            rows, people = intervals.auc(member, scores), clustered_auc(member, scores, person)
            widths.append((people.high - people.low) / (rows.high - rows.low))
            covered += people.low <= norm.cdf(0.7 / math.sqrt(2)) <= people.high
        assert covered >= binom.ppf(1e-5, 500, 0.95)
        assert 1 < np.mean(widths) < 1.15


def test_one_person_on_a_side_is_refused():
    with pytest.raises(
        InputError, match="2 persons with members and 1 with non-members; expected two on each"
    ):
        clustered_auc([1, 1, 0], [1, 2, 3], list("abc"))


def test_levels_are_shares():
    with pytest.raises(InputError, match="level 1.5; expected a share"):
        clustered_auc([1, 1, 0, 0], [1, 2, 3, 4], list("abcd"), level=1.5)
