"""Who is a member: disjoint parts, and records that stand on both sides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from mlleaks.data.duplicates import drop_duplicates, overlap_masks
from mlleaks.data.splits import disjoint, four_way_member_split, half_split
from mlleaks.errors import InputError
from mlleaks.types import Dataset


def toy(n):
    return Dataset("toy", np.arange(2 * n).reshape(n, 2), np.arange(n) % 3, 3)


def again(a, b):
    return overlap_masks(a, b)[1]


def data(X, y=None):
    return Dataset("d", X, np.zeros(X.shape[0], int) if y is None else np.array(y), 5)


def parts_of(n, seed):
    target, shadow = four_way_member_split(toy(n), np.random.default_rng(seed))
    return [target.members, target.nonmembers, shadow.members, shadow.nonmembers]


def halves_of(n, seed):
    parts = half_split(toy(n), np.random.default_rng(seed))
    return [parts.members, parts.nonmembers]


@pytest.mark.parametrize("split", [parts_of, halves_of])
@given(n=st.integers(4, 60), seed=st.integers(0, 2**32))
def test_no_record_is_in_two_parts(split, n, seed):
    ids = np.concatenate([part.ids for part in split(n, seed)])
    assert len(set(ids.tolist())) == len(ids)
    assert set(ids.tolist()) <= set(range(n))


@given(n=st.integers(4, 60))
def test_four_parts_are_equal_and_leave_at_most_three(n):
    sizes = {len(part) for part in parts_of(n, 0)}
    assert sizes == {n // 4}


@given(n=st.integers(2, 60))
def test_halves_hold_every_record_and_the_odd_one_is_no_member(n):
    assert [len(part) for part in halves_of(n, 0)] == [n // 2, n - n // 2]


@pytest.mark.parametrize("split", [parts_of, halves_of])
def test_features_labels_and_ids_stay_together(split):
    for part in split(41, 3):
        np.testing.assert_array_equal(part.X[:, 0], 2 * part.ids)
        np.testing.assert_array_equal(part.y, part.ids % 3)


@pytest.mark.parametrize("split", [parts_of, halves_of])
def test_same_seed_same_split_other_seed_another(split):
    first, again, other = ([p.ids.tolist() for p in split(100, seed)] for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_every_record_is_as_likely_in_every_part():
    n, draws = 8, 2000
    rng = np.random.default_rng(0)
    counts = np.zeros((n, 4))
    for _ in range(draws):
        target, shadow = four_way_member_split(toy(n), rng)
        for i, part in enumerate((target.members, target.nonmembers, shadow.members, shadow.nonmembers)):
            counts[part.ids, i] += 1
    # six standard deviations of a binomial with a quarter
    assert np.abs(counts - draws / 4).max() < 6 * np.sqrt(draws * 3 / 16)


@pytest.mark.parametrize(
    "X",
    [
        sparse.csr_array(np.eye(9)),
        pd.DataFrame({"a": range(9), "b": list("abcdefghi")}),
        np.zeros((9, 4, 4, 1)),
    ],
    ids=["sparse", "DataFrame", "images"],
)
def test_any_kind_of_records_can_be_split(X):
    target, _ = four_way_member_split(data(X), np.random.default_rng(0))
    assert type(target.members.X) is type(X)
    assert target.nonmembers.X.shape == (2, *X.shape[1:])


@pytest.mark.parametrize("n", [0, 1, 3])
def test_too_few_records_are_refused(n):
    with pytest.raises(InputError, match=f"got {n} records in 'toy'; expected at least four"):
        four_way_member_split(toy(n), np.random.default_rng(0))


small = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=12)

KINDS = {
    "float64": lambda rows: np.array(rows, float),
    "float32": lambda rows: np.array(rows, np.float32),
    "uint8": lambda rows: np.array(rows, np.uint8),
    "fortran": lambda rows: np.asfortranarray(np.array(rows, float)),
    "object": lambda rows: np.array([[str(a), b] for a, b in rows], dtype=object),
    "text": lambda rows: np.array(rows).astype(str),
    "csr": lambda rows: sparse.csr_array(np.array(rows, float)),
    "csc": lambda rows: sparse.csc_matrix(np.array(rows, float)),
    "DataFrame": lambda rows: pd.DataFrame(
        {"a": [float(r[0]) for r in rows], "b": [str(r[1]) for r in rows]}
    ),
    "categories": lambda rows: pd.DataFrame(rows, columns=["a", "b"]).astype({"b": "category"}),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(left=small, right=small)
def test_overlap_masks_agree_with_comparing_all_pairs(kind, left, right):
    a, b = (data(kind([r[:2] for r in rows]), [r[2] for r in rows]) for rows in (left, right))
    assert again(a, b).tolist() == [row in left for row in right]


@pytest.mark.parametrize(
    ("one", "other"), [(np.uint8, float), (np.int64, np.float32), (bool, np.int8), (np.int32, np.uint64)]
)
def test_equal_values_of_different_dtypes_are_equal(one, other):
    a, b = data(np.array([[0, 1], [1, 1]], dtype=one)), data(np.array([[1, 1], [1, 0]], dtype=other))
    assert again(a, b).tolist() == [True, False]
    assert again(b, a).tolist() == [False, True]


STORED_LESS_EXACTLY = {
    "array": lambda X, dtype: X.astype(dtype),
    "sparse": lambda X, dtype: sparse.csr_array(X.astype(dtype)),
    "DataFrame": lambda X, dtype: pd.DataFrame(X.astype(dtype)),
    "nullable": lambda X, dtype: pd.DataFrame(X).astype(np.dtype(dtype).name.capitalize()),
}


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [("array", np.float16), ("DataFrame", np.float16), *((kind, np.float32) for kind in STORED_LESS_EXACTLY)],
)
def test_a_record_stored_less_exactly_on_one_side_is_the_same_record(kind, dtype):
    kind = STORED_LESS_EXACTLY[kind]
    X = np.array([[0.1, 2.0], [1 / 3, 7e5], [0.2, 0.3]])
    a, b = data(kind(X, np.float64)), data(kind(X[[0, 2]] + [[0, 0], [0, 0.5]], dtype))
    assert [side.tolist() for side in overlap_masks(a, b)] == [[True, False, False], [True, False]]


def test_flags_and_numbers_in_tables_are_equal():
    a, b = data(pd.DataFrame({"x": [True, False]})), data(pd.DataFrame({"x": [1, 2]}))
    assert again(a, b).tolist() == [True, False]


def test_lists_in_a_table_are_refused():
    with pytest.raises(InputError, match=r"more than single values \(unhashable type: 'list'\)"):
        drop_duplicates(data(pd.DataFrame({"x": [[1], [2]]})))


def test_columns_of_different_dtypes_in_tables_are_equal():
    a = data(pd.DataFrame({"n": [1, 2], "s": ["x", "y"]}))
    b = data(pd.DataFrame({"n": [2.0, 2.5], "s": ["y", "y"]}, index=[7, 8]))
    assert again(a, b).tolist() == [True, False]


def test_categories_with_other_codes_are_equal():
    a = data(pd.DataFrame({"c": pd.Categorical(["x", "y"], categories=["x", "y"])}))
    b = data(pd.DataFrame({"c": pd.Categorical(["y", "z"], categories=["z", "y"])}))
    assert again(a, b).tolist() == [True, False]


@pytest.mark.parametrize(
    "kind", [np.array, sparse.csr_array, pd.DataFrame], ids=["array", "sparse", "DataFrame"]
)
def test_minus_zero_is_zero(kind):
    assert again(data(kind(np.array([[0.0, 1.0]]))), data(kind(np.array([[-0.0, 1.0]])))).all()


@pytest.mark.parametrize("kind", [np.array, pd.DataFrame], ids=["array", "DataFrame"])
def test_missing_values_in_the_same_place_are_equal(kind):
    a, b = kind(np.array([[np.nan, 1.0]])), kind(np.array([[np.nan, 1.0], [1.0, np.nan]]))
    assert again(data(a), data(b)).tolist() == [True, False]


def test_stored_zeros_and_unsorted_columns_of_sparse_rows_do_not_matter():
    tidy = sparse.csr_array(np.array([[1.0, 2.0, 0.0]]))
    messy = sparse.csr_array((np.array([2.0, 1.0, 0.0]), np.array([1, 0, 2]), np.array([0, 3])), shape=(1, 3))
    assert again(data(tidy), data(messy)).all()
    assert messy.nnz == 3


def test_images_are_compared_whole():
    images = np.zeros((3, 2, 2, 1))
    images[1, 1, 1, 0] = images[2, 0, 0, 0] = 1
    assert again(data(images[:2]), data(images[1:])).tolist() == [True, False]


def test_one_record_in_two_classes_is_two_records():
    X = np.ones((1, 2))
    assert not again(data(X, [0]), data(X, [1])).any()


@pytest.mark.parametrize(
    "kind", [np.array, sparse.csr_array, pd.DataFrame], ids=["array", "sparse", "DataFrame"]
)
def test_distinct_keeps_the_first_of_each(kind):
    X = np.array([[1.0, 0.0], [2.0, 0.0], [1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    assert drop_duplicates(data(kind(X), [0, 0, 0, 1, 0])).ids.tolist() == [0, 1, 3]


def test_distinct_returns_data_without_copies_as_they_are():
    some = data(np.arange(6.0).reshape(3, 2))
    assert drop_duplicates(some) is some


def test_copies_are_found_on_both_sides():
    a, b = data(np.array([[1.0], [2.0], [1.0]])), data(np.array([[1.0], [3.0]]))
    assert [side.tolist() for side in overlap_masks(a, b)] == [[True, False, True], [True, False]]


@given(
    counts=st.lists(st.integers(4, 40), min_size=1, max_size=6),
    shares=st.lists(st.floats(0.1, 10), min_size=1, max_size=4),
    seed=st.integers(0, 10),
)
def test_disjoint_parts_are_whole_stratified_and_as_large_as_asked(counts, shares, seed):
    y = np.repeat(np.arange(len(counts)), counts)
    parts = disjoint(y, shares, np.random.default_rng(seed))
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(y)))
    assert all(set(y[part]) == set(y) for part in parts)
    due = len(y) * np.asarray(shares) / sum(shares)
    if min(due) >= 2 * len(counts):  # no part is filled up with the one record of each class
        assert np.abs([len(part) for part in parts] - due).max() <= 2
