"""Members, non-members and shadow records in bad or odd forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from mlleaks import ModelError
from tests.bad_inputs.common import (
    FEATURES,
    MEMBERS,
    NONMEMBERS,
    SHADOW,
    N,
    assert_refused,
    assert_same,
    audit,
    clean_audit,
    replaced,
    train,
)

X, Y = MEMBERS
OTHER_X, OTHER_Y = NONMEMBERS


def both(form):
    """Return members and non-members in another form."""
    return {"members": (form(X), Y), "nonmembers": (form(OTHER_X), OTHER_Y)}


def frames(**columns):
    return both(lambda values: pd.DataFrame(values, columns=FEATURES).assign(**columns))


def masked(values):
    return np.ma.array(values, mask=np.arange(N * 3).reshape(N, 3) == 4)


def twice(values):
    return pd.DataFrame(values, columns=["a", "b", "b"])


REFUSED = {
    "nothing": ({"members": None}, "no members; expected records that the model was trained on"),
    "an empty tuple": ({"members": ()}, r"members of shape \(\)"),
    "text": ({"members": "members.csv"}, r"members of shape \(\)"),
    "a dictionary": ({"members": {"X": X, "y": Y}}, r"members of shape \(\)"),
    "a list of both": ({"members": [X, Y]}, "members that cannot be read as an array"),
    "four parts": ({"members": (X, Y, Y, Y)}, "4 parts of members"),
    "one axis": ({"members": (X[:, 0], Y)}, r"members of shape \(60,\)"),
    "a Series": ({"members": (pd.Series(X[:, 0]), Y)}, r"members of shape \(60,\)"),
    "no rows": ({"members": (X[:0], Y[:0])}, r"members of shape \(0, 3\)"),
    "no columns": (both(lambda v: v[:, :0]), r"members of shape \(60, 0\)"),
    "a table without columns": (both(lambda v: pd.DataFrame(index=range(N))), r"members of shape \(60, 0\)"),
    "rows of different lengths": ({"members": ([[1.0, 2.0], [3.0]] * 30, Y)}, "cannot be read as an array"),
    "nineteen": ({"members": (X[:19], Y[:19])}, "got 19 members; expected at least 20"),
    "nineteen on the other side": ({"nonmembers": (OTHER_X[:19], OTHER_Y[:19])}, "got 19 nonmembers"),
    "one record many times": ({"members": (X[:1].repeat(N, 0), Y * 0)}, "got 1 members that differ"),
    "the members as non-members": ({"nonmembers": MEMBERS}, "60 non-members that are identical"),
    "the members in another order": (
        {"nonmembers": (X[::-1], Y[::-1])},
        "60 non-members that are identical",
    ),
    "the members as float32": ({"nonmembers": (X.astype("f4"), Y)}, "60 non-members that are identical"),
    "thirds as float32": (
        {"members": (X / 3, Y), "nonmembers": ((X / 3).astype("f4"), Y)},
        "60 non-members that are identical",
    ),
    "the members without classes": ({"members": X, "nonmembers": X}, "60 non-members that are identical"),
    "other columns": (
        {"members": frames()["members"], "nonmembers": frames(z=0)["nonmembers"]},
        "differ in the columns z",
    ),
    "fewer columns": ({"nonmembers": (OTHER_X[:, :2], OTHER_Y)}, r"rows of shape \(3,\).*with \(2,\)"),
    "a table beside an array": ({"nonmembers": frames()["nonmembers"]}, "members as ndarray.*as DataFrame"),
    "a sparse matrix beside an array": (
        {"nonmembers": (sparse.csr_array(OTHER_X), OTHER_Y)},
        "as csr_array",
    ),
    "text beside numbers": ({"nonmembers": (OTHER_X.astype(str), OTHER_Y)}, "ndarray of dtype <U"),
    "dates beside numbers": (
        {"nonmembers": (OTHER_X.astype("M8[s]"), OTHER_Y)},
        r"of dtype datetime64\[s\]",
    ),
    "a column twice": (both(twice), "members with the column 'b' more than once"),
    "rows of text": (both(lambda v: v.astype(str)), "records of dtype <U.*DataFrame"),
    "dates": (both(lambda v: (v * 64).astype("M8[s]")), "records of dtype datetime64.*DataFrame"),
    "objects": (both(lambda v: v.astype(object)), "records of dtype object.*DataFrame"),
    "complex numbers": (both(lambda v: v + 1j), "members of dtype complex128"),
    "complex columns": (frames(z=1j), "members with complex numbers"),
    "complex sparse matrices": (both(lambda v: sparse.csr_array(v + 1j)), "members with complex numbers"),
    "structured rows": (both(lambda v: np.zeros((N, 1), "f8,f8")), "members of dtype"),
    "masked entries": (both(masked), "members with 1 masked entries"),
    "columns of lists": (frames(z=[[1, 2]] * N), "more than one value in a cell of the column 'z'"),
    "columns of dictionaries": (frames(z=[{"a": 1}] * N), "more than one value in a cell"),
    "columns of arrays": (frames(z=list(np.eye(N))), "more than one value in a cell"),
    "columns of sets": (frames(z=[{1}] * N), "more than one value in a cell"),
    "a sparse vector": (both(lambda v: sparse.coo_array(v[:, 0])), r"members of shape \(60,\)"),
    "a shadow of members": ({"shadow": MEMBERS}, "0 records in each half of the shadow data"),
    "a shadow of non-members": ({"shadow": NONMEMBERS}, "0 records in each half of the shadow data"),
    "a shadow of members as float32": ({"shadow": (X.astype("f4"), Y)}, "0 records in each half"),
    "a shadow of one record": (
        {"shadow": (X[:1].repeat(N, 0) + 1, Y)},
        "records in each half of the shadow",
    ),
    "a shadow of one class": ({"shadow": (SHADOW[0], Y * 0)}, "shadow data of one class only"),
    "a shadow without classes": ({"shadow": SHADOW[0]}, "shadow data without labels"),
    "a shadow of other columns": ({"shadow": (SHADOW[0][:, :2], SHADOW[1])}, "shadow records as ndarray"),
    "a shadow of 39": ({"shadow": (SHADOW[0][:39], SHADOW[1][:39])}, "19 records in each half"),
    "a trainer without a shadow": ({"trainer": train}, "a trainer without shadow data"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused(case):
    options, says = REFUSED[case]
    assert_refused(lambda: audit(**options), says)


SAME = {
    "lists": both(np.ndarray.tolist),
    "float32": both(lambda v: v.astype("f4")),
    "float16": both(lambda v: v.astype("f2")),
    "float64 beside float32": {"nonmembers": (OTHER_X.astype("f4"), OTHER_Y)},
    "Fortran order": both(np.asfortranarray),
    "read-only": both(lambda v: np.frombuffer(v.tobytes()).reshape(v.shape)),
    "big-endian": both(lambda v: v.astype(">f8")),
    "every other row of a larger array": both(lambda v: np.repeat(v, 2, axis=0)[::2]),
    "masked arrays without masked entries": both(lambda v: np.ma.array(v, mask=False)),
    "matrices": both(lambda v: sparse.csr_matrix(v).todense()),
    "tensors": both(torch.tensor),
    "tensors with gradients": both(lambda v: torch.tensor(v, requires_grad=True)),
    "three axes": both(lambda v: v[:, :, None]),
    "csr": both(sparse.csr_matrix),
    "csc": both(sparse.csc_array),
    "coo": both(sparse.coo_array),
    "bsr": both(sparse.bsr_array),
    "dok": both(sparse.dok_array),
    "tables": frames(),
    "tables with an index of one value": both(lambda v: pd.DataFrame(v, index=[7] * N)),
    "nullable columns": both(lambda v: pd.DataFrame(v).astype("Float64")),
    "Arrow columns": both(lambda v: pd.DataFrame(v).astype("double[pyarrow]")),
    "sparse columns": both(lambda v: pd.DataFrame.sparse.from_spmatrix(sparse.csr_array(v))),
    "records that stand ten times": {"members": (np.tile(X, (10, 1)), np.tile(Y, 10))},
    "non-members that stand twice": {"nonmembers": (OTHER_X.repeat(2, 0), OTHER_Y.repeat(2))},
}


@pytest.mark.parametrize("case", SAME)
def test_says_the_same_as_the_clean_records(case):
    report, clean = audit(**SAME[case]).to_frame(), clean_audit().to_frame()
    columns = ["auc", "auc_low", "auc_high", "p_value"]  # thresholds differ with the kind of random queries
    pd.testing.assert_frame_equal(report[columns], clean[columns])


@pytest.mark.parametrize(
    "value", ["x", pd.NA, pd.Timestamp("2020"), pd.NaT, True, b"x", 1 + 1j, "категория\n=1+1"], ids=repr
)
def test_a_column_of_anything_is_audited(value):
    records = frames(z=replaced(range(N), 3, value))
    report = audit(**records, domain=lambda n, rng: records["members"][0].sample(n, replace=True))
    assert report.result.n_members == N


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_reach_the_model(value):
    members = X.copy()
    members[3, 0] = value
    assert_refused(lambda: audit(members=(members, Y)), "nan or infinite answers in 1 row")


def test_lists_in_an_array_reach_the_model():
    cells = np.empty((N, 3), dtype=object)
    cells[:] = [[[1, 2]] * 3] * N
    assert_refused(lambda: audit(members=(cells, Y), nonmembers=(cells, Y)), "predict_proba", ModelError)


@pytest.mark.parametrize("evaluated", [MEMBERS, NONMEMBERS])
def test_evaluated_records_in_the_shadow_change_nothing(evaluated):
    mixed = tuple(np.concatenate([part, more[:9]]) for part, more in zip(SHADOW, evaluated, strict=True))
    clean = audit(shadow=SHADOW, trainer=train)
    assert_same(audit(shadow=mixed, trainer=train), clean)
