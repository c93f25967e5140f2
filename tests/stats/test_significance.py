"""p-values: valid without a leak, small with one."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, false_discovery_control, fisher_exact, hypergeom, mannwhitneyu, rankdata

from mlleaks.errors import InputError
from mlleaks.outputs.signals import maximum, predicted_classes
from mlleaks.stats import significance
from mlleaks.stats.metrics import roc
from tests.synthetic import planted

p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=9)


def groups(n, m):
    return np.repeat([True, False], [n, m])


class TestHolm:
    @pytest.mark.parametrize(
        ("raw", "corrected"),
        [
            ([0.01, 0.02, 0.03, 0.04], [0.04, 0.06, 0.06, 0.06]),
            ([0.04, 0.001, 0.03], [0.06, 0.003, 0.06]),
            ([0.6, 0.01, 0.7], [1, 0.03, 1]),
            ([0.02, 0.02], [0.04, 0.04]),
            ([0.03], [0.03]),
            ([], []),
        ],
    )
    def test_hand_computed(self, raw, corrected):
        assert significance.holm(raw) == pytest.approx(corrected)

    @given(p_lists)
    def test_between_the_raw_and_the_bonferroni_values(self, raw):
        corrected = significance.holm(raw)
        for p, q in zip(raw, corrected, strict=True):
            assert p <= q <= min(1, len(raw) * p) or q == pytest.approx(min(1, max(raw)))
        assert min(corrected) == pytest.approx(min(1, len(raw) * min(raw)))

    @given(p_lists)
    def test_the_order_is_kept(self, raw):
        corrected = significance.holm(raw)
        order = np.argsort(raw, kind="stable")
        assert (np.diff(np.array(corrected)[order]) >= 0).all()

    @given(p_lists, st.randoms(use_true_random=False))
    def test_the_order_of_the_tests_does_not_matter(self, raw, random):
        places = list(range(len(raw)))
        random.shuffle(places)
        shuffled = significance.holm([raw[i] for i in places])
        assert shuffled == pytest.approx([significance.holm(raw)[i] for i in places])

    @given(p_lists, st.sampled_from([0.01, 0.05, 0.2]))
    def test_it_rejects_what_the_stepwise_procedure_rejects(self, raw, level):
        rejected = set()
        for step, i in enumerate(np.argsort(raw, kind="stable")):
            if not raw[i] * (len(raw) - step) <= level:
                break
            rejected.add(int(i))
        assert {i for i, p in enumerate(significance.holm(raw)) if p <= level} == rejected


class TestBenjaminiHochberg:
    @given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.sampled_from([0.05, 0.1, 0.3]))
    def test_it_names_what_scipy_adjusts_to_the_level(self, numerators, level):
        p = np.array(numerators) / 40
        named = false_discovery_control(p) <= level * (1 + 1e-9)
        np.testing.assert_array_equal(significance.benjamini_hochberg(p, level), named)

    def test_levels_are_shares(self):
        with pytest.raises(InputError, match="level 2; expected a share"):
            significance.benjamini_hochberg([0.5], 2)


class TestRanking:
    @pytest.mark.parametrize("decimals", [1, 6])
    def test_many_values_give_the_one_sided_mann_whitney_test(self, decimals):
        rng = np.random.default_rng(0)
        member = rng.random(300) < 0.4
        scores = rng.normal(0.1 * member).round(decimals)
        expected = mannwhitneyu(scores[member], scores[~member], alternative="greater", method="asymptotic")
        assert significance.ranking(roc(member, scores)) == pytest.approx(expected.pvalue)

    def test_two_values_give_fishers_exact_test(self):
        member, scores = groups(20, 1000), np.zeros(1020)
        scores[[0, 1, 30, 31, 32]] = 1
        table = [[2, 18], [3, 997]]
        expected = fisher_exact(table, alternative="greater").pvalue
        assert significance.ranking(roc(member, scores)) == pytest.approx(expected)

    @pytest.mark.parametrize("values", [3, 6])
    def test_few_values_give_the_exact_permutation_test(self, values):
        rng = np.random.default_rng(values)
        member, scores = groups(6, 7), rng.integers(values, size=13).astype(float)
        ranks = rankdata(scores)
        sums = [ranks[list(rows)].sum() for rows in combinations(range(13), 6)]
        exact = np.mean(np.array(sums) >= ranks[:6].sum() - 1e-9)
        assert significance.ranking(roc(member, scores)) == pytest.approx(exact, abs=0.02)

    def test_scores_that_are_all_alike_prove_nothing(self):
        assert significance.ranking(roc(groups(9, 9), np.ones(18))) == 1

    def test_only_members_that_score_higher_count(self):
        member = groups(50, 50)
        assert significance.ranking(roc(member, member.astype(float))) < 1e-9
        assert significance.ranking(roc(member, -member.astype(float))) > 0.999


def tail_by_hand(member, scores, share=significance.TAIL):
    """Return Fisher's exact test of the largest top group of at most ``share``, or of the first."""
    cuts = sorted(set(scores.tolist()), reverse=True)
    sizes = [int((scores >= c).sum()) for c in cuts]
    fitting = [c for c, size in zip(cuts, sizes, strict=True) if size <= share * len(scores)]
    top = scores >= (fitting[-1] if fitting else cuts[0])
    table = [[(top & member).sum(), (top & ~member).sum()], [(~top & member).sum(), (~top & ~member).sum()]]
    return fisher_exact(table, alternative="greater").pvalue


