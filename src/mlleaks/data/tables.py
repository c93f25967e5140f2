"""Reading tables from CSV, Parquet and NPZ files."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.errors import DataUnavailable, InputError, missing_extra
from mlleaks.outputs.arrays import refuse_repeated
from mlleaks.runtime.foreign_code import reading
from mlleaks.storage.names import require_unicode

Table = pd.DataFrame | Mapping[str, Any]
ID = "record_id"
"""The column that names the records."""
_MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
    *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)
"""What pandas takes for a missing value when it reads a CSV."""


def read_table(path: Path, *, text: Collection[str] = (ID,)) -> Table:
    """Return a file's table: a DataFrame, or a NPZ file's arrays by name.

    Parameters
    ----------
    path : Path
    text : collection of str
        Columns of a CSV that are taken as they are written, so that 007 stays 007. In the index of a
        Parquet file, levels of these names become columns; others are skipped.

    Raises
    ------
    DataUnavailable
        No such file.
    InputError
        Another file type, an empty or a damaged file, a NPZ with Python objects in it, a column name
        that stands twice, lines of a CSV with more or fewer fields than its header.
    MissingExtra
        A Parquet file without pyarrow.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"a file named {path.name!r}",
            expected=f"one that ends in {', '.join(_READERS)}",
            fix="Convert it to one of these.",
        )
    if not path.is_file():
        raise DataUnavailable(f"no file {path}", expected="a table", fix="Check the path.")
    table = reader(path, text)
    if not len(table):
        raise InputError(f"no rows in {path}", expected="a table with rows", fix="Export it again.")
    refuse_repeated(table, str(path))
    return table


def column(table: Table, name: str, source: str) -> np.ndarray[Any, Any]:
    """Return one column as an array.

    Raises
    ------
    InputError
        There is no such column (the message lists those that there are), or its text is not Unicode.
    """
    if name not in table:
        raise InputError(
            f"no column {name!r} in {source} (it has {', '.join(map(str, list(table)[:12]))})",
            expected=f"a column {name!r}",
            fix="Add or rename it.",
        )
    values = np.asarray(table[name])
    require_unicode(values, f"a column {name!r} in {source}")
    return values


def _csv(path: Path, text: Collection[str]) -> Table:
    with _reading(path):
        table = _as_written(path, text)
    return _with_numbers(table, text)


def _as_written(path: Path, text: Collection[str]) -> pd.DataFrame:
    """Return a CSV's table without empty columns that have no name; words stay words."""
    names = _header(path)
    try:
        with warnings.catch_warnings():  # or pandas would cut longer lines, with no more than a warning
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path,
                keep_default_na=False,
                na_values=[""],
                dtype=dict.fromkeys(text, str),
                index_col=False,
                low_memory=False,
            )
    except pd.errors.ParserWarning:
        _refuse_uneven(path, names, longer=True)
        raise
    if _lacks_last(names, table):
        _refuse_uneven(path, names, longer=False)
    return table.drop(columns=[name for name in _unnamed(names, table) if table[name].isna().all()])


def _with_numbers(table: pd.DataFrame, text: Collection[str]) -> pd.DataFrame:
    """Return the table with words for missing values read as such in columns that hold numbers otherwise."""
    for name in table.columns[~table.dtypes.map(pd.api.types.is_numeric_dtype)].difference(list(text)):
        absent = table[name].isin(_MISSING) | table[name].isna()
        numbers = pd.to_numeric(table[name].mask(absent), errors="coerce")
        if (numbers.notna() | absent).all() and numbers.notna().any():
            table[name] = numbers
    return table


def _header(path: Path) -> list[str]:
    """Return the names in a CSV's first line as they stand there: pandas would rename those that repeat."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = next((row for row in csv.reader(file) if row), [])
    if names and not any(name.strip() for name in names):
        raise InputError(
            f"{path} whose first line names no column",
            expected="the names of the columns, separated by commas",
            fix="Write it again with a header.",
        )
    if len(names) == 1 and (separator := next((mark for mark in ";\t" if mark in names[0]), None)):
        raise InputError(
            f"{path} with one column, {names[0][:60]!r}",
            expected="columns that are separated by commas",
            fix=f"Write it again with commas instead of {separator!r}, and with decimal points.",
        )
    refuse_repeated(filter(None, names), str(path))
    return names


def _unnamed(names: list[str], table: pd.DataFrame) -> list[str]:
    return [column for name, column in zip(names, table.columns, strict=True) if not name]


def _lacks_last(names: list[str], table: pd.DataFrame) -> bool:
    """Return whether a row has no value in the last column: no other can have too few fields."""
    named = [i for i, name in enumerate(names) if name]
    return bool(named) and bool(table.iloc[:, named[-1]].isna().any())


def _refuse_uneven(path: Path, names: list[str], *, longer: bool) -> None:
    """Raise for the first line that has more fields than there are names, or too few for the last of them."""
    fewest = 1 + max(i for i, name in enumerate(names) if name)
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        for fields in lines:
            if len(fields) > len(names) if longer else 0 < len(fields) < fewest:
                raise InputError(
                    f"{len(fields)} fields in line {lines.line_num} of {path}",
                    expected=f"{len(names)}, as its header has",
                    fix="Write as many fields in every line, and text that holds commas in quotes.",
                )


def _parquet(path: Path, text: Collection[str]) -> Table:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise missing_extra("pyarrow", "parquet") from error
    with _reading(path):
        table = pd.read_parquet(path, engine="pyarrow")
    levels = [name for name in table.index.names if name in text]
    return table.reset_index(level=levels).reset_index(drop=True)


def _npz(path: Path, _text: Collection[str]) -> Table:
    with _reading(path), path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _reading(path: Path) -> AbstractContextManager[None]:
    return reading(
        path, expected=f"a {path.suffix} table of numbers and plain text", fix="Write the file again."
    )


_READERS: dict[str, Callable[[Path, Collection[str]], Table]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".npz": _npz,
}
