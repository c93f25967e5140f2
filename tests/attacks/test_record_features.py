"""Records of every form as few columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mlleaks.attacks.record_features import COMPONENTS, record_features


def features(X, population=30):
    return record_features(X, np.arange(population), rng=np.random.default_rng(0))


def test_narrow_records_stay_as_they_are():
    X = np.random.default_rng(0).normal(size=(40, COMPONENTS))
    np.testing.assert_array_equal(features(X), X)
    np.testing.assert_array_equal(features(sparse.csr_array(X)), X)


def test_sparse_and_dense_records_have_the_same_features():
    X = sparse.random_array((60, 300), density=0.1, format="csr", rng=0)
    assert features(X).shape == (60, COMPONENTS)
    np.testing.assert_allclose(features(X), features(X.toarray()), atol=1e-10)


def test_images_are_flattened():
    images = np.random.default_rng(0).integers(0, 255, size=(40, 8, 8, 3)).astype(np.uint8)
    np.testing.assert_array_equal(features(images), features(images.reshape(40, -1)))


def test_the_leading_directions_are_kept():
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(200, 3))
    X = hidden @ rng.normal(size=(3, 100)) + 0.01 * rng.normal(size=(200, 100))
    Z = features(X, 100)
    guess, *_ = np.linalg.lstsq(Z[:100], hidden[:100], rcond=None)
    np.testing.assert_allclose(Z[100:] @ guess, hidden[100:], atol=0.1)


def test_equal_records_have_equal_features_wherever_they_stand():
    X = np.random.default_rng(0).normal(size=(1, 64))
    Z = record_features(np.tile(X, (5003, 1)), np.arange(20), rng=np.random.default_rng(0))
    assert len(np.unique(Z, axis=0)) == 1


def test_tables_may_have_words_and_gaps():
    table = pd.DataFrame({"age": [30.0, np.nan, 50.0], "town": ["b", "a", "b"], "own": [True, False, True]})
    np.testing.assert_array_equal(features(table, 3), [[30, 1, 1], [0, 0, 0], [50, 1, 1]])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_counts_as_zero(value):
    X = np.ones((40, 20))
    X[3, 4] = value
    zero = np.where(np.isfinite(X), X, 0)
    np.testing.assert_array_equal(features(X), features(zero))