class TestTail:
    @settings(max_examples=60)
    @given(
        st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=2, max_size=80),
        st.sampled_from([0.02, 0.1, 0.5]),
    )
    def test_it_is_fishers_exact_test_of_the_top(self, rows, share):
        member, scores = (np.array(column) for column in zip(*rows, strict=True))
        if member.all() or not member.any():
            return
        expected = tail_by_hand(member, scores, share)
        assert significance.tail(roc(member, scores), share) == pytest.approx(expected)

    @pytest.mark.parametrize(
        "scores",
        [range(9), [3, 3, 3, 2, 2, 1, 1, 1, 0], [1, 1, 1, 1, 0, 0, 0, 0, 0], [5, 1, 1, 1, 1, 1, 1, 1, 1]],
    )
    @pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
    @pytest.mark.parametrize("n", [2, 4, 7])
    def test_over_all_labellings_it_is_exactly_valid(self, scores, share, n):
        scores = np.array(scores, dtype=float)
        p = []
        for selected in combinations(range(9), n):
            member = np.zeros(9, dtype=bool)
            member[list(selected)] = True
            p.append(significance.tail(roc(member, scores), share))
        p = np.array(p)
        for level in np.unique(p):
            assert (p <= level + 1e-9).mean() <= level + 1e-9

    def test_a_top_that_is_one_great_tie_is_taken_whole(self):
        member, scores = groups(50, 50), np.zeros(100)
        scores[:40] = 1
        assert significance.tail(roc(member, scores)) == pytest.approx(hypergeom.sf(39, 100, 50, 40))
        assert significance.tail(roc(member, np.zeros(100))) == 1


SAMPLERS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy tails": lambda rng, n: rng.standard_cauchy(size=n),
    "five values": lambda rng, n: rng.integers(5, size=n).astype(float),
    "mostly one value": lambda rng, n: np.maximum(rng.normal(size=n), 1.0),
}
SIMULATIONS = 400


TESTS = significance.TESTS


@pytest.mark.slow
@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
@pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS)
@pytest.mark.parametrize(("n", "m"), [(20, 20), (150, 150), (40, 400)])
def test_small_p_values_are_no_more_frequent_than_they_say(test, sampler, n, m):
    rng, member = np.random.default_rng(11), groups(n, m)
    p = np.array([test(roc(member, sampler(rng, n + m))) for _ in range(SIMULATIONS)])
    for level in (0.005, 0.05, 0.2):
        assert (p <= level).sum() <= binom.isf(1e-5, SIMULATIONS, level)


MOSTLY_TIED = {
    "at the bottom": lambda rng, n: np.maximum(rng.random(n), 0.97),
    "at the top": lambda rng, n: np.minimum(rng.random(n), 0.03),
    "in two places": lambda rng, n: np.clip(rng.random(n), 0.48, 0.52),
}


