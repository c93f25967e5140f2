"""Tables of saved posteriors in bad or odd forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from scipy import sparse

from mlleaks import audit_posteriors
from tests.bad_inputs.common import (
    N,
    P,
    assert_refused,
    assert_same,
    assert_same_answers,
    clean_tables,
    replaced,
    table,
    with_shadow,
)

CLEAN = table()
MATRIX = CLEAN[P].to_numpy()
WITHOUT_P = CLEAN.drop(columns=P)
WHO = CLEAN[["record_id", "member", "label"]]
ANSWERS = CLEAN.drop(columns=["member", "label"])


def arrays(**columns):
    """The table as a mapping of arrays, the posteriors as one."""
    return {name: WITHOUT_P[name].to_numpy() for name in WITHOUT_P} | {"posteriors": MATRIX} | columns


def one(name, value, row=5):
    return table(**{name: replaced(CLEAN[name], row, value)})


def vectors(cut=0):
    return WITHOUT_P.assign(posteriors=[row[: len(row) - (i == 5) * cut] for i, row in enumerate(MATRIX)])


def twice(name):
    return pd.concat([CLEAN, CLEAN[[name]]], axis=1)


REFUSED = {
    "nothing": (None, "the table of posteriors of type NoneType"),
    "a path": ("p.csv", "of type str.*read the file first"),
    "an array": (MATRIX, "of type ndarray"),
    "a Series": (CLEAN["p_0"], "of type Series"),
    "an Arrow table": (pa.table({"a": [1]}), r"of type Table.*to_pandas\(\)"),
    "a structured array": (CLEAN.to_records(), "of type recarray"),
    "an empty mapping": ({}, "no column 'record_id'"),
    "an empty table": (pd.DataFrame(), "no column 'record_id'"),
    "no rows": (CLEAN[:0], r"posteriors of shape \(0, 3\)"),
    "no ids": (CLEAN.drop(columns="record_id"), "no column 'record_id' in the table of posteriors"),
    "ids as the index": (CLEAN.set_index("record_id"), "no column 'record_id'"),
    "no membership": (CLEAN.drop(columns="member"), "no column 'member'"),
    "no posteriors": (WITHOUT_P, "no column 'p_0'"),
    "one posterior": (CLEAN.drop(columns=["p_1", "p_2"]), "no column 'p_1'.*for a binary model write both"),
    "a gap": (CLEAN.drop(columns="p_1"), "no column 'p_1'.*without gaps"),
    "counted from 1": (CLEAN.rename(columns={"p_0": "p_3"}), "no column 'p_0'"),
    "names with spaces": (CLEAN.rename(columns={"member": " member"}), "no column 'member'.*it has"),
    "both forms of posteriors": (vectors().assign(p_0=1.0), "both 'p_0' and 'posteriors'"),
    "two p_1": (twice("p_1"), "the column 'p_1' more than once"),
    "two member": (twice("member"), "the column 'member' more than once"),
    "two label": (twice("label"), "the column 'label' more than once"),
    "two record_id": (twice("record_id"), "the column 'record_id' more than once"),
    "nan": (one("p_0", np.nan), r"nan or infinite posteriors in 1 row \(5\)"),
    "None": (one("p_0", None), "nan or infinite posteriors in 1 row"),
    "infinity": (one("p_0", np.inf), "nan or infinite posteriors in 1 row"),
    "NA": (one("p_0", pd.NA), "posteriors that are not numbers"),
    "missing nullable": (table(p_0=CLEAN["p_0"].astype("Float64").mask(CLEAN.index == 5)), "nan or infinite"),
    "words": (one("p_0", "high"), "posteriors that are not numbers"),
    "decimal commas": (table(p_0=CLEAN["p_0"].astype(str).str.replace(".", ",")), "that are not numbers"),
    "percent signs": (table(p_0=(CLEAN["p_0"] * 100).astype(str) + "%"), "posteriors that are not numbers"),
    "percent": (table(**{p: CLEAN[p] * 100 for p in P}), "posteriors that sum to 100"),
    "logits": (table(**{p: np.log(CLEAN[p]) for p in P}), "negative posteriors.*from_logits=True"),
    "a little negative": (table(p_0=-1e-3, p_1=0.5, p_2=0.501), "negative posteriors in 60 rows"),
    "sums of 0.98": (table(p_0=0.98, p_1=0.0, p_2=0.0), "posteriors that sum to 0.98"),
    "zeros": (table(p_0=0, p_1=0, p_2=0), "posteriors that sum to 0"),
    "complex": (table(p_0=CLEAN["p_0"] + 1j), "p_0 in the table of posteriors of dtype complex128"),
    "complex arrays": (arrays(posteriors=MATRIX + 0j), "of dtype complex128"),
    "dates": (table(p_0=pd.Timestamp("2020")), "posteriors that are not numbers"),
    "durations": (arrays(posteriors=(MATRIX * 100).astype("m8[s]")), "of dtype timedelta64"),
    "bytes": (arrays(posteriors=np.full((N, 3), b"high")), "posteriors that are not numbers"),
    "flags that do not sum to one": (table(p_0=True, p_1=True, p_2=False), "posteriors that sum to 2"),
    "lists in a column": (table(p_0=[[0.5, 0.5]] * N), "p_0.*of shape|not numbers"),
    "dictionaries in a column": (table(p_0=[{"a": 1}] * N), "posteriors that are not numbers"),
    "masked": (arrays(posteriors=np.ma.array(MATRIX, mask=MATRIX > 0.9)), r"with \d+ masked entries"),
    "sparse": (arrays(posteriors=sparse.csr_array(MATRIX)), r"posteriors of shape \(\)"),
    "one axis": (arrays(posteriors=MATRIX[:, 0]), r"posteriors of shape \(60,\)"),
    "three axes": (arrays(posteriors=MATRIX[:, :, None]), r"posteriors of shape \(60, 3, 1\)"),
    "one class": (arrays(posteriors=np.ones((N, 1))), r"posteriors of shape \(60, 1\)"),
    "too few rows": (
        arrays(posteriors=MATRIX[1:]),
        r"posteriors of shape \(59, 3\).*one row for each record",
    ),
    "vectors of different lengths": (vectors(cut=1), "rows of different lengths"),
    "vectors as text": (WITHOUT_P.assign(posteriors="[0.1, 0.9]"), r"posteriors of shape \(60,\)"),
    "a missing vector": (WITHOUT_P.assign(posteriors=replaced(MATRIX, 3, None)), "rows of different lengths"),
    "an id twice": (one("record_id", 0), r"1 record_ids that stand more than once \(first: 0\)"),
    "an id as a number and as text": (one("record_id", "0"), "1 record_ids that stand more than once"),
    "an empty id": (one("record_id", ""), r"1 rows without record_id \(first: row 5\)"),
    "no id": (one("record_id", None), "1 rows without record_id"),
    "a missing id": (table(record_id=CLEAN["record_id"].mask(CLEAN.index > 50)), "9 rows without record_id"),
    "ids of NA": (one("record_id", pd.NA), "1 rows without record_id"),
    "structured ids": (arrays(record_id=np.zeros(N, "i4,i4")), "record_id in the table .* of dtype"),
    "ids in two columns": (arrays(record_id=np.zeros((N, 2))), r"record_id of shape \(60, 2\)"),
    "lists as ids": (table(record_id=[[i] for i in range(N)]), "record_id that is a list"),
    "masked ids": (arrays(record_id=np.ma.array(range(N), mask=True)), "record_id .* with 60 masked"),
    "yes and no": (table(member=np.where(CLEAN["member"], "yes", "no")), "member = 'yes'"),
    "a missing membership": (one("member", None), "member = nan"),
    "a missing nullable membership": (
        table(member=CLEAN["member"].astype("boolean").mask(CLEAN.index == 5)),
        "member = nan",
    ),
    "membership 2": (one("member", 2), "member = '2'"),
    "membership .5": (table(member=0.5), "member = '0.5'"),
    "only members": (table(member=True), "got 0 non-members; expected at least 20"),
    "only non-members": (table(member=False), "got 0 members; expected at least 20"),
    "nineteen members": (table(member=np.arange(N) < 19), "got 19 members"),
    "label 3": (one("label", 3), r"label 3 \(1 such rows\)"),
    "label -1": (one("label", -1), "label -1"),
    "label .5": (one("label", 0.5), "label 0.5"),
    "label nan": (one("label", np.nan), "label nan"),
    "label None": (one("label", None), "label None"),
    "label in words": (one("label", "cat"), "label 'cat'"),
    "a huge label": (one("label", 10**30), "label 10{30}"),
    "labels as lists": (table(label=[[0]] * N), r"label .*\(60 such rows\)"),
    "labels as dictionaries": (table(label=[{}] * N), r"label \{\} \(60 such rows\)"),
    "labels as dates": (table(label=pd.Timestamp(0)), r"label .*\(60 such rows\)"),
    "complex labels": (table(label=1j), "label in the table of posteriors of dtype complex128"),
    "no model": (with_shadow(model_id=None), "120 rows without model_id"),
    "models that are nan": (with_shadow(model_id=np.nan), "120 rows without model_id"),
    "some rows without a model": (
        with_shadow(model_id=["target"] * 60 + [""] * 60),
        "60 rows without model_id",
    ),
    "no target": (with_shadow(model_id=[1] * 60 + [2] * 60), "model ids 1, 2; expected 'target' among them"),
    "a shadow of ten": (with_shadow()[:70], "got 5 members"),
    "a shadow of members only": (
        with_shadow(member=np.arange(2 * N) % 2 < (np.arange(2 * N) < N)),
        "got 0 members",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused(case):
    bad, says = REFUSED[case]
    assert_refused(lambda: audit_posteriors(bad), says)


SAME = {
    "arrays": arrays(),
    "lists": {name: CLEAN[name].tolist() for name in CLEAN},
    "a list of lists": arrays(posteriors=MATRIX.tolist()),
    "a column of vectors": vectors(),
    "a column of lists": WITHOUT_P.assign(posteriors=MATRIX.tolist()),
    "tensors": arrays(posteriors=torch.tensor(MATRIX), label=torch.tensor(CLEAN["label"].to_numpy())),
    "tensors with gradients": arrays(posteriors=torch.tensor(MATRIX, requires_grad=True)),
    "masked arrays without masked entries": arrays(posteriors=np.ma.array(MATRIX)),
    "nullable columns": CLEAN.convert_dtypes(),
    "Arrow columns": CLEAN.convert_dtypes(dtype_backend="pyarrow"),
    "text": CLEAN.astype(str),
    "objects": CLEAN.astype(object),
    "categories": CLEAN.assign(label=CLEAN["label"].astype("category"), p_0=CLEAN["p_0"].astype("category")),
    "an index that repeats": CLEAN.set_axis([0] * N),
    "unused columns": CLEAN.assign(comment="=1+1", P_0=7, p_x=None),
    "columns backwards": CLEAN[CLEAN.columns[::-1]],
    "whole floats as labels": table(label=CLEAN["label"].astype(float)),
    "1 and 0": table(member=CLEAN["member"].astype(int)),
    "one model": table(model_id=7),
    "ids of text": table(record_id=[f"ä\n={i}" for i in range(N)]),
    "ids of mixed types": one("record_id", "x"),
    "huge ids": table(record_id=[10**30 + i for i in range(N)]),
    "ids of dates": table(record_id=pd.date_range("2020", periods=N)),
}


@pytest.mark.parametrize("case", SAME)
def test_says_the_same_as_the_clean_table(case):
    assert_same_answers(SAME[case], CLEAN)


def test_what_rounding_leaves_below_zero_counts_as_zero():
    clean = table(p_0=np.linspace(0.5, 1, N), p_1=np.linspace(0.5, 0, N), p_2=0.0)
    assert_same_answers(clean.assign(p_2=-1e-9), clean)


JOINED = {
    "in another order": WHO[::-1],
    "ids as text": WHO.astype({"record_id": str}),
    "ids as floats": WHO.astype({"record_id": float}),
    "more records": pd.concat([WHO, WHO.assign(record_id=WHO["record_id"] + 500)]),
    "columns of lists": {name: WHO[name].tolist() for name in WHO},
}


@pytest.mark.parametrize("case", JOINED)
def test_membership_is_joined_by_id(case):
    assert_same_answers(ANSWERS, CLEAN, membership=JOINED[case])


@pytest.mark.parametrize(
    ("membership", "says"),
    [
        (WHO[1:], r"1 records without membership \(first: 0\)"),
        (WHO.drop(columns="record_id"), "no column 'record_id' in the membership table"),
        (WHO.drop(columns="member"), "no column 'member' in the membership table"),
        (pd.concat([WHO, WHO[:1]]), "1 record_ids that stand more than once"),
        (pd.concat([WHO, WHO[["member"]]], axis=1), "the membership table with the column 'member'"),
        (WHO.assign(record_id=replaced(WHO["record_id"], 0, "")), "1 rows without record_id"),
        (WHO.assign(member="maybe"), "member = 'maybe'"),
        ([1, 2], "the membership table of type list"),
    ],
)
def test_a_membership_that_does_not_fit_is_refused(membership, says):
    assert_refused(lambda: audit_posteriors(ANSWERS, membership=membership), says)


@pytest.mark.parametrize(
    ("queries", "says"),
    [
        (CLEAN[["p_0", "p_1"]], "answers to random queries that sum to|with 2 columns"),
        ({"posteriors": MATRIX + 1j}, "of dtype complex128"),
        ({"posteriors": MATRIX * 2}, "answers to random queries that sum to 2"),
        ({}, "no column 'p_0'"),
        (MATRIX, "the answers to random queries of type ndarray"),
        (twice("p_1"), "the answers to random queries with the column 'p_1' more than once"),
    ],
)
def test_answers_to_random_queries_that_do_not_fit_are_refused(queries, says):
    assert_refused(lambda: audit_posteriors(CLEAN, random_queries=queries), says)


@pytest.mark.parametrize("same", [True, False], ids=["same membership", "independent membership"])
def test_shadow_rows_about_evaluated_records_teach_nothing(same):
    evaluated = table(0, model_id="shadow", member=CLEAN["member"] if same else np.arange(N) < N / 2)
    alone = audit_posteriors(pd.concat([with_shadow()[:N], evaluated]))
    assert {"adversary-1", "shokri"} <= alone.result.skipped.keys()
    assert any("60 of 60 rows of shadow models were skipped" in note for note in alone.warnings)
    beside = audit_posteriors(pd.concat([with_shadow(), evaluated.assign(model_id="another")]))
    assert_same(beside, clean_tables())
    assert any("60 of 120 rows of shadow models were skipped" in note for note in beside.warnings)
