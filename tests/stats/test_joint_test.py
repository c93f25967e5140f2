"""One test of all attacks: exactly valid, more powerful than single tests, blind to the order of attacks."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom

from mlleaks.stats.joint_test import joint_p_values
from mlleaks.stats.metrics import members_above_all, roc
from mlleaks.stats.significance import TAIL, TESTS, highest, holm, lowest

SAMPLERS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "five values": lambda rng, n: rng.integers(5, size=n).astype(float),
    "one value holds 90 %": lambda rng, n: np.maximum(rng.normal(size=n), 1.28),
    "two values": lambda rng, n: (rng.random(n) < 0.1).astype(float),
}


def curves_of(member, scores):
    return [roc(member, row) for row in scores]


def alike(rng, n, attacks=8, correlation=0.9):
    """Return scores of attacks that are alike ``(attacks, n)``."""
    own = np.sqrt(1 - correlation) * rng.normal(size=(attacks, n))
    return np.sqrt(correlation) * rng.normal(size=n) + own


@pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS)
@pytest.mark.parametrize(("n", "m"), [(20, 20), (8, 60)])
def test_without_a_leak_small_p_values_are_as_rare_as_they_say(sampler, n, m):
    rng, p = np.random.default_rng(3), []
    for seed in range(300):
        member = rng.permutation(n + m) < n
        scores = [sampler(rng, n + m), sampler(rng, n + m), np.zeros(n + m)]
        p.append(min(joint_p_values(curves_of(member, scores), seed=seed)))
    for level in (0.01, 0.05, 0.2):
        assert (np.array(p) <= level).sum() <= binom.isf(1e-5, len(p), level)


def test_the_level_is_not_thrown_away():
    rng, p = np.random.default_rng(3), []
    for seed in range(400):
        member = rng.permutation(100) < 50
        p.append(min(joint_p_values(curves_of(member, alike(rng, 100)), seed=seed)))
    low, high = binom.ppf([1e-4, 1 - 1e-4], len(p), 0.2)
    assert low <= (np.array(p) <= 0.2).sum() <= high


def smallest_p(statistics):
    """Return the smallest p-value over statistics ``(labellings, s)`` of each labelling, by definition."""
    return np.array([[(column >= value).mean() for value in column] for column in statistics.T]).min(axis=0)


def test_one_attack_of_few_records_is_compared_with_all_labellings():
    scores = np.array([3.0, 1, 1, 0, 5, 2, 2, 4, 6, 6])
    rows = []
    for some in combinations(range(10), 4):
        curve = roc(np.isin(np.arange(10), some), scores)
        top, bottom = highest(curve, TAIL), lowest(curve, TAIL)
        rows.append([curve.ranks[curve.member].sum(), top[0], bottom[0], members_above_all(curve)])
    smallest = smallest_p(np.array(rows))
    for labelling in (0, 50, 180, 205, 209):
        member = np.isin(np.arange(10), list(combinations(range(10), 4))[labelling])
        expected = (smallest <= smallest[labelling]).mean()
        assert joint_p_values([roc(member, scores)])[0] == pytest.approx(expected, abs=0.03)


def test_the_order_of_records_decides_nothing_where_many_tie():
    """Members first, and one value holds most records: the first of them in the list are all members."""
    member = np.repeat([True, False], 450)
    scores = np.ones(900)
    scores[[*range(36), *range(450, 486)]] = 0
    assert joint_p_values([roc(member, scores)])[0] > 0.3


def test_attacks_that_are_all_the_same_cost_nothing():
    member = np.random.default_rng(0).permutation(80) < 40
    scores = np.random.default_rng(1).normal(size=80) + 0.5 * member
    alone = joint_p_values([roc(member, scores)])
    assert joint_p_values([roc(member, scores)] * 20) == alone * 20


def test_the_order_of_attacks_changes_nothing():
    rng = np.random.default_rng(0)
    member = rng.permutation(80) < 40
    curves = curves_of(member, alike(rng, 80, correlation=0.2) + 0.3 * member)
    order = rng.permutation(len(curves))
    p = np.array(joint_p_values(curves))
    assert p[order].tolist() == joint_p_values([curves[i] for i in order])
    assert len(set(p)) > 3


def test_an_attack_that_fails_has_its_own_p_value():
    rng = np.random.default_rng(0)
    member = rng.permutation(200) < 100
    strong, blind = joint_p_values(curves_of(member, [rng.normal(size=200) + member, rng.normal(size=200)]))
    assert strong < 0.001
    assert blind > 0.05


LEAKS = {
    "all members": lambda member, rng: 0.35 * member,
    "few members": lambda member, rng: 3.0 * (member & (rng.random(len(member)) < 0.08)),
    "sure non-members": lambda member, rng: -3.0 * (~member & (rng.random(len(member)) < 0.15)),
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_it_finds_more_than_single_tests_corrected_for_their_number(leak):
    rng, joint, single = np.random.default_rng(7), 0, 0
    for _ in range(60):
        member = rng.permutation(200) < 100
        curves = curves_of(member, alike(rng, 200) + leak(member, rng))
        joint += min(joint_p_values(curves)) <= 0.05
        single += min(holm([min(holm([test(c) for test in TESTS.values()])) for c in curves])) <= 0.05
    assert joint > 1.2 * single
    assert joint > 15


def test_there_may_be_no_attack():
    assert joint_p_values([]) == []
