"""Files of every kind, whole and broken."""

from __future__ import annotations

import io
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pandas._libs.parsers import STR_NA_VALUES

from mlleaks import DataUnavailable, InputError, MissingExtra
from mlleaks.data.tables import column, read_table

FRAME = pd.DataFrame({"record_id": ["a", "b", "c"], "member": [True, False, True], "p_0": [0.25, 0.5, 1.0]})


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


def parquet():
    buffer = io.BytesIO()
    FRAME.to_parquet(buffer)
    return buffer.getvalue()


def npz(save=np.savez, **arrays):
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


def test_csv_comes_back(tmp_path):
    path = tmp_path / "t.csv"
    FRAME.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_table(path), FRAME, check_dtype=False)


def test_parquet_comes_back(tmp_path):
    pd.testing.assert_frame_equal(
        read_table(written(tmp_path, "t.parquet", parquet())), FRAME, check_dtype=False
    )


def test_npz_comes_back(tmp_path):
    table = read_table(written(tmp_path, "t.npz", npz(X=np.eye(3), y=np.arange(3))))
    assert set(table) == {"X", "y"}
    np.testing.assert_array_equal(table["X"], np.eye(3))


def test_the_ending_may_be_upper_case(tmp_path):
    assert len(read_table(written(tmp_path, "T.CSV", b"a,b\n1,2\n"))) == 1


@pytest.mark.parametrize("name", ["t.xlsx", "t.txt", "t", "t.csv.gz", "t.npy"])
def test_another_file_type_is_refused_with_those_that_are_known(tmp_path, name):
    with pytest.raises(InputError, match=r"one that ends in \.csv, \.parquet, \.npz"):
        read_table(written(tmp_path, name, b"a\n1\n"))


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.npz"])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(DataUnavailable, match=f"no file .*{name}.*Check the path"):
        read_table(tmp_path / name)


def test_a_folder_is_no_table(tmp_path):
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(DataUnavailable, match=r"no file .*t\.csv"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("ragged.csv", b"a,b\n1,2\n1,2,3,4\n"),
        ("bytes.csv", b"a,b\n\xff\xfe\xfa,2\n"),
        ("quote.csv", b'a,b\n"1,2\n'),
        ("empty.parquet", b""),
        ("text.parquet", b"a,b\n1,2\n"),
        ("cut.parquet", parquet()[:-20]),
        ("headless.parquet", b"PAR1" + b"\0" * 40 + b"PAR1"),
        ("empty.npz", b""),
        ("text.npz", b"a,b\n1,2\n"),
        ("cut.npz", npz(X=np.eye(9))[:-40]),
        ("single.npz", b"\x93NUMPY"),
        ("pickled.npz", npz(X=np.array([object, None]))),
    ],
)
def test_a_damaged_file_says_that_it_cannot_be_read(tmp_path, name, content):
    with pytest.raises(InputError, match=f"(?s){name} that cannot be read.*Write the file again"):
        read_table(written(tmp_path, name, content))


def test_a_single_array_under_the_name_of_an_npz_is_damaged(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.eye(3))
    with pytest.raises(InputError, match="cannot be read"):
        read_table(written(tmp_path, "t.npz", buffer.getvalue()))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ["npz", "compressed npz", "parquet"])
def test_no_flipped_byte_ends_in_a_foreign_error(tmp_path, kind):
    numbers = np.random.default_rng(0).normal(size=(20, 3)).round(1)
    save = np.savez_compressed if "compressed" in kind else np.savez
    whole = parquet() if kind == "parquet" else npz(save, X=numbers, y=np.arange(20))
    name = f"t.{kind.split()[-1]}"
    rng = np.random.default_rng(1)
    foreign = set()
    for place in rng.choice(len(whole), 150, replace=False):
        broken = bytearray(whole)
        broken[place] ^= int(rng.integers(1, 256))
        try:
            read_table(written(tmp_path, name, bytes(broken)))
        except InputError:
            pass
        except Exception as error:
            foreign.add(type(error).__name__)
    assert not foreign


@pytest.mark.parametrize("name", ["header.csv", "none.npz", "none.parquet"])
def test_a_table_without_rows_is_refused(tmp_path, name):
    path = tmp_path / name
    if name.endswith(".csv"):
        path.write_text("a,b\n")
    elif name.endswith(".npz"):
        path.write_bytes(npz())
    else:
        FRAME.iloc[:0].to_parquet(path)
    with pytest.raises(InputError, match="no rows in"):
        read_table(path)


def test_a_missing_column_is_named_with_those_that_are_there():
    with pytest.raises(InputError, match=r"no column 'label' in m\.csv \(it has record_id, member, p_0\)"):
        column(FRAME, "label", "m.csv")


