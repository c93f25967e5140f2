"""Records as plain arrays that need no pickle, and back: arrays, sparse matrices and DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mlleaks.data.stored_columns import PLAIN, Arrays, pack_column, unpack_column
from mlleaks.errors import InputError
from mlleaks.storage.names import require_unicode
from mlleaks.types import Records


def pack_records(X: Records, what: str) -> tuple[dict[str, Any], Arrays]:
    """Return what is needed to restore records: JSON values, and arrays without Python objects.

    Parameters
    ----------
    X : array (n, ...), sparse matrix (n, d) or DataFrame
    what : str
        What to call the records in an error, and how the names of the arrays begin.

    Raises
    ------
    InputError
        A column of cells that are neither all text nor all numbers, or names of columns that are neither.

    Examples
    --------
    >>> facts, arrays = pack_records(pd.DataFrame({"age": [3, 4], "sex": ["f", None]}), "X")
    >>> unpack_records(facts, arrays, "X")["sex"].isna().tolist()
    [False, True]
    """
    if isinstance(X, pd.DataFrame):
        packed = [pack_column(X.iloc[:, i], f"{what} {i}") for i in range(X.shape[1])]
        names = [_name(name) for name in X.columns]
        facts = {"form": "table", "names": names, "columns": [column for column, _ in packed]}
        return facts, {name: array for _, arrays in packed for name, array in arrays.items()}
    if sparse.issparse(X):
        csr = sparse.csr_array(X)
        parts = {"data": csr.data, "indices": csr.indices, "indptr": csr.indptr}
        facts = {"form": "sparse", "shape": list(csr.shape)}
        return facts, {f"{what} {name}": array for name, array in parts.items()}
    array = np.asarray(X)
    if array.dtype.kind in PLAIN:
        return {"form": "array"}, {what: array}
    facts, arrays = pack_column(pd.Series(array.ravel(), dtype=object), what)
    return {"form": "objects", "shape": list(array.shape), "column": facts}, arrays


def unpack_records(facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], what: str) -> Records:
    """Return the records that `pack_records` took apart."""
    if facts["form"] == "table":
        columns = [unpack_column(column, arrays, f"{what} {i}") for i, column in enumerate(facts["columns"])]
        frame = pd.concat(columns, axis=1) if columns else pd.DataFrame()
        frame.columns = pd.Index(facts["names"])
        return frame
    if facts["form"] == "sparse":
        parts = (arrays[f"{what} {name}"] for name in ("data", "indices", "indptr"))
        return sparse.csr_array(tuple(parts), shape=tuple(facts["shape"]))
    if facts["form"] == "array":
        return arrays[what]
    values = unpack_column(facts["column"], arrays, what)
    return values.to_numpy(dtype=object).reshape(facts["shape"])


def _name(name: Any) -> Any:
    """Return the name of a column, which JSON has to hold."""
    if isinstance(name, str):
        require_unicode([name], "names of columns")
        return name
    if isinstance(name, int | np.integer) and not isinstance(name, bool):
        return int(name)
    raise InputError(
        f"a column that is called {name!r}",
        expected="names that are text or whole numbers",
        fix="Rename the columns.",
    )
