"""Training data in the form in which they came: their parts, and the same form with canaries in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.canary_set import CanarySet
from mlleaks.data.joining import join_records
from mlleaks.data.records import parse_records
from mlleaks.data.tables import ID
from mlleaks.errors import InputError
from mlleaks.types import Bools, Dataset, Ids, Ints, Records


@dataclass(frozen=True)
class TrainingForm:
    """Training data in the form in which they came, and their parts.

    Parameters
    ----------
    original : Dataset, tuple, DataFrame or mapping
    X : array (n, ...), sparse matrix (n, d) or DataFrame
    y : array (n,)
    ids : array (n,) or None
    label : str
        The name of the classes in a table.
    """

    original: Any
    X: Records
    y: Any
    ids: Ids | None
    label: str

    @staticmethod
    def of(data: Any, label: str) -> TrainingForm:
        """Return the parts of training data: see `mlleaks.canaries`.

        Raises
        ------
        InputError
            Records without classes, or what `mlleaks.data.records.parse_records` refuses.
        """
        parts: tuple[Any, ...]
        if isinstance(data, Dataset):
            parts = (data.X, data.y, data.ids)
        elif isinstance(data, pd.DataFrame):
            _require(data, label, data.columns)
            X = data.drop(columns=[name for name in (label, ID) if name in data])
            parts = (X, data[label], data.get(ID))
        elif isinstance(data, Mapping):
            for name in ("X", label):
                _require(data, name, data)
            parts = (data["X"], data[label], data.get(ID))
        else:
            parts = (*data, None, None)[:3] if isinstance(data, tuple) else (data, None, None)
        records = parse_records(tuple(parts), "records")
        if records.y is None:
            raise InputError(
                "records without classes",
                expected="(X, y), a Dataset, or a DataFrame with a column of classes",
                fix="Pass the classes: a canary has a wrong one.",
            )
        return TrainingForm(data, records.X, records.y, None if parts[2] is None else records.ids, label)

    def with_canaries(self, planted: CanarySet, rng: np.random.Generator) -> Any:
        """Return the data with the included canaries at random places, the rest in its order."""
        rows = np.flatnonzero(planted.included)
        order = _places(len(self.y), len(rows), rng)
        X, y = (_take(part, rows) for part in (planted.X, planted.y))
        ids = planted.ids[rows]
        if isinstance(self.original, pd.DataFrame):
            return self._frame(X, y, ids).iloc[order].reset_index(drop=True)
        features, classes = _take(join_records([self.X, X]), order), np.concatenate([self.y, y])[order]
        names = None if self.ids is None else np.concatenate([self.ids.astype(str), ids])[order]
        if isinstance(self.original, Dataset):
            return Dataset(self.original.name, features, classes, self.original.n_classes, names)  # type: ignore[arg-type]
        if isinstance(self.original, Mapping):
            return {"X": features, self.label: classes} | ({} if names is None else {ID: names})
        return (features, classes) if names is None else (features, classes, names)

    def _frame(self, X: pd.DataFrame, y: Any, ids: Ids) -> pd.DataFrame:
        frame = self.original
        added: pd.DataFrame = X.assign(
            **{self.label: pd.Series(y, index=X.index).astype(frame[self.label].dtype)}
        )
        if self.ids is not None:
            frame, added = frame.assign(**{ID: self.ids.astype(str)}), added.assign(**{ID: ids})
        joined: pd.DataFrame = pd.concat([frame, added[list(frame.columns)]], ignore_index=True)
        return joined


def _require(data: Any, name: str, names: Any) -> None:
    if name not in data:
        raise InputError(
            f"records without {name!r} (they have {', '.join(map(str, list(names)[:12]))})",
            expected=f"{name!r} among them",
            fix="Name the column of the classes with label= (command line: --label).",
        )


def _take(part: Any, rows: Ints | Bools) -> Any:
    return part.iloc[rows].reset_index(drop=True) if hasattr(part, "iloc") else part[rows]


def _places(n: int, more: int, rng: np.random.Generator) -> Ints:
    """Return an order of ``n`` records and ``more`` others: the first keep theirs, others are anywhere."""
    order = np.empty(n + more, dtype=np.int64)
    added = np.zeros(n + more, dtype=bool)
    added[rng.permutation(n + more)[:more]] = True
    order[added], order[~added] = n + np.arange(more), np.arange(n)
    return order
