"""Canaries from a file, in the form that a model accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.canary_set import CanarySet
from mlleaks.data.record_files import is_numeric, numeric_array
from mlleaks.outputs.interface import class_names
from mlleaks.runtime.foreign_code import attribute
from mlleaks.storage.names import are_text


def read_canaries(path: Path, model: Any) -> CanarySet:
    """Return the canaries of a file as `mlleaks.data.record_files.read_records` returns other records.

    A table of numbers becomes an array unless the model was trained on named columns. Classes that were
    written as text become numbers unless the model's classes are text.

    Raises
    ------
    DataUnavailable, InputError
        See `CanarySet.load`.
    """
    planted = CanarySet.load(path)
    X, names = planted.X, class_names(model)
    if isinstance(X, pd.DataFrame) and attribute(model, "feature_names_in_") is None and is_numeric(X):
        X = numeric_array(X)
    textual = names is not None and are_text(names)
    return CanarySet(X, planted.y if textual else _as_values(planted.y), planted.ids, planted.included)


def _as_values(y: Any) -> Any:
    """Return classes that were read as text as the numbers or truth values that a CSV's reader sees."""
    if not are_text(y.tolist()):
        return y
    if set(y.tolist()) <= {"True", "False"}:
        return y == "True"
    numbers = pd.to_numeric(pd.Series(y), errors="coerce").to_numpy()
    return y if np.isnan(numbers).any() else numbers
