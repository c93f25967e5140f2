"""Reading tables from CSV, Parquet and NPZ files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.errors import DataUnavailable, InputError, missing_extra
from mlleaks.names import require_unicode

Table = pd.DataFrame | Mapping[str, Any]
_MISSING = ("NA", "N/A", "NaN", "nan", "null", "None")


def read_table(path: Path) -> Table:
    """Return a file's table: a DataFrame, or a NPZ file's arrays by name.

    Raises
    ------
    DataUnavailable
        No such file.
    InputError
        Another file type, an empty or a damaged file, a NPZ with Python objects in it.
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
    table = reader(path)
    if not len(table):
        raise InputError(f"no rows in {path}", expected="a table with rows", fix="Export it again.")
    return table


def column(table: Table, name: str, source: str) -> np.ndarray[Any, Any]:
    """Return one column as an array, or say which ones there are."""
    if name not in table:
        raise InputError(
            f"no column {name!r} in {source} (it has {', '.join(map(str, list(table)[:12]))})",
            expected=f"a column {name!r}",
            fix="Add or rename it.",
        )
    values = np.asarray(table[name])
    require_unicode(values, f"a column {name!r} in {source}")
    return values


def _csv(path: Path) -> Table:
    """Read words as they stand: a class may be called None; in a column of numbers it is missing."""
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], low_memory=False)
    except Exception as error:
        raise _damaged(path, error) from error
    for name in table.columns[~table.dtypes.map(pd.api.types.is_numeric_dtype)]:
        absent = table[name].isin(_MISSING) | table[name].isna()
        numbers = pd.to_numeric(table[name].mask(absent), errors="coerce")
        if (numbers.notna() | absent).all() and numbers.notna().any():
            table[name] = numbers
    return table


def _parquet(path: Path) -> Table:
    try:
        return pd.read_parquet(path, engine="pyarrow")
    except ImportError as error:
        raise missing_extra("pyarrow", "parquet") from error
    except Exception as error:
        raise _damaged(path, error) from error


def _npz(path: Path) -> Table:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path} that cannot be read ({' '.join(str(error).split())})",
        expected=f"a {path.suffix} table of numbers and plain text",
        fix="Write the file again.",
    )


_READERS: dict[str, Callable[[Path], Table]] = {".csv": _csv, ".parquet": _parquet, ".npz": _npz}
