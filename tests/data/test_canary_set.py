"""Canaries on disk: every form comes back as it was, and what was changed is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import sparse

import mlleaks
from mlleaks.data.canary_set import FILE, CanarySet
from mlleaks.data.stored_records import pack_records, unpack_records

N = 5
COINS = np.array([True, False, True, True, False])
IDS = np.array([f"canary {i}" for i in range(N)])
FRAME = pd.DataFrame(
    {
        "whole": [1, 2, 3, 4, 5],
        "number": [0.1, np.nan, -0.0, 1e300, 5],
        "truth": [True, False, True, True, False],
        "text": ["a", None, "", 'é, "x"', "NA"],
        "gaps": pd.array([1, None, 2**60, 4, 5], dtype="Int64"),
        "maybe": pd.array([True, None, False, True, True], dtype="boolean"),
        "kind": pd.Categorical(["x", "y", None, "x", "y"], categories=["y", "x", "z"], ordered=True),
        "number kind": pd.Categorical([1, 2, 1, 2, 1]),
        "day": pd.to_datetime(["2020-01-01", None, "1999-12-31", "2020-01-01", "2030-06-01"]),
        7: np.arange(5, dtype=np.float32),
    }
)
FORMS = {
    "table": FRAME,
    "array": np.arange(30.0).reshape(N, 2, 3),
    "bytes": np.arange(10, dtype=np.uint8).reshape(N, 2),
    "text": np.array([["a", "b"]] * N),
    "objects": np.array([["a", None]] * N, dtype=object),
}


@pytest.mark.parametrize("form", FORMS)
def test_records_come_back_as_they_were(form, tmp_path):
    path = CanarySet(FORMS[form], np.array(list("abcde")), IDS, COINS).save(tmp_path / "c.npz")
    planted = CanarySet.load(path)
    if form == "table":
        assert_frame_equal(planted.X, FRAME)
    else:
        assert planted.X.tolist() == FORMS[form].tolist()
        assert planted.X.dtype == FORMS[form].dtype
    assert (planted.y.tolist(), planted.ids.tolist()) == (list("abcde"), IDS.tolist())
    assert (planted.included == COINS).all()


def test_sparse_records_come_back(tmp_path):
    X = sparse.random_array((N, 1000), density=0.01, rng=np.random.default_rng(0), format="csr")
    planted = CanarySet.load(CanarySet(X, np.arange(N), IDS, COINS).save(tmp_path / "c.npz"))
    assert (planted.X != X).nnz == 0
    assert planted.y.dtype == np.int64


def test_a_folder_holds_a_file_of_a_fixed_name(tmp_path):
    planted = CanarySet(np.eye(N), np.arange(N), IDS, COINS)
    assert planted.save(tmp_path) == tmp_path / FILE
    assert len(CanarySet.load(str(tmp_path))) == N
    assert [p.name for p in tmp_path.iterdir()] == [FILE]
    assert repr(planted) == "CanarySet(5 canaries)"


def changed(path, change):
    """Write a file again with some of its arrays changed."""
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **arrays | change(arrays))


@pytest.mark.parametrize(
    "change",
    [
        lambda a: {"included": ~a["included"]},
        lambda a: {"X": a["X"] + 1},
        lambda a: {"more": np.zeros(3)},
        lambda a: {"y": a["y"].astype(float)},
        lambda a: {"document": np.frombuffer(a["document"].tobytes().replace(b"array", b"arrat"), np.uint8)},
    ],
)
def test_a_changed_file_is_refused(change, tmp_path):
    path = CanarySet(np.eye(N), np.arange(N), IDS, COINS).save(tmp_path / "c.npz")
    changed(path, change)
    with pytest.raises(mlleaks.InputError, match=r"c\.npz that were changed"):
        CanarySet.load(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_a_file_that_holds_something_else_is_refused(content, tmp_path):
    (tmp_path / "c.npz").write_bytes(content)
    with pytest.raises(mlleaks.InputError, match=r"c\.npz that cannot be read"):
        CanarySet.load(tmp_path / "c.npz")
    np.savez(tmp_path / "c.npz", X=np.eye(2))
    with pytest.raises(mlleaks.InputError, match="cannot be read"):
        CanarySet.load(tmp_path / "c.npz")


def test_another_version_and_a_missing_file_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("mlleaks.data.canary_set.SCHEMA", 2)
    path = CanarySet(np.eye(N), np.arange(N), IDS, COINS).save(tmp_path / "c.npz")
    monkeypatch.undo()
    with pytest.raises(mlleaks.InputError, match="in the form 2; expected the form 1"):
        CanarySet.load(path)
    with pytest.raises(mlleaks.DataUnavailable, match=r"no file .*other\.npz"):
        CanarySet.load(tmp_path / "other.npz")


def test_parts_of_different_lengths_are_refused():
    with pytest.raises(mlleaks.InputError, match=r"parts of \[4, 5\] canaries"):
        CanarySet(np.eye(N), np.arange(4), IDS, COINS)


@pytest.mark.parametrize(
    ("frame", "match"),
    [
        (pd.DataFrame({"a": [1, "b"]}), "holds int, str"),
        (pd.DataFrame({("a", "b"): [1]}), r"a column that is called \('a', 'b'\)"),
        (pd.DataFrame({"a": [[1], [2]]}), "holds list"),
    ],
)
def test_columns_that_need_pickle_are_refused(frame, match):
    with pytest.raises(mlleaks.InputError, match=match):
        pack_records(frame, "X")


def test_what_is_packed_is_json_and_plain_arrays():
    facts, arrays = pack_records(FRAME, "X")
    assert not any(array.dtype.hasobject for array in arrays.values())
    assert_frame_equal(unpack_records(json.loads(json.dumps(facts)), arrays, "X"), FRAME)
