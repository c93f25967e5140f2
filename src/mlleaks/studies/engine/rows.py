"""Picking figures from a study's table of means, for the check of its claim."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from mlleaks.types import Bools


class MissingRows(Exception):
    """A check cannot be made, because the run is too small; the message says what is missing."""


def pick(
    table: pd.DataFrame, metric: str, index: str | Sequence[str] = "dataset", **where: Any
) -> pd.Series[float]:
    """Return one metric's means by ``index``, of the rows where columns have the given values.

    Raises
    ------
    MissingRows
        There is no such row.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": ["a", "b"], "attack": "gap", "metric": "auc", "value": [0.5, 0.7]})
    >>> pick(table, "auc", attack="gap").to_dict()
    {'a': 0.5, 'b': 0.7}
    """
    names = [index] if isinstance(index, str) else list(index)
    if not isinstance(table, RepeatedTable):
        mask, labels = _look_up(table, metric, names, where)
    else:
        key = (metric, *names, *where.items())
        if key not in table.looked_up:
            table.looked_up[key] = _look_up(table, metric, names, where)
        mask, labels = table.looked_up[key]
    return pd.Series(table["value"].to_numpy(float)[mask], labels, name="value")


class RepeatedTable(pd.DataFrame):
    """A table whose ``value`` changes and whose other columns do not: rows are looked up once."""

    looked_up: dict[Hashable, tuple[Bools, pd.Index[Any]]]

    @classmethod
    def of(cls, table: pd.DataFrame) -> RepeatedTable:
        """Return a table that remembers which rows were picked."""
        repeated = cls(table)
        object.__setattr__(repeated, "looked_up", {})
        return repeated


def _look_up(
    table: pd.DataFrame, metric: str, names: Sequence[str], where: Mapping[str, Any]
) -> tuple[Bools, pd.Index[Any]]:
    """Return which rows have the given values, and their labels."""
    mask = (table["metric"] == metric).to_numpy(bool)
    for name, value in where.items():
        mask = mask & (table[name] == value).to_numpy(bool)
    if not mask.any():
        conditions = " and ".join(f"{name} {value!r}" for name, value in where.items())
        raise MissingRows(f"no row has the metric {metric!r}" + (f" with {conditions}" if where else ""))
    return mask, pd.DataFrame(table.loc[mask, names]).set_index(names).index


def pick_columns(
    table: pd.DataFrame, metric: str, index: Sequence[str], required: Iterable[Hashable], **where: Any
) -> pd.DataFrame:
    """Return one metric's means as a matrix: the last name of ``index`` makes the columns.

    Raises
    ------
    MissingRows
        A column of ``required`` is not there.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": "a", "k": [1, 3], "metric": "auc", "value": [0.5, 0.7]})
    >>> pick_columns(table, "auc", ["dataset", "k"], [1, 3]).loc["a"].to_dict()
    {1: 0.5, 3: 0.7}
    """
    matrix = pick(table, metric, index, **where).unstack()
    missing = [str(name) for name in required if name not in matrix]
    if missing:
        raise MissingRows(f"no row has the {index[-1]} {' or '.join(missing)}")
    return matrix


def defined(values: pd.Series[float], what: str) -> pd.Series[float]:
    """Return the values that are no nan.

    Raises
    ------
    MissingRows
        All are nan, or there is none: no data set has ``what``.

    Examples
    --------
    >>> defined(pd.Series({"a": 0.5, "b": float("nan")}), "an AUC").to_dict()
    {'a': 0.5}
    """
    numbers = values.dropna()
    if numbers.empty:
        raise MissingRows(f"no data set has {what}")
    return numbers
