"""The distance to the decision boundary, against boundaries whose distance is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mlleaks.attacks.boundary import FEWEST, boundary_distances, steps_of
from mlleaks.attacks.replacement import paths_of, replacement_distances
from mlleaks.errors import InputError

D = 20
WAY = np.random.default_rng(0).normal(size=D)


class Counted:
    """A classifier that counts how often it is asked about each record, which its last column names."""

    def __init__(self, classify, n):
        self.classify, self.queries, self.calls = classify, np.zeros(n, dtype=int), 0

    def __call__(self, X):
        np.add.at(self.queries, np.rint(X[:, -1]).astype(int), 1)
        self.calls += 1
        return self.classify(X[:, :-1])


def linear(X):
    return (X @ WAY + 0.3 > 0).astype(int)


def records(n=100, seed=1):
    return np.random.default_rng(seed).normal(size=(n, D))


def distances(predict, X, labels, seed=2, **settings):
    return boundary_distances(predict, X, labels, np.random.default_rng(seed), **settings)


def numbered(X):
    return np.column_stack([X, np.arange(len(X))])


def only(d):
    """Return units in which the last column, a record's number, never changes."""
    return np.append(np.ones(d), 0.0)


def test_a_linear_classifier_has_the_distance_of_the_textbook_and_more_queries_come_closer():
    X = records()
    true = np.abs(X @ WAY + 0.3) / np.linalg.norm(WAY)
    excess = [
        distances(linear, X, linear(X), queries=queries) / true - 1 for queries in (100, 250, 500, 1000, 4000)
    ]
    assert all((part > -1e-9).all() for part in excess)
    medians = [np.median(part) for part in excess]
    assert medians == sorted(medians, reverse=True)
    assert medians[2] < 0.06
    assert np.quantile(excess[-1], 0.95) < 0.02


def test_a_sphere_has_the_distance_to_its_surface():
    X = records(60)
    X *= (np.random.default_rng(3).uniform(0.5, 2, 60) / np.linalg.norm(X, axis=1))[:, None]

    def inside(Z):
        return (np.linalg.norm(Z, axis=1) < 1).astype(int)

    measured = distances(inside, X, inside(X), queries=2000)
    true = np.abs(np.linalg.norm(X, axis=1) - 1)
    assert (measured >= true - 1e-9).all()
    np.testing.assert_allclose(measured, true, atol=0.06)


def test_units_stretch_the_distance():
    X = records(50)
    unit = np.linspace(0.5, 2, D)
    true = np.abs(X @ WAY + 0.3) / np.linalg.norm(WAY * unit)
    measured = distances(linear, X, linear(X), queries=2000, scale=unit)
    np.testing.assert_allclose(measured, true, rtol=0.05)


@pytest.mark.parametrize("queries", [FEWEST, 100, 251, 400])
def test_the_budget_is_spent_to_the_last_query_and_one_is_enough_for_a_wrong_record(queries):
    X = records(30)
    labels = linear(X)
    labels[:10] = 1 - labels[:10]
    predict = Counted(linear, 30)
    measured = distances(predict, numbered(X), labels, queries=queries, scale=only(D))
    np.testing.assert_array_equal(measured > 0, np.arange(30) >= 10)
    np.testing.assert_array_equal(predict.queries, np.where(np.arange(30) < 10, 1, queries))
    assert predict.calls == 11 + 13 * len(steps_of(queries))  # all directions of a step go out together


