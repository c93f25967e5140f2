"""Classes and ids of records in bad or odd forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from tests.bad_inputs.common import (
    CLASSES,
    MEMBERS,
    NAMES,
    NONMEMBERS,
    N,
    Stub,
    assert_refused,
    assert_same,
    audit,
    clean_audit,
    replaced,
)

X, Y = MEMBERS
OTHER_X, OTHER_Y = NONMEMBERS


def labelled(form):
    return {"members": (X, form(Y)), "nonmembers": (OTHER_X, form(OTHER_Y))}


def one(value, row=5):
    return {"members": (X, replaced(Y.tolist(), row, value))}


def with_ids(ids):
    return {"members": (X, Y, ids)}


REFUSED = {
    "labels on one side": ({"members": X}, "labels on one side only"),
    "labels on the other side": ({"nonmembers": OTHER_X}, "labels on one side only"),
    "one label too few": ({"members": (X, Y[1:])}, r"60 members with labels of shape \(59,\)"),
    "labels as a column": (labelled(lambda y: y[:, None]), r"labels of shape \(60, 1\)"),
    "one-hot labels": (labelled(lambda y: np.eye(3)[y]), r"labels of shape \(60, 3\)"),
    "one label for all": ({"members": (X, 1)}, r"labels of shape \(\)"),
    "sparse labels": ({"members": (X, sparse.csr_array(Y[:, None]))}, r"labels of shape \(\)"),
    "labels of different lengths": (
        {"members": (X, [[1], [1, 2]] * 30)},
        "labels of members that cannot be read",
    ),
    "an unseen class": (one(3), r"label 3 among the members \(1 such records\)"),
    "a class below zero": (one(-1), "label -1 among the members"),
    "half a class": (one(0.5), "label 0.5 among the members"),
    "a huge class": (one(10**30), "label 10{30} among the members"),
    "an infinite class": (one(np.inf), "label inf among the members"),
    "a missing class": (one(np.nan), "label nan among the members"),
    "no class": (one(None), "label None among the members"),
    "NA as a class": (one(pd.NA), "label <NA> among the members"),
    "NaT as a class": (one(pd.NaT), "label NaT among the members"),
    "a class in words": (one("cat"), "label 'cat' among the members"),
    "a class as a list": (one([1]), r"label .* among the members"),
    "a class as a dictionary": (one({1: 2}), r"label .* among the members"),
    "a class as a set": (one({1}), r"label .* among the members"),
    "digits as text": (labelled(lambda y: y.astype(str)), r"label '\d' among the members \(60 such"),
    "digits as bytes": (labelled(lambda y: y.astype("S1")), r"label b'\d' among the members \(60 such"),
    "names without classes_": (labelled(lambda y: NAMES[y]), "without classes_ numbers them from 0"),
    "dates": (labelled(lambda y: y.astype("M8[ns]")), "label .* among the members"),
    "durations": (labelled(lambda y: y.astype("m8[ns]")), "label .* among the members"),
    "complex numbers": (labelled(lambda y: y + 0j), "labels of members of dtype complex128"),
    "structured labels": (labelled(lambda y: np.zeros(N, "i4,i4")), "labels of members of dtype"),
    "masked labels": (labelled(lambda y: np.ma.array(y, mask=y == 0)), "labels of members with 20 masked"),
    "missing nullable labels": (
        labelled(lambda y: pd.Series(y, dtype="Int64").mask(y == 0)),
        r"label nan among the members \(20 such",
    ),
    "an id twice": (with_ids([0, *range(N - 1)]), "1 ids that stand more than once among the members"),
    "one id too few": (with_ids(range(N - 1)), r"ids of \(59,\)"),
    "ids in two columns": (with_ids(np.zeros((N, 2))), r"ids of \(60, 2\)"),
    "one id as a number and as text": (
        with_ids(replaced([*range(N)], 1, "0")),
        "1 ids that stand more than once among the members",
    ),
    "an empty id": (
        with_ids(replaced(map(str, range(N)), 4, "")),
        r"1 rows without ids of members \(first: row 4",
    ),
    "a blank id": (with_ids(replaced(map(str, range(N)), 4, " ")), "1 rows without ids of members"),
    "no id": (with_ids(replaced(range(N), 4, None)), "1 rows without ids of members"),
    "a missing id": (with_ids(replaced(range(N), 4, np.nan)), "1 rows without ids of members"),
    "a missing number": (with_ids([*range(N - 1), np.nan]), "1 rows without ids of members"),
    "NA as an id": (
        with_ids(pd.array([*range(N - 1), None], dtype="Int64")),
        "1 rows without ids of members",
    ),
    "NaT as an id": (with_ids(pd.to_datetime(["2020"] * (N - 1) + [None])), "1 rows without ids of members"),
    "lists as ids": (with_ids(replaced(range(N), 4, [1])), "ids of members that is a list"),
    "structured ids": (with_ids(np.zeros(N, "i4,i4")), "ids of members of dtype"),
    "complex ids": (with_ids(np.arange(N) + 1j), "ids of members of dtype complex128"),
    "masked ids": (with_ids(np.ma.array(range(N), mask=[1] + [0] * (N - 1))), "ids of members with 1 masked"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused(case):
    options, says = REFUSED[case]
    assert_refused(lambda: audit(**options), says)


SAME = {
    "lists": labelled(np.ndarray.tolist),
    "small integers": labelled(lambda y: y.astype("u1")),
    "whole floats": labelled(lambda y: y.astype(float)),
    "objects": labelled(lambda y: y.astype(object)),
    "Series of another index": labelled(lambda y: pd.Series(y, index=range(N, 0, -1))),
    "nullable": labelled(lambda y: pd.array(y, dtype="Int64")),
    "categories": labelled(lambda y: pd.Categorical(y, categories=[2, 1, 0])),
    "tensors": labelled(torch.tensor),
    "tensors with gradients": labelled(lambda y: torch.tensor(y, dtype=torch.float32, requires_grad=True)),
    "masked arrays without masked entries": labelled(np.ma.array),
}


@pytest.mark.parametrize("case", SAME)
def test_says_the_same_as_clean_labels(case):
    assert_same(audit(**SAME[case]), clean_audit())


NAMED = {
    "text": NAMES,
    "objects": NAMES.astype(object),
    "bytes": NAMES.astype("S3"),
    "nullable text": pd.array(NAMES, dtype="string"),
    "floats": np.array([0.5, 1.5, 2.5]),
    "dates": np.array(["2020", "2021", "2022"], dtype="M8[Y]"),
    "huge numbers": np.array([10**30, 10**31, 10**32], dtype=object),
    "empty text and spaces": np.array(["", " ", "  "]),
}


@pytest.mark.parametrize("names", NAMED.values(), ids=NAMED)
def test_classes_may_have_any_name_that_the_model_gives_them(names):
    report = audit(Stub(names), **labelled(lambda y: names[y]))
    assert_same(report, clean_audit())
    assert len(report.result.class_names) == CLASSES


def test_bools_are_numbers_to_a_model_of_two_classes():
    class Binary(Stub):
        def predict_proba(self, records):
            p = super().predict_proba(records)[:, :1]
            return np.hstack([1 - p, p])

    yes = {"members": (X, Y == 0), "nonmembers": (OTHER_X, OTHER_Y == 0)}
    numbers = {side: (values, y.astype(int)) for side, (values, y) in yes.items()}
    for model in (Binary(), Binary([False, True]), Binary([0, 1])):
        assert_same(audit(model, **yes), audit(Binary(), **numbers))


def test_numbers_are_classes_of_a_model_trained_on_their_text():
    assert_same(audit(Stub(["0", "1", "2"])), clean_audit())
    assert_refused(lambda: audit(Stub(["0", "1", "3"])), r"label 2 among the members \(20 such")


@pytest.mark.parametrize(
    ("ids", "first"),
    [
        (np.arange(N), 0),
        (np.arange(N) * 1.0, 0),
        (np.arange(N) + 0.5, "0.5"),
        (np.array([f"Ärztin\n{i}=😀" for i in range(N)]), "Ärztin\n0=😀"),
        (np.array([b"%d" % i for i in range(N)]), "0"),
        ([10**30 + i for i in range(N)], str(10**30)),
        (pd.date_range("2020-01-01", periods=N), "2020-01-01T00"),
        (pd.Categorical([f"c{i}" for i in range(N)]), "c0"),
        (torch.arange(N), 0),
        (replaced(range(N), 1, "x"), "0"),
    ],
    ids=lambda ids: type(ids).__name__,
)
def test_ids_keep_their_names(ids, first):
    report = audit(**with_ids(ids))
    assert str(report.records()["record_id"].iloc[0]).startswith(str(first))
    assert report.records()["record_id"].is_unique
    assert_same(report, clean_audit())