@pytest.mark.slow
@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
@pytest.mark.parametrize("sampler", MOSTLY_TIED.values(), ids=MOSTLY_TIED)
@pytest.mark.parametrize("minority", [True, False])
def test_a_tie_of_most_records_and_a_small_group_make_no_leak(test, sampler, minority):
    """Hundreds of values, yet nearly all of the 20 fall into the tie: far from a normal rank sum."""
    rng, simulations = np.random.default_rng(4), 200
    pool = sampler(rng, 20_020)
    assert len(np.unique(pool)) > 500
    p = []
    for _ in range(simulations):
        few = np.zeros(len(pool), dtype=bool)
        few[rng.choice(len(pool), 20, replace=False)] = True
        p.append(test(roc(few if minority else ~few, pool)))
    for level in (0.007, 0.05):
        assert (np.array(p) <= level).sum() <= binom.isf(1e-4, simulations, level)


@pytest.mark.parametrize("rare", [0.005, 0.02, 0.05, 0.5, 0.95])
@pytest.mark.parametrize(("n", "m"), [(20, 20), (300, 300), (20, 1000), (1000, 20)])
def test_a_decision_is_significant_no_more_often_than_the_level(n, m, rare):
    """Over all labellings of a pool in which ``rare`` of the records are flagged."""
    flagged = max(1, round(rare * (n + m)))
    hits = np.arange(max(0, flagged - m), min(n, flagged) + 1)
    weight = hypergeom.pmf(hits, n + m, n, flagged)
    member, p = groups(n, m), np.ones(len(hits))
    for i in np.flatnonzero(weight > 1e-9):
        scores = np.zeros(n + m)
        scores[: hits[i]] = scores[n : n + flagged - hits[i]] = 1
        p[i] = significance.ranking(roc(member, scores))
    for level in (0.005, 0.05):
        assert weight[p <= level].sum() <= level + 1e-9


@pytest.mark.slow
def test_over_all_labellings_of_few_records_ranking_is_nearly_valid():
    scores = np.array([1, 2, 2, 3, 4, 5, 5, 5, 6, 7, 8, 9], dtype=float)
    p = []
    for selected in combinations(range(12), 6):
        member = np.zeros(12, dtype=bool)
        member[list(selected)] = True
        p.append(significance.ranking(roc(member, scores)))
    for level in (0.01, 0.05, 0.1):
        assert (np.array(p) <= level).mean() <= 1.15 * level


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_leak_is_found_by_both_tests(seed):
    observations = planted(1.5, n=3000, seed=seed)
    scores = maximum(observations.outputs.posteriors)
    right = (predicted_classes(observations.outputs.posteriors) == observations.outputs.labels).astype(float)
    for test, values in product((significance.ranking, significance.tail), (scores, right)):
        assert test(roc(observations.member, values)) < 0.01


def test_the_tail_sees_a_leak_of_few_records_that_the_ranking_does_not():
    n = 1000
    ours, theirs = np.arange(n) + 0.25, np.arange(n) + 0.5
    ours[np.linspace(200, 800, 30).astype(int)] += 2 * n
    member, scores = groups(n, n), np.concatenate([ours, theirs])
    assert significance.tail(roc(member, scores)) < 1e-5
    assert significance.ranking(roc(member, scores)) > 0.1


def test_the_ranking_sees_a_slight_leak_of_all_that_the_tail_does_not():
    n = 1000
    ours, theirs = np.arange(n) * 1.0 + 75, np.arange(n) + 0.5
    ours[-10:], theirs[-10:] = 5000 + np.arange(10), 5000.5 + np.arange(10)
    ours[ours < 5000] = np.minimum(ours[ours < 5000], 980)
    member, scores = groups(n, n), np.concatenate([ours, theirs])
    assert significance.ranking(roc(member, scores)) < 1e-6
    assert significance.tail(roc(member, scores)) > 0.05


class TestLead:
    def test_it_is_the_chance_that_the_first_are_all_members(self):
        scores = np.array([9.0, 8, 7, 1, 2, 3, 4, 5])
        member = np.array([True, True, True, False, True, False, False, False])
        assert significance.lead(roc(member, scores)) == pytest.approx(4 / 8 * 3 / 7 * 2 / 6)

    def test_a_tie_with_a_non_member_leads_nothing(self):
        member = groups(4, 4)
        assert significance.lead(roc(member, np.array([9.0, 9, 1, 1, 9, 1, 1, 1]))) == 1

    def test_it_sees_a_handful_that_the_others_miss(self):
        member, scores = groups(1000, 1000), np.random.default_rng(0).normal(size=2000)
        scores[:14] += 20
        assert significance.lead(roc(member, scores)) < 1e-3
        assert significance.ranking(roc(member, scores)) > 0.05
