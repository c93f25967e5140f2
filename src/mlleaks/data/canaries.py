"""Planting canaries: training data in which some made-up records were included by fair coins."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.canary_records import make_canaries
from mlleaks.data.canary_set import CanarySet
from mlleaks.data.joining import join_records
from mlleaks.data.records import parse_records
from mlleaks.data.tables import ID
from mlleaks.errors import InputError
from mlleaks.seeds import Seeds
from mlleaks.types import Bools, Dataset, Ids, Ints, Records

FEWEST = 64
"""Fewer canaries can show an epsilon of about 1 at most, and may lack 20 that were or were not included."""


def canaries(data: Any, n: int, *, label: str = "label", seed: int | None = None) -> tuple[Any, CanarySet]:
    """Return training data with canaries in it, and all canaries with their coins, for an audit later.

    ``n`` records are made up that look like real ones and have a wrong class (see
    `mlleaks.data.canary_records`). A fair coin decides for each whether it is included, at a random place
    among the real records. Train the model on all records that come back, and keep the canaries secret until
    then. `mlleaks.audit` with ``canaries=`` scores what the model answers about them; because of the coins
    that bounds epsilon from one training run, whatever else happened in training.

    Source: T. Steinke, M. Nasr, M. Jagielski, *Privacy Auditing with One (1) Training Run*, NeurIPS (2023).

    Parameters
    ----------
    data : Dataset, (X, y), (X, y, ids) or DataFrame
        The training data; a DataFrame holds the classes in the column ``label``, and perhaps ids in
        ``record_id``. An NPZ file's arrays by name (``X``, ``y``, perhaps ``record_id``) will do, too.
    n : int
        How many canaries: at least `FEWEST`, at most as many as there are records. More can show a larger
        epsilon; about half of them are trained on, which costs some accuracy.
    label : str
        The column of the classes in a DataFrame.
    seed : int, optional
        Makes canaries, coins and places. Who knows it knows the coins. By default the operating system
        draws one, a new one in each call.

    Returns
    -------
    training data, CanarySet
        The training data in the form of ``data``; a DataFrame has a new index. Ids become text.

    Raises
    ------
    InputError
        Records without classes, or of one class; too few or too many canaries; records of which so many new
        ones cannot be made.

    Examples
    --------
    >>> from mlleaks import load_dataset
    >>> training, planted = canaries(load_dataset("digits"), 200, seed=1)
    >>> len(training) - 1797 == planted.included.sum(), len(planted)
    (np.True_, 200)
    """
    form = _Form.of(data, label)
    numbers, classes = _numbered(form.y)
    _refuse_count(n, len(numbers))
    seeds = Seeds(secrets.randbits(128) if seed is None else seed)
    real = Dataset("records", form.X, numbers, len(classes))
    X, y = make_canaries(real, int(n), seeds.stream("canaries"))
    ids = np.array([f"canary {i + 1}" for i in range(n)])
    included = seeds.stream("canary coins").random(n) < 0.5
    planted = CanarySet(X, classes[y], ids, included)
    return form.with_canaries(planted, seeds.stream("canary places")), planted


def _refuse_count(n: Any, records: int) -> None:
    whole = isinstance(n, int | np.integer) and not isinstance(n, bool)
    if not whole or not FEWEST <= n <= records:
        raise InputError(
            f"{n!r} canaries for {records:,} records",
            expected=f"a whole number: at least {FEWEST}, because fewer bound hardly anything, and at most "
            "as many as there are records",
            fix="Pass another number, for example 1000.",
        )


def _numbered(y: Any) -> tuple[Ints, Any]:
    """Return classes as numbers, and the class of each number."""
    numbers, _ = pd.factorize(y)
    if (numbers < 0).any():
        raise InputError(
            f"{int((numbers < 0).sum())} records without a class",
            expected="a class for each record",
            fix="Fill the classes, or remove these records.",
        )
    firsts = np.unique(numbers, return_index=True)[1]
    return numbers.astype(np.int64), y[firsts]


@dataclass(frozen=True)
class _Form:
    """Training data in the form in which they came, and their parts."""

    original: Any
    X: Records
    y: Any
    ids: Ids | None
    label: str

    @staticmethod
    def of(data: Any, label: str) -> _Form:
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
        return _Form(data, records.X, records.y, None if parts[2] is None else records.ids, label)

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
