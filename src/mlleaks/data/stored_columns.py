"""Columns of a table as plain arrays that need no pickle, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlleaks.errors import InputError
from mlleaks.storage.names import require_unicode

Arrays = dict[str, NDArray[Any]]
PLAIN = "biufmMU"
"""Kinds of NumPy arrays that a file holds as they are."""


def pack_column(column: pd.Series[Any], what: str) -> tuple[dict[str, Any], Arrays]:
    """Return one column as JSON values, and arrays without Python objects.

    Raises
    ------
    InputError
        Its cells are neither all text nor all numbers.

    Examples
    --------
    >>> facts, arrays = pack_column(pd.Series(["a", None]), "x")
    >>> unpack_column(facts, arrays, "x").isna().tolist()
    [False, True]
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        facts, arrays = pack_column(pd.Series(dtype.categories), f"{what} categories")
        codes = {f"{what} codes": column.cat.codes.to_numpy()}
        return {"kind": "categories", "ordered": bool(dtype.ordered), "categories": facts}, arrays | codes
    if isinstance(dtype, np.dtype) and dtype.kind in PLAIN:
        return {"kind": "plain"}, {what: column.to_numpy()}
    absent = column.isna().to_numpy()
    present = column[~absent].tolist()
    if not (all(isinstance(v, str) for v in present) or all(isinstance(v, _NUMBERS) for v in present)):
        raise InputError(
            f"a column of {dtype} that holds {', '.join(sorted({type(v).__name__ for v in present}))}",
            expected="text alone, or numbers alone, in each column",
            fix="Convert the column to one type.",
        )
    require_unicode(present, f"a column of {what}")
    values = np.array(present) if present else np.array([], dtype=float)
    return {"kind": "with gaps", "dtype": str(dtype)}, {what: values, f"{what} absent": absent}


_NUMBERS = (bool, int, float, np.bool_, np.number)


def unpack_column(facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], what: str) -> pd.Series[Any]:
    """Return the column that `pack_column` took apart."""
    if facts["kind"] == "categories":
        categories = pd.Index(unpack_column(facts["categories"], arrays, f"{what} categories"))
        codes = arrays[f"{what} codes"]
        return pd.Series(pd.Categorical.from_codes(codes, categories, ordered=facts["ordered"]))
    if facts["kind"] == "plain":
        return pd.Series(arrays[what])
    absent = arrays[f"{what} absent"]
    values = np.full(len(absent), None, dtype=object)
    values[~absent] = arrays[what].tolist()
    return pd.Series(values, dtype=object).astype(facts["dtype"])
