"""Records as points: which columns count, how far they count, and that projections keep distances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from mlleaks.data.descriptors import Descriptors, describe_records
from mlleaks.data.points import DIMENSIONS, FARTHEST, points_of
from mlleaks.data.quantities import CLASS
from mlleaks.types import Dataset


def descriptors(columns, names=None, wide=None):
    columns = np.asarray(columns, dtype=np.float32)
    names = names or tuple((str(i), "value") for i in range(columns.shape[1]))
    return Descriptors(columns, columns, names, wide, ())


def points(*arguments, seed=0, **settings):
    return points_of(descriptors(*arguments, **settings), np.random.default_rng(seed))


def distances(points):
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def test_spread_and_class_do_not_count():
    names = (("a", "value"), ("a", "spread"), (CLASS, "is 1"), ("b", "value"))
    few = points([[1.0, 9.0, 9.0, 2.0], [0.0, 5.0, 4.0, -1.0]], names=names)
    assert few == pytest.approx(np.array([[1.0, 2.0], [0.0, -1.0]]) / np.sqrt(2))
    assert few.dtype == np.float32


def test_rare_categories_do_not_decide():
    [far, edge, near] = points([[50.0], [FARTHEST], [-50.0]])
    assert far == edge == -near == pytest.approx(FARTHEST)


def test_the_distance_does_not_grow_with_the_number_of_columns():
    one, many = ([[1.0] * k, [0.0] * k] for k in (1, 100))
    assert distances(points(one))[0, 1] == pytest.approx(distances(points(many))[0, 1])


def test_wide_columns_stand_beside_the_others():
    wide = sparse.csr_array(np.eye(3, 5))
    both = points([[1.0], [0.0], [0.0]], wide=wide)
    assert both.shape == (3, 6)
    assert both[:, 1:] == pytest.approx(np.eye(3, 5))


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_projections_keep_distances_to_about_a_tenth(kind):
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(30, 2000)) / np.sqrt(2000)
    projected = points(np.zeros((30, 1)), wide=kind(rows))
    assert projected.shape == (30, 1 + DIMENSIONS)
    pairs = np.triu_indices(30, 1)
    ratios = distances(projected)[pairs] / distances(rows)[pairs]
    assert ratios.mean() == pytest.approx(1, abs=0.03)
    assert ratios.std() == pytest.approx(1 / np.sqrt(2 * DIMENSIONS), rel=0.5)  # of a chi variable


def test_identical_records_are_one_point_and_similar_ones_are_near():
    X = np.random.default_rng(0).normal(size=(60, 200))
    X[1], X[2] = X[0], X[0] + 1e-3
    data = Dataset("made", X, np.zeros(60, dtype=int), 1)
    described = describe_records(data, np.random.default_rng(0))
    far = distances(points_of(described, np.random.default_rng(0)))
    assert far[0, 1] == 0
    rest = far[0, 3:].min()
    assert far[0, 2] < 0.2 * rest


def test_the_same_seed_gives_the_same_points():
    rows = np.random.default_rng(0).normal(size=(5, 300))
    assert (points(rows, seed=1) == points(rows, seed=1)).all()
    assert (points(rows, seed=1) != points(rows, seed=2)).any()
