"""Files in bad or odd forms, through the commands that read them."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlleaks import DataUnavailable, audit_posteriors
from mlleaks.cli.resolve import records_of
from mlleaks.data.record_files import read_records
from mlleaks.data.tables import read_table
from tests.bad_inputs.common import (
    FEATURES,
    MEMBERS,
    NONMEMBERS,
    N,
    P,
    Stub,
    assert_refused,
    assert_same,
    assert_same_answers,
    audit,
    clean_audit,
    table,
)

CSV = table().to_csv(index=False)
HEADER, *LINES = CSV.splitlines()


def lines(form, header=HEADER):
    return "\n".join([header, *map(form, LINES)]) + "\n"


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def parquet(frame, **options):
    buffer = io.BytesIO()
    frame.to_parquet(buffer, **options)
    return buffer.getvalue()


@cache
def arrow(*names):
    """Return a Parquet file whose columns may have one name."""
    buffer = io.BytesIO()
    pq.write_table(pa.table([table()[name.strip("_")].to_numpy() for name in names], list(names)), buffer)
    return buffer.getvalue()


def written(folder, name, content):
    path = Path(folder) / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cut(text, first):
    """Return a CSV line without its first fields."""
    return text.split(",", first)[first]


REFUSED = {
    "a text file": ("p.txt", CSV, "a file named 'p.txt'"),
    "a spreadsheet": ("p.xlsx", b"PK\3\4", "a file named 'p.xlsx'; expected one that ends in"),
    "no ending": ("p", CSV, "a file named 'p'"),
    "an empty CSV": ("p.csv", "", "that cannot be read"),
    "blank lines only": ("p.csv", "\n\n\n", "that cannot be read"),
    "a header only": ("p.csv", HEADER + "\n", "no rows in"),
    "binary junk as CSV": ("p.csv", bytes(range(256)) * 4, "that cannot be read"),
    "UTF-16": ("p.csv", CSV.encode("utf-16"), "that cannot be read .*utf-8"),
    "Latin-1": ("p.csv", CSV.replace("label", "étiquette").encode("latin-1"), "that cannot be read .*utf-8"),
    "an open quote": ("p.csv", CSV.replace("0,True", '"0,True', 1), "that cannot be read|field"),
    "semicolons": ("p.csv", CSV.replace(",", ";"), "one column, 'p_0;p_1.*commas instead of ';'"),
    "tabs": ("p.csv", CSV.replace(",", "\t"), r"one column.*commas instead of '\\t'"),
    "two p_1": ("p.csv", lines(str, HEADER.replace("p_2", "p_1")), "the column 'p_1' more than once"),
    "two member": (
        "p.csv",
        lines(str, HEADER.replace("label", "member")),
        "the column 'member' more than once",
    ),
    "two label": ("p.csv", lines(str, HEADER.replace("p_2", "label")), "the column 'label' more than once"),
    "two quoted names": ("p.csv", lines(str, HEADER.replace("label", '"member"')), "'member' more than once"),
    "two names after a BOM": (
        "p.csv",
        "\ufeff" + lines(str, HEADER.replace("label", "p_0")),
        "'p_0' more than",
    ),
    "a comma at one end": (
        "p.csv",
        CSV.replace(LINES[3], LINES[3] + ","),
        "Expected 6 fields in line 5, saw 7",
    ),
    "a field too many everywhere": ("p.csv", lines(lambda x: x + ",7"), "7 fields in line 2 of .*expected 6"),
    "two commas at every end": ("p.csv", lines(lambda x: x + ",,"), "8 fields in line 2 of .*expected 6"),
    "a field too few": (
        "p.csv",
        CSV.replace(LINES[3], cut(LINES[3], 1)),
        "5 fields in line 5 of .*expected 6",
    ),
    "a field too few everywhere": ("p.csv", lines(lambda x: cut(x, 1)), "5 fields in line 2 of .*expected 6"),
    "a truncated line": ("p.csv", CSV[: -len(LINES[-1]) + 4], r"\d fields in line 61 of .*expected 6"),
    "no header": ("p.csv", "\n".join(LINES), "more than once|no column 'record_id'"),
    "an empty id": (
        "p.csv",
        CSV.replace(",3,False", ",,False", 1),
        r"1 rows without record_id \(first: row 3\)",
    ),
    "an empty posterior": (
        "p.csv",
        lines(lambda x: "," + cut(x, 1)),
        "nan or infinite posteriors in 60 rows",
    ),
    "an empty column of models": (
        "p.csv",
        lines(lambda x: x + ",", HEADER + ",model_id"),
        "without model_id",
    ),
    "decimal commas": ("p.csv", lines(lambda x: f'"0,5",{cut(x, 1)}'), "posteriors that are not numbers"),
    "an empty Parquet": ("p.parquet", b"", "that cannot be read"),
    "a CSV called Parquet": ("p.parquet", CSV, "that cannot be read"),
    "a truncated Parquet": ("p.parquet", parquet(table())[:-9], "that cannot be read"),
    "a Parquet without rows": ("p.parquet", parquet(table()[:0]), "no rows in"),
    "a Parquet with two p_0": ("p.parquet", arrow("record_id", "p_0", "p_0"), "p_0"),
    "a Parquet of dictionaries": ("p.parquet", parquet(table(p_0=[{"a": 1}] * N)), "that are not numbers"),
    "a Parquet of uneven lists": (
        "p.parquet",
        parquet(table()[["record_id", "member"]].assign(posteriors=[[0.5] * (2 + i % 2) for i in range(N)])),
        "rows of different lengths",
    ),
    "an empty NPZ": ("p.npz", b"", "that cannot be read"),
    "a NPZ without arrays": ("p.npz", npz(), "no rows in"),
    "a CSV called NPZ": ("p.npz", CSV, "that cannot be read"),
    "a truncated NPZ": ("p.npz", npz(posteriors=np.eye(3))[:-30], "that cannot be read"),
    "Python objects in a NPZ": ("p.npz", npz(record_id=np.array([{}, 1])), "that cannot be read"),
    "complex numbers in a NPZ": (
        "p.npz",
        npz(record_id=[1], posteriors=np.eye(2) + 1j),
        "of dtype complex128",
    ),
    "structured ids in a NPZ": ("p.npz", npz(record_id=np.zeros(3, "i4,i4")), "record_id .* of dtype"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused(tmp_path, case):
    name, content, says = REFUSED[case]
    path = written(tmp_path, name, content)
    assert_refused(lambda: audit_posteriors(read_table(path)), says)


@pytest.mark.parametrize("name", ["p.csv", "p.parquet", "p.npz"])
def test_what_is_no_file_is_named(tmp_path, name):
    assert_refused(lambda: read_table(tmp_path / name), "no file", DataUnavailable)
    (tmp_path / name).mkdir()
    assert_refused(lambda: read_table(tmp_path / name), "no file", DataUnavailable)


VECTORS = table().drop(columns=P).assign(posteriors=list(table()[P].to_numpy()))
COLUMNS = {name: table()[name].to_numpy() for name in ("record_id", "member", "label")}
SAME = {
    "plain": ("p.csv", CSV),
    "upper case": ("P.CSV", CSV),
    "a BOM": ("p.csv", "\ufeff" + CSV),
    "CRLF": ("p.csv", CSV.replace("\n", "\r\n")),
    "CR": ("p.csv", CSV.replace("\n", "\r")),
    "blank lines": ("p.csv", "\n" + CSV.replace("\n", "\n\n")),
    "no last line end": ("p.csv", CSV.rstrip()),
    "quotes": ("p.csv", table().to_csv(index=False, quoting=1)),
    "quoted commas": ("p.csv", table(comment='a, "b"\n=c').to_csv(index=False)),
    "commas at the end of every row": ("p.csv", lines(lambda x: x + ",")),
    "commas at the end of every line": ("p.csv", lines(lambda x: x + ",", HEADER + ",")),
    "a comma at the end of the header": ("p.csv", lines(str, HEADER + ",")),
    "row numbers": ("p.csv", table().to_csv()),
    "members in small letters": ("p.csv", CSV.replace("True", "true").replace("False", "false")),
    "plain Parquet": ("p.parquet", parquet(table())),
    "ids as the index of a Parquet": ("p.parquet", parquet(table().set_index("record_id"))),
    "lists in a Parquet": ("p.parquet", parquet(VECTORS)),
    "arrays in a NPZ": ("p.npz", npz(posteriors=table()[P].to_numpy(), **COLUMNS)),
    "columns in a NPZ": ("p.npz", npz(**{name: table()[name].to_numpy() for name in P}, **COLUMNS)),
}


@pytest.mark.parametrize("case", SAME)
def test_says_the_same_as_the_clean_table(tmp_path, case):
    path = written(tmp_path, *SAME[case])
    assert_same_answers(read_table(path), table())


def test_ids_keep_their_zeros_and_join_across_kinds_of_files(tmp_path):
    ids = [f"{i:03}" for i in range(N)]
    whole = table(record_id=ids)
    answers = written(tmp_path, "p.csv", whole[["record_id", *P]].to_csv(index=False))
    who = written(tmp_path, "who.parquet", parquet(whole[["record_id", "member", "label"]][::-1]))
    assert read_table(answers)["record_id"].tolist() == ids
    assert_same_answers(read_table(answers), whole, membership=read_table(who))


def records_csv(side, **columns):
    return pd.DataFrame(side[0], columns=FEATURES).assign(**{"label": side[1]} | columns)


def read_both(folder, form, model):
    sides = {"members": MEMBERS, "nonmembers": NONMEMBERS}
    paths = {name: written(folder, f"{name}.{form[0]}", form[1](side)) for name, side in sides.items()}
    return read_records(paths, None, model)


RECORDS = {
    "CSV": ("csv", lambda side: records_csv(side).to_csv(index=False)),
    "CSV with commas at every end": (
        "csv",
        lambda side: records_csv(side).to_csv(index=False).replace("\n", ",\n"),
    ),
    "CSV without a last value": ("csv", lambda side: records_csv(side).to_csv(index=False).rstrip()),
    "Parquet": ("parquet", lambda side: parquet(records_csv(side))),
    "NPZ": ("npz", lambda side: npz(X=side[0], y=side[1])),
}


@pytest.mark.parametrize("form", RECORDS.values(), ids=RECORDS)
def test_records_from_files_say_the_same(tmp_path, form):
    records = read_both(tmp_path, form, Stub())
    columns = ["auc", "p_value"]
    pd.testing.assert_frame_equal(audit(**records).to_frame()[columns], clean_audit().to_frame()[columns])


BAD_RECORDS = {
    "row numbers": ("csv", lambda side: records_csv(side).to_csv(), "a column without a name .*index=False"),
    "no features": ("csv", lambda side: "label\n1\n2\n", "no feature columns"),
    "an uneven line": ("csv", lambda side: "a,b,label\n1,2,0\n1,2\n", "2 fields in line 3"),
    "two names": ("csv", lambda side: "a,a,label\n1,2,0\n", "the column 'a' more than once"),
    "lists": ("parquet", lambda side: parquet(records_csv(side, z=[[1, 2]] * N)), "a cell of the column 'z'"),
    "dictionaries": ("parquet", lambda side: parquet(records_csv(side, z=[{"a": 1}] * N)), "column 'z'"),
    "lists as labels": (
        "parquet",
        lambda side: parquet(records_csv(side, label=[[1]] * N)),
        "column 'label'",
    ),
    "no X": ("npz", lambda side: npz(x=side[0], y=side[1]), "no column 'X'"),
    "one axis": ("npz", lambda side: npz(X=side[0][:, 0], y=side[1]), r"members of shape \(60,\)"),
    "complex records": ("npz", lambda side: npz(X=side[0] + 1j, y=side[1]), "members of dtype complex128"),
    "an id twice": (
        "csv",
        lambda side: records_csv(side, record_id=7).to_csv(),
        "59 ids that stand more|name",
    ),
}


@pytest.mark.parametrize("case", BAD_RECORDS)
def test_records_in_files_that_do_not_fit_are_refused(tmp_path, case):
    *form, says = BAD_RECORDS[case]
    assert_refused(lambda: read_both(tmp_path, form, Stub()), says)


def test_a_model_trained_with_row_numbers_gets_them(tmp_path):
    model = Stub()
    model.feature_names_in_ = np.array(["Unnamed: 0", *FEATURES])
    records = read_both(tmp_path, ("csv", lambda side: records_csv(side).to_csv()), model)
    assert records["members"][0].columns.tolist() == model.feature_names_in_.tolist()


def test_row_numbers_that_a_model_was_not_trained_with_are_dropped(tmp_path):
    model = Stub()
    model.feature_names_in_ = np.array(FEATURES)
    records = read_both(tmp_path, ("csv", lambda side: records_csv(side).to_csv()), model)
    assert records["members"][0].columns.tolist() == FEATURES


@pytest.mark.parametrize("names", [["0", "1", "2"], ["007", "07", "7"]])
def test_classes_of_text_that_look_like_numbers_come_from_files(tmp_path, names):
    def form(side):
        return records_csv(side, label=np.array(names)[side[1]]).to_csv(index=False)

    records = read_both(tmp_path, ("csv", form), Stub(names))
    assert_same(audit(Stub(names), **records), clean_audit())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,label\n1,x\n2,\n", "1 records without a class"),
        ("a,label\n1,0\n2,\n", "1 records without a class"),
        ("a,b\n1,2\n", "no classes in"),
    ],
)
def test_a_data_set_without_classes_is_refused(tmp_path, text, says):
    assert_refused(lambda: records_of(str(written(tmp_path, "d.csv", text)), None), says)


def test_a_data_set_that_is_no_file_is_named(tmp_path):
    assert_refused(lambda: records_of("mnits", None), "the data 'mnits'")
    assert_refused(lambda: records_of(str(tmp_path / "no.csv"), None), "no file", DataUnavailable)
