"""Noisy variants of records of any form, in the values that their features take.

One draw changes all records of a call alike: equal records stay equal, and neither a record's position nor
the other records of a call matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from scipy import sparse

from mlleaks.errors import InputError
from mlleaks.types import Bools, Floats, Records

Variation: TypeAlias = Callable[[Records, np.random.Generator], Records]
"""``variation(X, rng)`` returns records of the form of ``X``, all changed by the same draw."""

LARGEST = 5000
"""Rows that deviations are computed from, at most, evenly over all."""
LEAST_REAL = 0.5
"""The share of real-valued features from which on a distance between records is a length."""


class Features(Protocol):
    """What is public about the features of records: how they vary."""

    @property
    def continuous(self) -> bool:
        """Whether records can be moved by any small amount."""
        ...

    def vary(self, X: Records, rng: np.random.Generator, *, strength: float) -> Records:
        """Return the records with noise."""
        ...


@dataclass(frozen=True)
class ArrayFeatures:
    """Features of an array: real, whole or two-valued, each with its deviation and range.

    Parameters
    ----------
    deviation, low, high : float arrays (...)
        In the shape of one record.
    two_valued, whole : bool arrays (...)
        Features with exactly two values, and other features of whole numbers alone.
    dtype : numpy dtype
        Of the records.
    """

    deviation: Floats
    low: Floats
    high: Floats
    two_valued: Bools
    whole: Bools
    dtype: Any

    @property
    def continuous(self) -> bool:
        """Whether records can be moved by any small amount: images, and mostly real-valued features."""
        real = ~(self.two_valued | self.whole) & (self.high > self.low)
        return np.ndim(self.low) > 1 or float(real.mean()) >= LEAST_REAL

    def vary(self, X: Records, rng: np.random.Generator, *, strength: float) -> Records:
        """Return the records with noise of ``strength`` times each feature's standard deviation.

        Real features get Gaussian noise; whole ones the same, rounded up or down at random; two-valued ones
        change to the other value with the probability of ``strength`` times the deviation, in units of the
        distance of both values, at most 1/2. All stay within their range.
        """
        scale = strength * self.deviation
        shift = scale * rng.normal(size=self.low.shape)
        uniform = rng.random(self.low.shape)
        shift = np.where(self.whole, np.floor(shift + uniform), shift)
        width = np.where(self.two_valued, self.high - self.low, 1)
        flipped = self.two_valued & (uniform < np.minimum(scale / width, 0.5))
        moved = np.clip(X + shift, self.low, self.high)
        moved = np.where(self.two_valued, np.where(flipped, self.low + self.high - X, X), moved)
        return self.cast(moved)

    def cast(self, values: Floats) -> Records:
        """Return values as records have them: rounded and within their range where these are integers."""
        if np.dtype(self.dtype).kind in "iu":
            values = np.clip(np.rint(values), self.low, self.high)
        return values.astype(self.dtype)


@dataclass(frozen=True)
class TableFeatures:
    """Features of a DataFrame: numbers as in an array, other columns by the values that they take.

    Parameters
    ----------
    numbers : mapping of column name to ArrayFeatures
    values : mapping of column name to array
        The values of each other column, as often as they stand in it.
    """

    numbers: Mapping[Any, ArrayFeatures]
    values: Mapping[Any, Any]

    @property
    def continuous(self) -> bool:
        """Return False: columns may hold anything."""
        return False

    def vary(self, X: Records, rng: np.random.Generator, *, strength: float) -> Records:
        """Return the records with noise; see `ArrayFeatures.vary`.

        A column that holds no numbers becomes a value drawn from it with the probability ``strength / 2``.
        """
        changed = {}
        for name in X.columns:
            if name in self.numbers:
                column = X[name].to_numpy(dtype=float, na_value=np.nan)
                moved = self.numbers[name].vary(column[:, None], rng, strength=strength)[:, 0]
                changed[name] = pd.Series(moved, index=X.index).astype(X[name].dtype)
                continue
            redrawn, value = rng.random() < strength / 2, rng.choice(len(self.values[name]))
            changed[name] = X[name]
            if redrawn:
                same = pd.Series([self.values[name][value]] * len(X), index=X.index)
                changed[name] = same.astype(X[name].dtype)
        return pd.DataFrame(changed)


@dataclass(frozen=True)
class SparseFeatures:
    """Features of a sparse matrix: stored values can be dropped."""

    width: int

    @property
    def continuous(self) -> bool:
        """Return False: most values are zero."""
        return False

    def vary(self, X: Records, rng: np.random.Generator, *, strength: float) -> Records:
        """Return the records with each column set to zero with the probability ``strength / 2``."""
        stays = (rng.random(self.width) >= strength / 2).astype(X.dtype)
        return sparse.csr_array(X @ sparse.diags_array(stays))


def features_of(*tables: Records) -> Features:
    """Return what is public about the features of records: their kinds, ranges and deviations.

    They are read from members and non-members alike, so they tell nothing about who is a member.

    Parameters
    ----------
    *tables : arrays (n, ...), sparse matrices (n, d) or DataFrames
        All of one kind.

    Raises
    ------
    InputError
        Arrays that do not hold numbers.

    Examples
    --------
    >>> features = features_of(np.array([[0.0, 1.0, 5.0], [1.0, 3.0, 5.5], [1.0, 2.0, 5.2]]))
    >>> features.two_valued.tolist(), features.whole.tolist()
    ([True, False, False], [False, True, False])
    """
    if all(isinstance(table, pd.DataFrame) for table in tables):
        return _table_features(list(tables))
    if any(sparse.issparse(table) for table in tables):
        return SparseFeatures(int(tables[0].shape[1]))
    arrays = [np.asarray(table) for table in tables]
    if any(array.dtype.kind not in "biuf" for array in arrays):
        raise InputError(
            f"records of dtype {arrays[0].dtype}",
            expected="numbers",
            fix="Pass records with text columns as a pandas DataFrame.",
        )
    return _array_features(np.concatenate(arrays))


def _array_features(values: Any) -> ArrayFeatures:
    dtype = values.dtype
    if dtype.kind == "f" and np.isinf(values).any():
        values = np.where(np.isinf(values), np.nan, values)
    low, high = (np.asarray(f.reduce(values, axis=0), dtype=float) for f in (np.fmin, np.fmax))
    low, high = np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), 0.0, high)
    missing = values != values  # noqa: PLR0124
    two_valued = ((values == low) | (values == high) | missing).all(axis=0) & (high > low)
    whole = ((values == np.floor(values)) | missing).all(axis=0) & ~two_valued
    return ArrayFeatures(_deviation(values), low, high, two_valued, whole, dtype)


def _deviation(values: Any) -> Floats:
    """Return each feature's standard deviation; missing values do not count."""
    some = values[:: -(-len(values) // LARGEST)].astype(float)
    present = ~np.isnan(some)
    count = np.maximum(present.sum(axis=0), 1)
    mean = np.where(present, some, 0).sum(axis=0) / count
    return np.asarray(np.sqrt((np.where(present, some - mean, 0) ** 2).sum(axis=0) / count))


def _table_features(tables: list[pd.DataFrame]) -> TableFeatures:
    numbers, values = {}, {}
    for name in tables[0].columns:
        columns = [table[name] for table in tables]
        if is_numeric_dtype(columns[0].dtype) and not is_bool_dtype(columns[0].dtype):
            pooled = np.concatenate([column.to_numpy(dtype=float, na_value=np.nan) for column in columns])
            numbers[name] = _array_features(pooled[:, None])
        else:
            values[name] = np.concatenate([column.to_numpy(dtype=object) for column in columns])
    return TableFeatures(numbers, values)
