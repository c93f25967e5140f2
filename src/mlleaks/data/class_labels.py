"""Classes by name, as users have them, and by number, as everything behind the door has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.records import RecordSet
from mlleaks.errors import InputError, ModelError
from mlleaks.outputs.interface import class_names
from mlleaks.storage.names import are_text, require_unicode
from mlleaks.types import Dataset, Ints, Model


def classes_of(model: Model, k: int) -> Any:
    """Return the model's class names in the order of its columns; None if it has none.

    Raises
    ------
    ModelError
        It names another number of classes than ``k``, the columns of its answers.
    """
    classes = class_names(model)
    if classes is not None and len(classes) != k:
        raise ModelError(
            f"answers with {k} columns from a model that names {len(classes)} classes",
            expected="one column per class",
            fix="Let predict_proba return a column for each entry of classes_.",
        )
    if classes is not None:
        require_unicode(classes, "class names of the model")
    return classes


def as_dataset(records: RecordSet, classes: Any, k: int) -> Dataset:
    """Return records with their classes as numbers; all of class 0 where there are no labels."""
    y = records.y
    numbers = np.zeros(len(records), np.int64) if y is None else encode_labels(y, classes, k, records.what)
    return Dataset(records.what, records.X, numbers, k, records.ids)


def encode_labels(y: Any, classes: Any, k: int, what: str) -> Ints:
    """Return labels as positions in the model's posterior columns.

    Where no label is among class names of text, labels are compared as text (``y.astype(str)``).

    Parameters
    ----------
    y : array (n,)
        Labels as the user has them.
    classes : sequence or None
        The model's class names in the order of its columns; None where it numbers them from 0.
    k : int
        How many columns the model has.
    what : str
        What to call the records in an error.

    Raises
    ------
    InputError
        A label that the model has no column for.

    Examples
    --------
    >>> encode_labels(np.array(["b", "a"]), np.array(["a", "b"]), 2, "members").tolist()
    [1, 0]
    """
    names = _index(range(k) if classes is None else classes)
    positions = _positions(names, _index(y))
    if (positions < 0).all() and are_text(names):
        positions = _positions(names, pd.Index([str(label) for label in np.asarray(y).tolist()]))
    if (positions < 0).any():
        bad = np.asarray(y)[positions < 0].tolist()
        raise InputError(
            f"label {bad[0]!r} among the {what} ({len(bad)} such records)",
            expected=f"one of the model's {k} classes ({', '.join(map(repr, names[:8].tolist()))}"
            f"{', ...' if k > 8 else ''})",
            fix="Pass labels as the model was trained with, and leave records of other classes out; a model "
            "without classes_ numbers them from 0 in the order of its columns.",
        )
    return np.asarray(positions, dtype=np.int64)


def _positions(names: Any, labels: Any) -> Any:
    try:
        return names.get_indexer(labels)
    except TypeError:  # labels that cannot be compared: lists, dictionaries
        return np.full(len(labels), -1)


def _index(values: Any) -> Any:
    """Return class names such that equal ones are equal in any type: False is 0, as in Python."""
    array = np.asarray(values)
    index = pd.Index(array if array.dtype.kind in "mM" else array.tolist())
    return pd.Index(index.to_numpy(dtype=int)) if index.dtype == bool else index
