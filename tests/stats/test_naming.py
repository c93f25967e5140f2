"""Lists of names: the bound holds exactly over all splits, in simulations, and the counts are right."""

from __future__ import annotations

import math
from itertools import combinations, pairwise
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm, t

from mlleaks.errors import InputError
from mlleaks.stats import intervals
from mlleaks.stats.conformal import conformal_p_values
from mlleaks.stats.cutoffs import nonmembers_needed, p_value_cutoff
from mlleaks.stats.naming import held_out_fdp, name_members

AUDITS = 400


def groups(n, m):
    return np.repeat([True, False], [n, m])


def share_of_false_names(fpr, tpr, prior):
    """Return the FDP in a population; 0 for an empty list."""
    return (1 - prior) * fpr / ((1 - prior) * fpr + prior * tpr) if tpr else 0.0


def slow_threshold(member, scores, level, prior):
    """Return the lowest member's score that will do, by the rule as it is written down; inf if none does."""
    inside, outside = scores[member], scores[~member]
    for threshold in np.unique(inside):
        false = (1 - prior) * (1 + (outside >= threshold).sum()) / (len(outside) + 1)
        if false / (false + prior * (inside >= threshold).mean()) <= level + 1e-12:
            return threshold
    return math.inf


@st.composite
def audits(draw):
    n, m, step = draw(st.integers(1, 40)), draw(st.integers(30, 80)), draw(st.sampled_from([0.01, 0.5, 2]))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    member = groups(n, m)
    scores = rng.normal(draw(st.sampled_from([0, 1, 4])) * member)
    order = rng.permutation(n + m)
    return member[order], (scores // step * step)[order]


class TestTheList:
    @settings(max_examples=150)
    @given(audits(), st.sampled_from([0.05, 0.1, 0.4]), st.sampled_from([0.4, 0.5, 0.9]))
    def test_it_is_the_longest_that_keeps_the_level(self, audit, level, prior):
        member, scores = audit
        listed = name_members(member, scores, level=level, prior=prior)
        assert listed.threshold == slow_threshold(member, scores, level, prior)
        np.testing.assert_array_equal(listed.named, scores >= listed.threshold)
        n_named = int((listed.named & member).sum())
        assert listed.share == intervals.share(n_named, int(member.sum()))
        false = (1 + (listed.named & ~member).sum()) / ((~member).sum() + 1) if n_named else 0
        assert listed.cutoff == false
        assert listed.expected_false == pytest.approx((1 - prior) / prior * member.sum() * false)
        if not n_named:
            assert (listed.cutoff, math.isnan(listed.fdp.value), listed.fdp.method) == (0, True, "undefined")
            return
        share = (listed.named & ~member).sum() / (~member).sum()
        expected = share_of_false_names(share, listed.share.value, prior)
        assert listed.fdp.value == pytest.approx(expected)
        assert 0 <= listed.fdp.low <= listed.fdp.value <= listed.fdp.high < 1

    @given(audits())
    def test_a_higher_level_or_prior_names_all_that_a_lower_one_does(self, audit):
        lists = [name_members(*audit, level=level, prior=0.5).named for level in (0.05, 0.1, 0.3)]
        lists += [name_members(*audit, level=0.3, prior=prior).named for prior in (0.6, 0.9)]
        for shorter, longer in pairwise(lists):
            assert (longer | ~shorter).all()

    def test_records_that_tie_are_named_all_or_not_at_all(self):
        member, scores = groups(30, 60), np.zeros(90)
        scores[:20] = scores[30:33] = 1
        assert name_members(member, scores, level=0.2).named.tolist() == (scores == 1).tolist()
        assert not name_members(member, scores, level=0.05).named.any()

    def test_a_high_prior_makes_a_list_of_all_records(self):
        listed = name_members(groups(30, 30), np.random.default_rng(0).normal(size=60), prior=0.96)
        assert (listed.named.all(), listed.cutoff) == (True, 1)

    def test_perfect_separation_names_all_members_and_nobody_else(self):
        member = groups(50, 200)
        listed = name_members(member, member * 1.0, prior=0.1)
        np.testing.assert_array_equal(listed.named, member)
        assert (listed.fdp.value, listed.fdp.low) == (0, 0)
        assert listed.expected_false == pytest.approx(9 * 50 / 201)
        most = math.floor(201 / 9 * 0.05 / 0.95) - 1
        limit = intervals.share(0, 200, 1 - 0.05 / (most + 1)).high
        assert listed.fdp.high == pytest.approx(share_of_false_names(limit, 1, 0.1))


class TestTheBoundHolds:
    """What is measured are the non-members that had no part in the list."""

    POOLS: ClassVar = {
        "no ties": ([1.5, 4.5, 8.5, 8.6], range(9)),
        "ties": ([2, 5, 5, 6], [0, 0, 1, 2, 2, 2, 4, 5, 5]),
        "ties at the top": ([3, 3, 3], [0, 0, 0, 1, 1, 3, 3, 3, 3]),
        "separate": ([20, 21, 22], range(9)),
        "no leak": ([-1, 2.5, 7.5], range(9)),
    }

    @pytest.mark.parametrize("prior", [0.3, 0.5, 0.8])
    @pytest.mark.parametrize("level", [0.3, 0.5])
    @pytest.mark.parametrize("pool", POOLS)
    def test_over_all_splits_of_the_nonmembers_exactly(self, pool, level, prior):
        """Of 9 non-members 6 are the audit's; the mean is over all 84 choices, which are equally likely."""
        members, outside = (np.array(part, dtype=float) for part in self.POOLS[pool])
        member, false, ratios = groups(len(members), 6), [], []
        for own in combinations(range(9), 6):
            held_out = np.delete(outside, own)
            scores = np.concatenate([members, outside[list(own)]])
            cut = slow_threshold(member, scores, level, prior)
            if nonmembers_needed(level=level, prior=prior) <= 6:
                assert name_members(member, scores, level=level, prior=prior).threshold == cut
            fpr, tpr = (held_out >= cut).mean(), (members >= cut).mean()
            false.append(share_of_false_names(fpr, tpr, prior))
            ratios.append(fpr / ((1 + (outside[list(own)] >= cut).sum()) / 7))
        assert np.mean(false) <= level + 1e-12
        assert np.mean(ratios) <= 1 + 1e-12

    def test_without_the_one_that_is_added_it_would_not(self):
        """The oracle: a rule that counts V / m instead of (1 + V) / (m + 1) breaks the level."""
        members, outside = np.arange(9) - 0.5, np.arange(9.0)
        false = {0: [], 1: []}
        for own in combinations(range(9), 6):
            audit, held_out = outside[list(own)], np.delete(outside, own)
            for added, values in false.items():
                fprs = {c: ((audit >= c).sum() + added) / (6 + added) for c in members}
                cuts = [
                    c for c, f in fprs.items() if share_of_false_names(f, (members >= c).mean(), 0.5) <= 0.2
                ]
                cut = min(cuts, default=math.inf)
                values.append(share_of_false_names((held_out >= cut).mean(), (members >= cut).mean(), 0.5))
        assert np.mean(false[0]) > 0.24
        assert np.mean(false[1]) <= 0.2

    SAMPLERS: ClassVar = {
        "strong": lambda rng, member: rng.normal(3 * member),
        "weak": lambda rng, member: rng.normal(0.7 * member),
        "none": lambda rng, member: rng.normal(size=len(member)),
        "a tenth of the members": lambda rng, m: (
            rng.normal(size=len(m)) + 6 * (m & (rng.random(len(m)) < 0.1))
        ),
        "strong, six values": lambda rng, member: np.clip(rng.normal(3 * member), -1, 4).round(),
        "weak, many ties": lambda rng, member: np.maximum(rng.normal(1 * member), 1).round(1),
    }

    @pytest.mark.parametrize("prior", [0.5, 0.1])
    @pytest.mark.parametrize("level", [0.05, 0.1])
    @pytest.mark.parametrize("sampler", SAMPLERS)
    def test_in_simulated_audits(self, sampler, level, prior):
        rng, member, draw = np.random.default_rng(8), groups(200, 300), self.SAMPLERS[sampler]
        false = []
        for _ in range(AUDITS):
            listed = name_members(member, draw(rng, member), level=level, prior=prior)
            fresh = draw(rng, np.zeros(2000, dtype=bool))
            fpr = (fresh >= listed.threshold).mean()
            false.append(share_of_false_names(fpr, listed.share.value, prior))
        error = np.std(false, ddof=1) / math.sqrt(AUDITS)
        assert np.mean(false) <= level + t.isf(1e-4, AUDITS - 1) * error

    def test_a_strong_leak_comes_close_to_the_level(self):
        """So the bound above is no empty one: a list that stopped at half the level would fail here."""
        rng, member, false, named = np.random.default_rng(3), groups(500, 1000), [], []
        for _ in range(200):
            listed = name_members(member, rng.normal(3 * member), level=0.1)
            fpr = float(norm.sf(listed.threshold))
            false.append(share_of_false_names(fpr, listed.share.value, 0.5))
            named.append(listed.share.value)
        assert 0.09 < np.mean(false) < 0.103
        assert np.mean(named) > 0.9

    def test_a_list_for_another_prior_breaks_it(self):
        rng, member, false = np.random.default_rng(3), groups(300, 600), []
        for _ in range(50):
            listed = name_members(member, rng.normal(3 * member), level=0.1, prior=0.5)
            false.append(share_of_false_names(norm.sf(listed.threshold), listed.share.value, 0.1))
        assert np.mean(false) > 0.3

    def test_within_groups_the_cutoff_keeps_it(self):
        """Two classes, one of which scores higher as a whole; p-values within each."""
        rng, false = np.random.default_rng(5), []
        member, group = groups(200, 300), np.arange(500) % 2
        for _ in range(AUDITS):
            scores = rng.normal(2.5 * member + 3 * group)
            inside, outside = (group[side] for side in (member, ~member))
            p = conformal_p_values(scores[member], scores[~member], groups=inside, calibration_groups=outside)
            cut = p_value_cutoff(p, level=0.1)
            fresh_group = np.arange(1000) % 2
            fresh = conformal_p_values(
                rng.normal(3 * fresh_group), scores[~member], groups=fresh_group, calibration_groups=outside
            )
            false.append(share_of_false_names((fresh <= cut).mean(), (p <= cut).mean(), 0.5))
        error = np.std(false, ddof=1) / math.sqrt(AUDITS)
        assert 0.07 < np.mean(false) <= 0.1 + t.isf(1e-4, AUDITS - 1) * error


class TestIntervals:
    @pytest.mark.parametrize(
        ("shift", "level", "prior"), [(0.7, 0.2, 0.5), (2, 0.1, 0.5), (3, 0.1, 0.1), (3, 0.05, 0.5)]
    )
    def test_the_share_of_false_names_is_covered(self, shift, level, prior):
        rng, member, misses, n_lists = np.random.default_rng(6), groups(300, 300), 0, 0
        for _ in range(AUDITS):
            listed = name_members(member, rng.normal(shift * member), level=level, prior=prior)
            if listed.cutoff:
                truth = share_of_false_names(norm.sf(listed.threshold), listed.share.value, prior)
                misses += not listed.fdp.low <= truth <= listed.fdp.high
                n_lists += 1
        assert misses <= binom.isf(1e-4, AUDITS, 0.05)
        assert n_lists > 20

    def test_held_out_records_are_counted_with_exact_limits(self):
        member = groups(40, 60)
        listed = name_members(
            member, np.r_[np.linspace(0, 2, 40), np.linspace(0, 1, 60)], prior=0.3, level=0.2
        )
        outside = np.linspace(-1, 1.5, 500)
        e = held_out_fdp(listed, outside)
        fpr = intervals.share(int((outside >= listed.threshold).sum()), 500)
        expected = [
            share_of_false_names(rate, listed.share.value, 0.3) for rate in (fpr.value, fpr.low, fpr.high)
        ]
        assert [e.value, e.low, e.high] == pytest.approx(expected)

    def test_an_empty_list_has_no_share_of_false_names(self):
        listed = name_members(groups(30, 30), np.zeros(60))
        assert (listed.threshold, listed.expected_false, listed.share.value) == (math.inf, 0, 0)
        assert math.isnan(held_out_fdp(listed, [1.0]).value)


class TestTooFewNonmembers:
    @pytest.mark.parametrize(("level", "prior"), [(0.05, 0.5), (0.1, 0.1), (0.01, 0.5)])
    def test_one_fewer_is_an_error_that_says_so(self, level, prior):
        fewest = nonmembers_needed(level=level, prior=prior)
        member = groups(30, fewest)
        assert name_members(member, member * 1.0, level=level, prior=prior).share.value == 1
        message = f"got {fewest - 1} non-members .*expected at least {fewest:,}; .* a tenth of the members"
        with pytest.raises(InputError, match=message):
            name_members(groups(30, fewest - 1), np.arange(29.0 + fewest), level=level, prior=prior)

    def test_a_tenth_of_the_members_takes_ten_times_as_many(self):
        m = nonmembers_needed(share=0.1)
        for k, named in ((m, 3), (m - 1, 0)):
            member, scores = groups(30, k), np.zeros(30 + k)
            scores[:3] = 1
            assert (name_members(member, scores).named & member).sum() == named


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, math.nan])
@pytest.mark.parametrize("name", ["level", "prior"])
def test_levels_and_priors_are_shares(name, share):
    with pytest.raises(InputError, match=f"got {name} {share}; expected a share above 0 and below 1"):
        name_members(groups(30, 30), np.arange(60.0), **{name: share})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: name_members([1, 0], [1, np.nan]), "with 1 nan"),
        (lambda: name_members([1, 1], [1, 2]), "2 members and 0 non-members"),
        (lambda: held_out_fdp(name_members(groups(30, 30), np.zeros(60)), []), "scores of non-members"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
