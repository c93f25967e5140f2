"""Names of records, persons, classes and groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlleaks.errors import InputError
from mlleaks.types import Ids, Ints


def checked_names(values: Any, n: int, what: str) -> tuple[Ints, Ids]:
    """Return which name each record has ``(n,)``, as a position among the distinct names, and these.

    Parameters
    ----------
    values : array-like (n,)
        A person, class or group per record: strings, numbers or any other values that can be compared.
    n : int
        How many records there are.
    what : str
        What the values are called in an error.

    Raises
    ------
    InputError
        Another length, or a missing value.

    Examples
    --------
    >>> codes, names = checked_names(["b", "a", "b"], 3, "persons")
    >>> codes.tolist(), names.tolist()
    ([0, 1, 0], ['b', 'a'])
    """
    column = pd.Series(values)
    if len(column) != n or column.isna().any():
        raise InputError(
            f"{len(column)} {what} for {n} records, {int(column.isna().sum())} of them missing",
            expected="one for each record",
            fix="Pass them in the order of the records, and give missing ones a name of their own.",
        )
    codes, names = pd.factorize(column)
    return np.asarray(codes, dtype=np.int64), np.asarray(names)


def checked_ids(ids: Any, n: int) -> Ids:
    """Return what each record is called ``(n,)``; row numbers if there are no ids.

    Raises
    ------
    InputError
        Ids that repeat or are missing, or another length.

    Examples
    --------
    >>> checked_ids(None, 3).tolist(), checked_ids(["b", "a"], 2).tolist()
    ([0, 1, 2], ['b', 'a'])
    """
    if ids is None:
        return np.arange(n)
    code, names = checked_names(ids, n, "ids")
    if len(names) < n:
        repeated = names.tolist()[np.bincount(code).argmax()]
        raise InputError(
            f"{n - len(names)} ids that repeat another, such as {repeated!r}",
            expected="a name of its own for each record",
            fix="Pass row numbers, or figures per person: see `mlleaks.stats.groups`.",
        )
    return np.asarray(ids)