def test_commas_at_the_end_of_every_line_shift_no_column(tmp_path):
    for text in (b"a,b\n1,2,\n3,4,\n", b"a,b,\n1,2,\n3,4,\n", b"a,b,\n1,2\n3,4\n", b"a,b\n1,2,\n3,4\n"):
        table = read_table(written(tmp_path, "t.csv", text))
        assert table.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b,c\n1,2,3\n1,2\n1,2,4\n", "2 fields in line 3 of .*expected 3, as its header has"),
        ("a,b,\n1,2\n3\n", "1 fields in line 3 of"),
        ('a,b\n"x\ny",2\n3\n', "1 fields in line 4 of"),
        ("a,b\n1,2,3\n3,4,5\n", "3 fields in line 2 of .*expected 2"),
        ("a,b\n1,2,,\n3,4,,\n", "4 fields in line 2 of"),
        ("a,b\n1,2\n3,4,\n", "Expected 2 fields in line 3, saw 3"),
    ],
)
def test_a_line_of_another_length_is_named(tmp_path, text, says):
    with pytest.raises(InputError, match=says):
        read_table(written(tmp_path, "t.csv", text.encode()))


def test_an_empty_last_field_is_a_missing_value(tmp_path):
    table = read_table(written(tmp_path, "t.csv", b"a,b\n1,\n3,4\n"))
    np.testing.assert_array_equal(table["b"], [np.nan, 4])


@pytest.mark.parametrize("text", ["x,x\n1,2\n", '\ufeff"x",y,x\n1,2,3\n', "\n\nx,x\r\n1,2\r\n"])
def test_a_name_that_stands_twice_in_a_header_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="with the column 'x' more than once"):
        read_table(written(tmp_path, "t.csv", text.encode()))


def test_a_name_that_stands_twice_in_a_parquet_file_is_refused(tmp_path):
    pq.write_table(pa.table([[1], [2]], names=["x", "x"]), tmp_path / "t.parquet")
    with pytest.raises(InputError, match="x"):
        read_table(tmp_path / "t.parquet")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_another_separator_is_named(tmp_path, separator):
    with pytest.raises(InputError, match="separated by commas.*instead of"):
        read_table(written(tmp_path, "t.csv", f"a{separator}b\n1{separator}2\n".encode()))


def test_ids_stay_as_they_are_written(tmp_path):
    table = read_table(written(tmp_path, "t.csv", b"record_id,a\n007,007\n1e3,2\n"))
    assert table.to_dict("list") == {"record_id": ["007", "1e3"], "a": [7, 2]}


def test_a_named_index_of_a_parquet_file_is_a_column(tmp_path):
    FRAME.set_index("record_id").to_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.parquet"), FRAME, check_dtype=False)


def test_words_like_none_and_na_stay_words(tmp_path):
    table = read_table(written(tmp_path, "t.csv", b"occupation,label\nNone,NA\nclerk,null\n"))
    assert column(table, "occupation", "t").tolist() == ["None", "clerk"]
    assert column(table, "label", "t").tolist() == ["NA", "null"]


@pytest.mark.parametrize("text", [" \na,b\n1,2\n", ",\n1,2,3\n", ",\n", ",", ' ,""\n1,2\n'])
def test_a_header_without_names_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="whose first line names no column"):
        read_table(written(tmp_path, "t.csv", text.encode()))


def test_a_long_line_that_is_not_found_again_ends_in_no_warning(tmp_path, monkeypatch):
    monkeypatch.setattr("mlleaks.data.tables._refuse_uneven", lambda *_, **__: None)
    with pytest.raises(InputError, match="that cannot be read"):
        read_table(written(tmp_path, "t.csv", b"a,b\n1,2,3\n"))


@pytest.mark.parametrize("word", [*sorted(STR_NA_VALUES - {""}), "None", '""'])
def test_words_for_missing_values_are_missing_among_numbers(tmp_path, word):
    table = read_table(written(tmp_path, "t.csv", f"a,b\n1,x\n{word},{word}\n2.5,x\n".encode()))
    np.testing.assert_array_equal(table["a"], [1, np.nan, 2.5])
    if word != '""':
        assert table["b"].tolist() == ["x", word, "x"]


def test_columns_of_text_are_taken_as_they_are_written(tmp_path):
    path = written(tmp_path, "t.csv", b"record_id,model_id,a\n01,007,1\n02,7,2\n")
    assert read_table(path)["model_id"].tolist() == [7, 7]
    assert read_table(path, text=("model_id",))["model_id"].tolist() == ["007", "7"]


@pytest.mark.parametrize("index", [["customer"], ["customer", "record_id"]])
def test_an_index_other_than_ids_is_no_column_of_a_parquet_file(tmp_path, index):
    FRAME.assign(customer=7).set_index(index).to_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.parquet"), FRAME, check_dtype=False)


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    path = written(tmp_path, "t.parquet", parquet())
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pip install 'mlleaks\[parquet\]'"):
        read_table(path)
