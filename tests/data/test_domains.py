"""Random queries stay inside the features' ranges and look like records."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import sparse

from mlleaks.data.domains import domain_of
from mlleaks.errors import InputError

MANY = 4000


def rng(seed=0):
    return np.random.default_rng(seed)


@given(
    arrays(
        st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_]),
        array_shapes(min_dims=2, max_dims=4, max_side=4),
        elements=st.integers(0, 1),
    ),
    st.integers(0, 5),
)
def test_queries_have_shape_dtype_and_range_of_the_records(X, n):
    queries = domain_of(X)(n, rng())
    assert queries.shape == (n, *X.shape[1:])
    assert queries.dtype == X.dtype
    assert ((queries >= X.min(axis=0)) & (queries <= X.max(axis=0))).all()


@given(arrays(np.float64, (3, 2), elements=st.floats(-1e6, 1e6)))
def test_real_features_stay_in_range(X):
    queries = domain_of(X)(50, rng())
    slack = 1e-9 * np.abs(X).max()
    assert (queries >= X.min(axis=0) - slack).all()
    assert (queries <= X.max(axis=0) + slack).all()


@pytest.mark.parametrize("dtype", [float, np.float32, np.uint8, bool])
def test_binary_features_become_fair_bits(dtype):
    bits = domain_of(np.array([[0, 1, 0], [1, 0, 0]], dtype=dtype))(MANY, rng()).astype(float)
    assert set(np.unique(bits)) == {0.0, 1.0}
    assert np.abs(bits[:, :2].mean(axis=0) - 0.5).max() < 6 * 0.5 / np.sqrt(MANY)
    assert not bits[:, 2].any()


def test_whole_numbers_are_all_drawn_equally_often():
    queries = domain_of(np.array([[-2.0], [3.0]]))(MANY, rng())
    values, counts = np.unique(queries, return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2, 3]
    assert np.abs(counts - MANY / 6).max() < 6 * np.sqrt(MANY * 5 / 36)


def test_real_features_are_uniform():
    queries = domain_of(np.array([[0.5], [2.5]]))(MANY, rng())
    counts = np.histogram(queries, bins=8, range=(0.5, 2.5))[0]
    assert np.abs(counts - MANY / 8).max() < 6 * np.sqrt(MANY * 7 / 64)


def test_features_are_independent():
    queries = domain_of(np.array([[0.0, 0.0], [1.0, 1.0]]))(MANY, rng())
    assert abs(np.corrcoef(queries.T)[0, 1]) < 6 / np.sqrt(MANY)


def test_ranges_span_all_tables_together():
    domain = domain_of(np.array([[0.0, 5.0]]), np.array([[1.0, 4.5]]), np.array([[7.0, 5.0]]))
    assert (domain.low.tolist(), domain.high.tolist()) == ([0.0, 4.5], [7.0, 5.0])
    assert domain.whole.tolist() == [True, False]


def test_whole_and_real_tables_together_give_real_queries():
    queries = domain_of(np.array([[0], [0]]), np.array([[0.5], [0.9]]))(100, rng())
    assert queries.max() > 0.5


def test_missing_values_in_arrays_do_not_spread():
    queries = domain_of(np.array([[0.0, np.nan], [1.5, 2.5], [0.2, 3.25]]))(100, rng())
    assert np.isfinite(queries).all()
    assert queries[:, 1].min() >= 2.5


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_sparse_records_give_sparse_queries(kind):
    X = kind(np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]))
    queries = domain_of(X, X)(MANY, rng())
    assert sparse.issparse(queries)
    assert queries.format == "csr"
    assert queries.shape == (MANY, 3)
    assert set(np.unique(queries.toarray())) == {0.0, 1.0}
    assert queries[:, [2]].nnz == 0


def test_sparse_counts_and_fractions():
    counts = domain_of(sparse.csr_array(np.array([[0, 3]], dtype=np.int32)))(200, rng())
    assert counts.dtype == np.int32
    fractions = domain_of(sparse.csr_array(np.array([[0.0, 3.0], [0.5, 0.0]])))(200, rng()).toarray()
    assert (fractions % 1 > 0).any(axis=0).all()


def test_tables_keep_columns_dtypes_and_values():
    table = pd.DataFrame(
        {
            "text": ["a", "b", None],
            "bool": [True, False, True],
            "kind": pd.Categorical(["x", "y", "x"], categories=["x", "y", "never"]),
            "whole": [3, 5, 4],
            "small": np.array([0, 255, 7], dtype=np.uint8),
            "real": [0.5, np.nan, 1.5],
            "whole float": [2.0, np.nan, 4.0],
            "nullable": pd.array([1, None, 2], dtype="Int64"),
            "date": pd.to_datetime(["2020-01-01", "2021-01-01", "2020-01-01"]),
        }
    )
    queries = domain_of(table)(500, rng())
    assert list(queries.columns) == list(table.columns)
    assert queries.dtypes.to_dict() == table.dtypes.to_dict()
    assert not queries.isna().any(axis=None)
    values = {name: set(queries[name].unique()) for name in table.columns}
    assert values["text"] == {"a", "b"}
    assert values["bool"] == {True, False}
    assert values["kind"] == {"x", "y"}
    assert values["whole"] == {3, 4, 5}
    assert values["whole float"] == {2.0, 3.0, 4.0}
    assert values["nullable"] == {1, 2}
    assert values["date"] == set(table["date"])
    assert queries["real"].between(0.5, 1.5).all()
    assert len(values["real"]) > 400


def test_a_column_without_any_value_stays_so():
    queries = domain_of(pd.DataFrame({"a": [1.5, 2.5], "empty": [np.nan, np.nan]}))(20, rng())
    assert queries["empty"].isna().all()
    assert queries["a"].notna().all()


def test_tables_are_joined_by_column():
    one, other = pd.DataFrame({"a": [1, 2], "b": ["x", "x"]}), pd.DataFrame({"b": ["y"], "a": [9]})
    queries = domain_of(one, other)(500, rng())
    assert set(queries["a"]) == set(range(1, 10))
    assert set(queries["b"]) == {"x", "y"}


@pytest.mark.parametrize(
    "other", [["b", "z", None], pd.Categorical(["b", "z", "b"])], ids=["text", "categories"]
)
def test_categories_are_those_that_the_first_table_has(other):
    first = pd.DataFrame({"kind": pd.Categorical(["a", "b"])})
    queries = domain_of(first, pd.DataFrame({"kind": other}))(200, rng())
    assert queries["kind"].dtype == first["kind"].dtype
    assert set(queries["kind"]) == {"a", "b"}


@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame], ids=["array", "DataFrame"])
def test_ranges_wider_than_the_largest_number_are_drawn_from(form):
    largest = np.finfo(float).max
    queries = np.asarray(domain_of(form(np.array([[-largest, 0.0], [largest, 0.5]])))(500, rng()))
    assert np.isfinite(queries).all()
    assert (np.abs(queries[:, 0]) > largest / 2).any()
    assert {-1.0, 1.0} == set(np.sign(queries[:, 0]))


def test_small_integers_in_sparse_rows_do_not_wrap():
    queries = domain_of(sparse.csr_array(np.array([[0], [255]], dtype=np.uint8)))(500, rng())
    assert queries.toarray().max() > 200


DOMAINS = {
    "array": domain_of(np.array([[0.0, 0.5], [9.0, 1.75]])),
    "sparse": domain_of(sparse.csr_array(np.array([[0.0, 0.5], [9.0, 1.75]]))),
    "DataFrame": domain_of(pd.DataFrame({"a": [0, 9], "b": [0.5, 1.75], "c": ["x", "y"]})),
}


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=DOMAINS)
def test_same_seed_same_queries_other_seed_others(domain):
    first, again, other = (pd.DataFrame(_plain(domain(30, rng(seed)))) for seed in (0, 0, 1))
    assert first.equals(again)
    assert not first.equals(other)


def _plain(records):
    return records.toarray() if sparse.issparse(records) else records


@pytest.mark.parametrize(
    "X", [np.array([["a", "b"]]), np.array([["a", 1]], dtype=object), np.array([["2020-01-01"]], "M8[D]")]
)
def test_arrays_without_numbers_are_refused(X):
    with pytest.raises(InputError, match="records of dtype .*expected numbers.*as a pandas DataFrame"):
        domain_of(X)