def test_it_is_the_same_for_the_same_generator_and_for_equal_records():
    X = records(40)
    X[7] = X[3]
    first, again = (distances(linear, X, linear(X)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first[7] == first[3]
    assert (first != distances(linear, X, linear(X), seed=5)).any()


def test_a_model_of_one_class_has_no_boundary():
    X = records(30)
    labels = np.repeat([0, 1], 15)
    measured = distances(lambda Z: np.zeros(len(Z), dtype=int), X, labels)
    np.testing.assert_array_equal(measured[15:], 0)
    np.testing.assert_allclose(measured[:15], np.linalg.norm(np.ptp(X, axis=0)))


def test_constant_features_do_not_change():
    X = np.column_stack([records(20), np.full(20, 7.0)])

    def constant(Z):
        assert (Z[:, -1] == 7).all()
        return linear(Z[:, :-1])

    assert (distances(constant, X, linear(X[:, :-1]), queries=100, scale=X.std(axis=0)) > 0).all()


def test_images_are_asked_about_as_images():
    X = np.random.default_rng(0).random((30, 6, 6, 1))

    def bright(Z):
        assert Z.shape[1:] == (6, 6, 1)
        return (Z.mean(axis=(1, 2, 3)) > 0.5).astype(int)

    true = np.abs(X.mean(axis=(1, 2, 3)) - 0.5) * 6
    np.testing.assert_allclose(distances(bright, X, bright(X), queries=3000), true, rtol=0.05)


def test_a_large_step_goes_out_in_blocks(monkeypatch):
    X = records(25)
    whole = distances(linear, X, linear(X))
    monkeypatch.setattr("mlleaks.attacks.boundary.BLOCK", 7 * X.size)
    np.testing.assert_allclose(distances(linear, X, linear(X)), whole)


def test_too_small_a_budget_and_labels_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=f"got 20 queries per record; expected at least {FEWEST}"):
        distances(linear, records(), linear(records()), queries=20)
    with pytest.raises(InputError, match="and 3 labels"):
        distances(linear, records(), np.zeros(3))
    assert all(1 + 10 + sum(map((12).__add__, steps_of(q))) == q for q in range(FEWEST, 600))


def majority(X):
    return (np.asarray(X).sum(axis=1) * 2 > X.shape[1]).astype(int)


def bits(n=200, d=31, seed=0):
    return (np.random.default_rng(seed).random((n, d)) < 0.5).astype(np.int8)


def test_records_further_from_a_majority_of_bits_need_more_replaced():
    X = bits()
    margin = np.abs(X.sum(axis=1) - 15.5)
    share = replacement_distances(majority, X, majority(X), np.random.default_rng(0), queries=250)
    assert np.corrcoef(margin, share)[0, 1] > 0.9
    assert ((share > 0) & (share <= 1)).all()


def test_replaced_records_stay_on_the_grid_and_within_the_budget():
    X = numbered(bits(40))
    calls = []

    def predict(Z):
        calls.append(Z)
        return majority(Z[:, :-1])

    labels = majority(X[:, :-1])
    labels[0] = 1 - labels[0]
    share = replacement_distances(predict, X, labels, np.random.default_rng(0), queries=60)
    assert share[0] == 0
    paths, bisections = paths_of(60, X.shape[1])
    assert [len(Z) for Z in calls] == [40] + [39] * paths * bisections
    assert 60 - bisections < len(calls) <= 60
    assert all(np.isin(Z[:, :-1], [0, 1]).all() for Z in calls)


def test_tables_arrays_and_sparse_matrices_of_the_same_records_have_the_same_distance():
    X = bits(60).astype(float)
    frame = pd.DataFrame(X).rename(columns=lambda name: f"bit {name}")
    answers = [
        replacement_distances(predict, records, majority(X), np.random.default_rng(4), queries=100)
        for records, predict in (
            (X, majority),
            (frame, lambda Z: majority(Z.to_numpy())),
            (sparse.csr_array(X), lambda Z: majority(Z.toarray())),
        )
    ]
    np.testing.assert_allclose(answers[1], answers[0])
    np.testing.assert_allclose(answers[2], answers[0])


def test_categories_are_replaced_as_they_are():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "colour": pd.Categorical(rng.choice(["red", "blue"], 80)),
            "size": rng.choice(["s", "m", "l"], 80),
            "count": rng.integers(5, size=80),
        }
    )

    def red(Z):
        assert list(Z.dtypes) == list(frame.dtypes)
        return (Z["colour"] == "red").to_numpy().astype(int)

    share = replacement_distances(red, frame, red(frame), np.random.default_rng(0), queries=600)
    np.testing.assert_allclose(share, 2 / 3, atol=0.1)  # on average the second of three


def test_a_model_of_one_class_needs_all_replaced_and_no_path_is_refused():
    X = bits(30)
    share = replacement_distances(
        lambda Z: np.zeros(len(Z), int), X, np.repeat([0, 1], 15), np.random.default_rng(0), queries=50
    )
    np.testing.assert_array_equal(share, np.repeat([1.0, 0.0], 15))
    with pytest.raises(InputError, match="got 5 queries per record; expected at least 6"):
        replacement_distances(majority, X, majority(X), np.random.default_rng(0), queries=5)
    with pytest.raises(InputError, match="30 records and 2 labels"):
        replacement_distances(majority, X, np.zeros(2), np.random.default_rng(0), queries=50)
