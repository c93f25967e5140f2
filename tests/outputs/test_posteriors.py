"""Validation and attack features, against plain NumPy, also across block boundaries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from mlleaks.errors import InputError
from mlleaks.outputs import posteriors, signals

FEATURES = {
    "maximum": signals.maximum,
    "standard deviation": signals.standard_deviation,
    "negative entropy": signals.negative_entropy,
    "top 3": signals.top_k,
}

tables = arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.integers(2, 6)),
    elements=st.sampled_from([0.0, 1e-300, 1e-9, 0.25, 0.5, 1.0, 3.0]),
).map(
    lambda t: (
        (t + (t.sum(axis=1, keepdims=True) == 0)) / (t + (t.sum(axis=1, keepdims=True) == 0)).sum(1)[:, None]
    )
)


def random_table(n=97, k=7, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(k, 0.3), size=n)


@given(tables)
def test_good_posteriors_pass_unchanged(p):
    assert posteriors.validate_posteriors(p) is p


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_types_are_kept(dtype):
    assert posteriors.validate_posteriors(np.array([[0.25, 0.75]], dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.uint8, bool, object])
def test_other_types_become_float64(dtype):
    checked = posteriors.validate_posteriors(np.array([[0, 1], [1, 0]], dtype=dtype))
    assert checked.dtype == np.float64
    np.testing.assert_array_equal(checked, [[0, 1], [1, 0]])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("from_logits", [False, True])
def test_values_that_are_not_finite_are_refused_and_located(value, from_logits):
    p = np.full((8, 2), 0.5)
    p[[1, 3, 4, 6], 1] = value
    with pytest.raises(InputError, match=r"nan or infinite posteriors in 4 rows \(1, 3, 4, \.\.\.\)"):
        posteriors.validate_posteriors(p, from_logits=from_logits)


def test_negative_values_are_refused_and_logits_suggested():
    with pytest.raises(InputError, match=r"negative posteriors in 1 row \(1\).*from_logits=True"):
        posteriors.validate_posteriors([[0.5, 0.5], [-0.5, 1.5]])


def test_rows_that_do_not_sum_to_one_are_refused_with_the_first_sum():
    with pytest.raises(InputError, match=r"sum to 0\.9 in 2 rows \(1, 2\); expected rows that sum to 1"):
        posteriors.validate_posteriors([[0.5, 0.5], [0.45, 0.45], [0.6, 0.6]])


@pytest.mark.parametrize("total", [0.99, 0.995, 1.005, 1.01])
def test_rounded_rows_pass_up_to_the_tolerance_itself(total):
    row = np.array([[0.33, total - 0.33]])
    np.testing.assert_array_equal(posteriors.validate_posteriors(row), row)


def test_thirds_rounded_up_to_two_decimals_pass():
    posteriors.validate_posteriors([[0.34, 0.34, 0.33]])


@pytest.mark.parametrize("total", [0.9895, 1.0105])
def test_rows_just_beyond_the_tolerance_are_refused(total):
    with pytest.raises(InputError, match=r"sum to (0\.9895|1\.01\d?) in 1 row \(0\)"):
        posteriors.validate_posteriors([[0.33, total - 0.33]])


def test_sums_of_many_float32_columns_are_exact_enough():
    p = np.full((3, 200_000), 1 / 200_000, dtype=np.float32)
    assert posteriors.validate_posteriors(p) is p


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ([[1.0], [1.0]], r"\(2, 1\)"),
        ([0.5, 0.5], r"\(2,\)"),
        ([], r"\(0,\)"),
        (np.empty((0, 3)), r"\(0, 3\)"),
        (np.full((2, 2, 2), 0.5), r"\(2, 2, 2\)"),
        (0.5, r"\(\)"),
    ],
)
@pytest.mark.parametrize("from_logits", [False, True])
def test_other_shapes_are_refused(value, shape, from_logits):
    with pytest.raises(InputError, match=rf"posteriors of shape {shape}; expected shape \(n, k\)"):
        posteriors.validate_posteriors(value, from_logits=from_logits)


@pytest.mark.parametrize(
    "value",
    [
        [["yes", "no"]],
        [[None, {}]],
        sparse.csr_array(np.eye(2)),
        np.array([["2020-01-01", "2021-01-01"]], dtype="M8[ns]"),
        [[0.5, pd.NA]],
    ],
    ids=["strings", "objects", "sparse", "dates", "NA"],
)
def test_what_is_no_table_of_numbers_is_refused(value):
    with pytest.raises(InputError, match="posteriors that are not numbers.*expected a table of numbers"):
        posteriors.validate_posteriors(value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([[0.5, 0.5], [1.0]], "posteriors that cannot be read as an array"),
        (np.array([[0.5 + 1j, 0.5]]), "posteriors of dtype complex128"),
        (np.ma.array([[0.5, 0.5]], mask=[[0, 1]]), "posteriors with 1 masked entries"),
        (np.array([(0.5, 0.5)], dtype="f8,f8"), "posteriors of dtype .*'f0'"),
    ],
    ids=["ragged", "complex", "masked", "structured"],
)
def test_nothing_is_dropped_silently_from_posteriors(value, says):
    with pytest.raises(InputError, match=says):
        posteriors.validate_posteriors(value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_rounding_leaves_below_zero_is_zero(dtype):
    given = np.array([[1.0, -1e-9], [0.5, 0.5]], dtype=dtype)
    checked = posteriors.validate_posteriors(given)
    np.testing.assert_array_equal(checked, np.array([[1, 0], [0.5, 0.5]], dtype=dtype))
    assert checked.dtype == dtype
    assert given[0, 1] < 0
    with pytest.raises(InputError, match="negative posteriors in 1 row"):
        posteriors.validate_posteriors([[1.0, -1.1 * posteriors.NEGATIVE]])


def test_what_rounding_leaves_below_zero_makes_no_logits():
    with pytest.raises(InputError, match="posteriors already"):
        posteriors.validate_posteriors([[1.0, -1e-9]], from_logits=True)


def test_errors_name_what_was_checked():
    with pytest.raises(InputError, match="negative answers to random queries"):
        posteriors.validate_posteriors([[-1.0, 2.0]], what="answers to random queries")


def test_logits_become_posteriors():
    logits = np.array([[1000.0, 0.0, -1000.0], [2.0, 2.0, 2.0], [0.0, np.log(2), np.log(3)]])
    expected = [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [1 / 6, 2 / 6, 3 / 6]]
    np.testing.assert_allclose(posteriors.validate_posteriors(logits, from_logits=True), expected, atol=1e-15)


@given(arrays(np.float32, (5, 3), elements=st.floats(-50, 50, width=32)), st.floats(-100, 100))
def test_logits_are_shift_invariant_and_sum_to_one(logits, shift):
    logits = logits.astype(float)
    for table in (logits, logits + shift):  # what could be posteriors is refused as logits
        assume(np.abs(table.sum(axis=1) - 1).max() > 0.1)
    p = posteriors.validate_posteriors(logits, from_logits=True)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_allclose(
        posteriors.validate_posteriors(logits + shift, from_logits=True), p, atol=1e-12
    )


@given(tables, st.integers(1, 8))
def test_top_k_is_the_sorted_row_padded_with_zeros(p, k):
    expected = np.zeros((len(p), k))
    width = min(k, p.shape[1])
    expected[:, :width] = np.sort(p, axis=1)[:, ::-1][:, :width]
    np.testing.assert_array_equal(signals.top_k(p, k), expected)


@given(tables)
def test_statistics_agree_with_plain_numpy(p):
    safe = np.where(p > 0, p, 1)
    np.testing.assert_array_equal(signals.maximum(p), p.max(axis=1))
    np.testing.assert_allclose(signals.standard_deviation(p), p.std(axis=1), atol=1e-15)
    np.testing.assert_allclose(signals.negative_entropy(p), (p * np.log(safe)).sum(axis=1), atol=1e-14)


@given(tables)
def test_negative_entropy_is_zero_for_certainty_and_minus_log_k_for_ignorance(p):
    values = signals.negative_entropy(p)
    k = p.shape[1]
    assert (values <= 0).all()
    assert (values >= -np.log(k) - 1e-12).all()
    ends = signals.negative_entropy(np.array([np.eye(k)[0], np.full(k, 1 / k)]))
    np.testing.assert_allclose(ends, [0, -np.log(k)])
    assert not np.signbit(ends[0])


@pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
def test_features_do_not_depend_on_the_memory_layout(feature):
    p = random_table(n=1000, k=10)
    np.testing.assert_array_equal(feature(np.asfortranarray(p)), feature(p), strict=True)


@given(tables)
def test_features_do_not_depend_on_the_order_of_classes(p):
    for feature in FEATURES.values():
        np.testing.assert_allclose(feature(p[:, ::-1]), feature(p), atol=1e-14)


@pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
def test_more_confident_answers_have_higher_statistics(feature):
    low, high = feature(np.array([[0.4, 0.3, 0.3], [0.8, 0.1, 0.1]])).reshape(2, -1)[:, 0]
    assert high > low


@pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
def test_float32_answers_give_the_same_features(feature):
    p = random_table()
    np.testing.assert_allclose(feature(p.astype(np.float32)), feature(p), atol=1e-5)


@pytest.mark.parametrize("block", [1, 7, 8, 50, 97 * 7 - 1, 97 * 7])
def test_blocks_change_nothing(block, monkeypatch):
    p = random_table()
    whole = {name: feature(p) for name, feature in FEATURES.items()}
    softmax = posteriors.validate_posteriors(np.log(p + 1e-9), from_logits=True)
    monkeypatch.setattr(posteriors, "_BLOCK", block)
    for name, feature in FEATURES.items():
        np.testing.assert_array_equal(feature(p), whole[name])
    np.testing.assert_array_equal(posteriors.validate_posteriors(np.log(p + 1e-9), from_logits=True), softmax)


@pytest.mark.parametrize("row", [0, 1, 2, 95, 96])
def test_bad_rows_are_located_in_any_block(row, monkeypatch):
    monkeypatch.setattr(posteriors, "_BLOCK", 14)
    p = random_table()
    p[row, 0] = np.nan
    with pytest.raises(InputError, match=rf"in 1 row \({row}\)"):
        posteriors.validate_posteriors(p)


def test_no_block_is_larger_than_promised(monkeypatch):
    monkeypatch.setattr(posteriors, "_BLOCK", 20)
    shapes = []
    posteriors.by_rows(lambda p: shapes.append(p.shape) or p[:, 0], random_table())
    assert max(n * k for n, k in shapes) <= 20
    assert sum(n for n, _ in shapes) == 97


def test_predicted_classes_are_the_first_largest():
    p = np.array([[0.2, 0.4, 0.4], [0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])
    classes = signals.predicted_classes(p)
    assert classes.tolist() == [1, 0, 2]
    assert classes.dtype == np.int64
