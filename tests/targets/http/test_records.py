"""Records as JSON holds them."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mlleaks import InputError
from mlleaks.targets.http.records import MIXED, encode_rows, refuse_missing


def through_json(rows):
    return json.loads(json.dumps(rows.values, allow_nan=False))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "uint16", "int64", "bool"])
@pytest.mark.parametrize("shape", [(3,), (3, 4), (3, 2, 4, 3)])
def test_arrays_come_back_exactly(dtype, shape):
    X = (np.random.default_rng(0).normal(size=shape) * 50).astype(dtype)
    rows = encode_rows(X)
    assert (len(rows), rows.shape, rows.dtypes, rows.columns, rows.missing) == (
        3,
        shape[1:],
        (dtype,),
        None,
        False,
    )
    np.testing.assert_array_equal(np.array(through_json(rows), dtype=dtype), X)


def test_sparse_matrices_become_dense():
    X = sparse.random(4, 6, density=0.3, format="csr", random_state=0)
    assert encode_rows(X).values == X.toarray().tolist()
    assert encode_rows(sparse.csr_array(X)).values == X.toarray().tolist()


def test_a_table_keeps_the_types_of_its_columns():
    frame = pd.DataFrame(
        {
            "age": [39, 50],
            "share": np.array([0.1, 0.2], dtype=np.float32),
            "work": ["private", None],
            "rich": [True, False],
            "kind": pd.Categorical(["x", "y"]),
            "rank": pd.Categorical([1, 2]),
            "children": pd.array([2, None], dtype="Int64"),
            "zeros": pd.arrays.SparseArray([0.0, 1.5]),
            "odd": [1, "one"],
            "cents": [Decimal("1.5"), np.float64(2)],
        }
    )
    rows = encode_rows(frame)
    assert rows.columns == tuple(frame)
    assert dict(zip(rows.columns, rows.dtypes, strict=True)) == {
        "age": "int64",
        "share": "float32",
        "work": "text",
        "rich": "bool",
        "kind": "text",
        "rank": "int64",
        "children": "float64",
        "zeros": "float64",
        "odd": MIXED,
        "cents": "float64",
    }
    share = float(np.float32(0.1))
    assert through_json(rows)[0] == [39, share, "private", True, "x", 1, 2.0, 0.0, 1, 1.5]
    assert through_json(rows)[1][6] is None
    assert rows.records()[1]["work"] is None
    assert rows.missing


@pytest.mark.parametrize(
    "X",
    [
        np.array([["a", "b"]]),
        [["a", "b"]],
        np.array([["a", "b"]], dtype=object),
        np.array([["a", "b"]], "U9"),
    ],
)
def test_text_stays_text(X):
    rows = encode_rows(X)
    assert (rows.values, rows.dtypes) == ([["a", "b"]], ("text",))
    assert type(rows.values[0][0]) is str


def test_one_text_per_record():
    assert encode_rows(pd.Series(["good", "bad"])).texts() == ["good", "bad"]
    assert encode_rows(pd.DataFrame({"text": ["good", "bad"]})).texts() == ["good", "bad"]
    with pytest.raises(InputError, match="one text for each record"):
        encode_rows(np.zeros((2, 3))).texts()


def test_missing_values_become_null():
    assert encode_rows(np.array([[np.nan, 1.0]])).values == [[None, 1.0]]
    assert encode_rows(np.array([[None, 1.0]], dtype=object)).values == [[None, 1.0]]
    assert encode_rows(pd.DataFrame({"a": [np.nan, "x"]})).values == [[None], ["x"]]
    assert encode_rows(pd.DataFrame({"a": pd.Categorical(["x", None])})).values == [["x"], [None]]
    image = np.zeros((1, 2, 2, 1))
    image[0, 1, 0, 0] = np.nan
    assert encode_rows(image).values == [[[[0.0], [0.0]], [[None], [0.0]]]]


def test_missing_values_are_refused_where_the_protocol_has_no_null():
    refuse_missing(encode_rows(np.ones((2, 2))), "KServe v1")
    with pytest.raises(InputError, match=r"missing values \(nan\) for KServe v1.*Fill the gaps"):
        refuse_missing(encode_rows(np.array([[np.nan, 1.0]])), "KServe v1")


@pytest.mark.parametrize(
    "X",
    [
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.array([[np.timedelta64(3, "D")]]),
        pd.DataFrame({"when": pd.to_datetime(["2020-01-01"])}),
        pd.DataFrame({"when": pd.to_datetime(["2020-01-01"], utc=True)}),
        pd.DataFrame({"when": [dt.date(2020, 1, 1)]}),
        pd.DataFrame({"when": [dt.time(3)]}),
        pd.DataFrame({"when": pd.PeriodIndex(["2020-01"], freq="M")}),
        np.array([[dt.datetime(2020, 1, 1)]], dtype=object),
    ],
)
def test_dates_are_refused_with_the_reason(X):
    with pytest.raises(InputError, match=r"dates or times in .*JSON has no dates"):
        encode_rows(X)


@pytest.mark.parametrize(
    ("X", "match"),
    [
        (np.array([[np.inf, 1]]), "infinite number"),
        (np.array([[-np.inf, 1]], dtype=object), "infinite number"),
        (pd.DataFrame({"a": [1, float("inf")]}), "infinite number in the column 'a'"),
        (np.array([[1j]]), "complex"),
        (np.array([[b"raw"]], dtype=object), "a bytes in the records"),
        (pd.DataFrame({"a": [b"raw"]}), "a bytes in the column 'a'"),
        (pd.DataFrame({"a": [[1, 2]]}), "more than one value in a cell"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "more than once"),
        (np.empty((0, 3)), "at least one record"),
        (np.empty((3, 0)), "at least one record"),
        (pd.DataFrame({"a": []}), "at least one record"),
        ([[1, 2], [3]], "cannot be read as an array"),
        (5, "at least one record"),
    ],
)
def test_what_json_cannot_hold_is_refused(X, match):
    with pytest.raises(InputError, match=match):
        encode_rows(X)


def test_records_without_names_have_no_objects():
    with pytest.raises(InputError, match="without column names"):
        encode_rows(np.ones((1, 2))).records()
