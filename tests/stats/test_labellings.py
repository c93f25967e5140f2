"""Random labellings: rank sums against enumeration and the closed form, and by person."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chisquare, norm, rankdata

from mlleaks.errors import InputError
from mlleaks.stats import labellings
from mlleaks.stats.labellings import labellings_by_person, rank_sum, rank_sum_by_drawing
from tests.stats.rows_of_people import rows_of_people


def counted(member, scores):
    """Return how many members, and how many records, there are of each value."""
    _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    return np.bincount(group, weights=member, minlength=len(sizes)).astype(int), sizes


@pytest.mark.parametrize(("n", "m"), [(3, 9), (9, 3), (6, 6)])
@pytest.mark.parametrize(
    "scores",
    [
        [5, 0, 3, 0, 0, 0, 0, 0, 0, 7, 1, 0],
        [5, 9, 3, 9, 9, 9, 9, 9, 9, 7, 1, 9],
        [1, 2, 2, 1, 0, 2, 1, 3, 2, 1, 3, 0],
    ],
)
def test_it_is_the_share_of_all_labellings(scores, n, m):
    ranks = rankdata(scores)
    sums = np.array([ranks[list(rows)].sum() for rows in combinations(range(12), n)])
    exact = (sums >= ranks[:n].sum()).mean()
    for p in (rank_sum, rank_sum_by_drawing):
        assert p(*counted(np.arange(12) < n, scores)) == pytest.approx(exact, abs=0.03)


def test_few_values_keep_their_level():
    """Three values in steps of hundreds of ranks: a normal tail is up to a quarter too generous there."""
    sizes, members = np.array([211, 211, 1]), 211
    counts = np.random.default_rng(1).multivariate_hypergeometric(sizes, members, size=4000)
    distinct, times = np.unique(counts, axis=0, return_counts=True)
    p = np.array([rank_sum_by_drawing(row, sizes) for row in distinct])
    for level in (0.05, 0.01):
        assert times[p <= level].sum() / 4000 <= level + 3 * np.sqrt(level / 4000)


@pytest.mark.parametrize(("n", "circles"), [(7, 3), (8, 1), (1009, 2)])
def test_each_sum_is_of_one_turn(n, circles):
    rng = np.random.default_rng(n)
    rank, label = rng.integers(-40, 400, size=n).astype(float), (rng.random(n) < 0.3).astype(float)
    sums = labellings._turned_sums(rank, label, circles, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    order = rng.permutation(n)
    ranks = rng.permuted(np.tile(rank, (circles, 1)), axis=1)
    labels = rng.permuted(np.tile(label, (circles, 1)), axis=1)
    ranks[0], labels[0] = rank[order], label[order]
    for i in range(circles):
        assert sums[i].tolist() == [ranks[i] @ np.roll(labels[i], turn) for turn in range(n)]
    assert sums[0, 0] == rank @ label


@pytest.mark.parametrize("draws", [20, 200])
@pytest.mark.parametrize("size", [3, 7])
def test_it_is_exactly_valid_however_few_labellings_are_drawn(draws, size, monkeypatch):
    """Over labellings and seeds: the observed one is as likely at any place among those drawn."""
    monkeypatch.setattr(labellings, "DRAWS", draws)
    rng, p = np.random.default_rng(5), []
    monkeypatch.setattr(labellings.np.random, "default_rng", lambda _: rng)
    scores = np.array([0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3])
    for _ in range(4000):
        member = rng.permutation(len(scores)) < size
        p.append(rank_sum_by_drawing(*counted(member, scores)))
    for level in (0.05, 0.1, 0.3):
        assert (np.array(p) <= level + 1e-9).sum() <= binom.isf(1e-5, len(p), level)


@pytest.mark.parametrize(("n", "size", "values"), [(60, 30, 5), (1000, 100, 3), (1000, 500, 40)])
def test_it_is_as_precise_as_independent_labellings(n, size, values, monkeypatch):
    rng = np.random.default_rng(2)
    scores = np.maximum(rng.integers(values + 20, size=n), 20)
    member = rng.permutation(n) < size
    default_rng, p = np.random.default_rng, []
    for seed in range(60):
        monkeypatch.setattr(labellings.np.random, "default_rng", lambda _, seed=seed: default_rng(seed))
        p.append(rank_sum_by_drawing(*counted(member, scores)))
    independent = np.mean(p) * (1 - np.mean(p)) / labellings.DRAWS
    assert 0 < np.mean(p) < 1
    assert np.var(p) < 1.5 * independent


@pytest.mark.parametrize(
    ("n", "m", "tied"), [(1000, 1000, 0.9), (2000, 20_000, 0.94), (110, 2000, 0.2), (300, 300, 0.6)]
)
@pytest.mark.parametrize("z", [0.5, 1.645, 2.5])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_closed_form_agrees_with_drawing(n, m, tied, z, sign, monkeypatch):
    """Where both can be had; the tie lies below or above the rest, so that the sum is skewed."""
    rng = np.random.default_rng(0)
    scores = sign * np.maximum(rng.random(n + m), tied)
    ranks = rankdata(scores)
    deviation = np.sqrt(n * m / (n + m) * ranks.var(ddof=1))
    member = rng.permutation(n + m) < n
    while ranks[member].sum() < n * ranks.mean() + z * deviation:  # give members better places
        worst, best = rng.choice(np.flatnonzero(member), 20), rng.choice(np.flatnonzero(~member), 20)
        out, into = worst[ranks[worst].argmin()], best[ranks[best].argmax()]
        member[out], member[into] = False, True
    sampled = rank_sum_by_drawing(*counted(member, scores))
    monkeypatch.setattr(labellings, "FEW", 0)
    closed = rank_sum(*counted(member, scores))
    assert closed != sampled
    assert closed == pytest.approx(sampled, abs=4.5 * np.sqrt(sampled / labellings.DRAWS))


@pytest.mark.parametrize("top", [True, False])
def test_a_small_group_among_a_hundred_thousand_that_tie(top):
    """One of 20 outside the tie of 99.5 %: the chance that any is there, not a normal tail of it."""
    scores = np.maximum(np.random.default_rng(0).random(105_020), 0.995)
    order = np.argsort(scores)
    member = np.zeros(len(scores), dtype=bool)
    member[order[:19]] = member[order[(scores == scores.min()).sum()]] = True
    p = rank_sum(*(counted(member, scores) if top else counted(~member, -scores)))
    assert p == pytest.approx(1 - 0.995**20, abs=0.03)
    distance = rankdata(scores) - rankdata(scores).mean()
    assert norm.sf(distance[member].sum() / np.sqrt(20 * distance.var())) < p / 2


class TestByPerson:
    def test_all_choices_of_people_are_equally_likely(self):
        member, person = [True, True, True, False, False, False], list("aabccd")
        draws = labellings_by_person(member, person, draws=3000, rng=np.random.default_rng(0))
        counts = Counter(tuple(labelling.tolist()) for labelling in draws)
        assert len(counts) == 6
        assert chisquare(list(counts.values())).pvalue > 1e-3

    @given(st.integers(0, 10**6))
    def test_each_persons_records_stay_on_one_side(self, seed):
        rng = np.random.default_rng(seed)
        person = rng.integers(6, size=40)
        member = person < 3
        if member.all() or not member.any():
            return
        n_people = len(set(person[member]))
        for labelling in labellings_by_person(member, person, draws=5, rng=rng):
            sides = {(name, bool(labelling[person == name].all())) for name in set(person)}
            assert all(len(set(labelling[person == name])) == 1 for name in set(person))
            assert sum(side for _, side in sides) == n_people

    @pytest.mark.slow
    def test_their_p_values_are_valid_where_those_of_rows_are_not(self):
        rng, p = np.random.default_rng(9), {"people": [], "rows": []}
        for _ in range(150):
            member, scores, person = rows_of_people(rng, people=16, rows=10, correlation=0.5, shift=0)
            by_person = labellings_by_person(member, person, draws=99, rng=rng)
            draws = {"people": by_person, "rows": (rng.permutation(member) for _ in range(99))}
            for kind, memberships in draws.items():
                higher = sum(scores[drew].mean() >= scores[member].mean() for drew in memberships)
                p[kind].append((1 + higher) / 100)
        assert (np.array(p["people"]) <= 0.05).sum() <= binom.isf(1e-4, 150, 0.05)
        assert (np.array(p["rows"]) <= 0.05).mean() > 0.2

    def test_the_same_generator_draws_the_same(self):
        one, two = (
            list(labellings_by_person([True, False, True], [5, 6, 5], draws=4, rng=np.random.default_rng(1)))
            for _ in range(2)
        )
        np.testing.assert_array_equal(one, two)

    def test_no_draws_are_refused(self):
        with pytest.raises(InputError, match="0 draws; expected 1 or more"):
            labellings_by_person([1, 0], [1, 2], draws=0, rng=np.random.default_rng(0))
