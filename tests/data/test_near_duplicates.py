"""Nearest neighbours against a search by hand, and which of them count as near."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.data import near_duplicates
from mlleaks.data.near_duplicates import NEAR, Neighbours, neighbours


def look_up(points, side, groups=None):
    points = np.asarray(points, dtype=np.float32)
    groups = np.arange(len(points)) if groups is None else np.asarray(groups)
    return neighbours(points, np.asarray(side, dtype=bool), groups, np.random.default_rng(0))


def by_hand(points, side, groups, row, *, own):
    """The smallest distance of a record to one of its own or of the other side that is no copy of it."""
    neighbouring = [
        float(np.linalg.norm(points[row].astype(float) - points[i]))
        for i in range(len(points))
        if (side[i] == side[row]) == own and groups[i] != groups[row]
    ]
    return min(neighbouring, default=np.inf)


@pytest.mark.parametrize("at_once", [1, 7, 256])
def test_it_is_the_search_by_hand(at_once, monkeypatch):
    monkeypatch.setattr(near_duplicates, "AT_ONCE", at_once)
    rng = np.random.default_rng(1)
    points, side = rng.normal(size=(40, 3)).astype(np.float32), rng.random(40) < 0.4
    groups = rng.integers(30, size=40)
    points = points[np.searchsorted(np.arange(30), groups)]  # records of one group are identical
    near = look_up(points, side, groups)
    assert near.queries.tolist() == list(range(40))
    for row in range(40):
        assert near.across[row] == pytest.approx(by_hand(points, side, groups, row, own=False))
        assert near.within[row] == pytest.approx(by_hand(points, side, groups, row, own=True))
        if np.isfinite(near.across[row]):
            assert side[near.nearest[row]] != side[row]
            assert groups[near.nearest[row]] != groups[row]
        if np.isfinite(near.within[row]):
            assert side[near.nearest_within[row]] == side[row]
            assert groups[near.nearest_within[row]] != groups[row]


def test_small_distances_far_from_the_origin_are_exact():
    """In squares, 0.001 is lost beside 1,000 in single precision."""
    near = look_up([[1000.0], [1010.0], [1000.001], [1020.0]], [True, True, False, False])
    assert near.across[0] == pytest.approx(0.001, rel=0.05)


def test_identical_records_are_no_neighbours():
    near = look_up([[0.0], [0.0], [5.0], [9.0]], [True, False, True, False], groups=[0, 0, 1, 2])
    assert near.across.tolist()[:2] == [9.0, 5.0]


def test_where_there_is_nobody_the_distance_is_infinite():
    near = look_up([[0.0], [1.0], [3.0]], [True, False, False])
    assert near.within.tolist() == [np.inf, 2.0, 2.0]
    assert near.across.tolist() == [1.0, 1.0, 3.0]


def test_what_is_near_is_measured_by_the_own_side():
    near = look_up([[0.0], [6.0], [0.5], [7.9]], [True, True, False, False])
    assert near.limit == pytest.approx(NEAR * (6.0 + 7.4) / 2)
    assert near.pairs_across == [(0, 2), (1, 3)]
    assert near.pairs_within == []


def test_each_pair_once_and_the_nearest_first():
    points = [[0.0], [30.0], [60.0], [0.2], [30.1], [95.0], [60.05]]
    near = look_up(points, [True, True, True, False, False, False, True])
    assert near.pairs_across == [(1, 4), (0, 3)]
    assert near.pairs_within == [(2, 6)]


@pytest.mark.parametrize("within", [[np.inf, np.inf], [0.0, 0.0]])
def test_without_distances_on_the_own_side_nothing_is_near(within):
    places = np.array([0, 1])
    near = Neighbours(places, places[::-1], places[::-1], np.array([0.1, 0.1]), np.array(within))
    assert near.limit == 0.0
    assert near.pairs_across == []


def test_of_very_many_records_some_are_looked_up(monkeypatch):
    points = np.random.default_rng(0).normal(size=(50, 4))
    monkeypatch.setattr(near_duplicates, "PRODUCTS", 10 * 50 * 4)
    side = np.arange(50) % 2 == 0
    some = look_up(points, side)
    assert len(some.queries) == len(some.across) == 10
    assert (np.diff(some.queries) > 0).all()
    monkeypatch.setattr(near_duplicates, "PRODUCTS", 1)
    assert len(look_up(points, side).queries) == 1
    monkeypatch.undo()
    every = look_up(points, side)
    assert (every.across[some.queries] == some.across).all()
