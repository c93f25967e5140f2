"""Records from files, in the form that a model accepts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mlleaks.data.files import read_records
from mlleaks.datasets import REGISTRY, load_dataset
from mlleaks.errors import InputError
from mlleaks.types import Dataset


def records_of(data: str, label: str | None) -> Dataset:
    """Return a data set by its name, or the records of a file with classes numbered from 0 on."""
    if data in REGISTRY:
        return load_dataset(data)
    if not Path(data).suffix:
        raise InputError(
            f"the data {data!r}",
            expected=f"one of {', '.join(REGISTRY)}, or a file of records (.csv, .parquet, .npz)",
            fix="See `mlleaks datasets`.",
        )
    X, y, ids = read_records({"records": Path(data)}, label, None)["records"]
    if y is None:
        raise InputError(f"no classes in {data}", expected="a column of classes", fix="Name it with --label.")
    if pd.isna(y).any():
        raise InputError(
            f"{int(pd.isna(y).sum())} records without a class in {data}",
            expected="a class in every row",
            fix="Fill the column, or leave these records out.",
        )
    names, numbers = np.unique(y, return_inverse=True)
    return Dataset(
        Path(data).stem, X, numbers.astype(np.int64), len(names), np.arange(len(y)) if ids is None else ids
    )
