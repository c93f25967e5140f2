"""Random queries over a feature domain: what adversary 3 asks the target to find a threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype
from scipy import sparse

from mlleaks.errors import InputError
from mlleaks.runtime.foreign_code import calling
from mlleaks.types import Floats, Records

Domain = Callable[[int, np.random.Generator], Any]
"""``domain(n, rng)`` returns ``n`` random records that the model accepts."""


FROM_RANGES = "random queries from the ranges of the records"
OWN_DOMAIN = (
    "In Python, pass domain=, a function domain(n, rng) that returns n records as the model takes them."
)


@dataclass(frozen=True)
class BoxDomain:
    """Independent features, each uniform over its range.

    Parameters
    ----------
    low, high : float arrays (...)
        The range of each feature, in the shape of one record.
    whole : bool array (...)
        Features that take whole numbers only; a binary one becomes a random bit.
    dtype : numpy dtype
        Of the records.
    sparse_rows : bool
        Return a CSR matrix, for models that were trained on one.

    Examples
    --------
    >>> bits = BoxDomain(np.zeros(4), np.ones(4), np.ones(4, bool), np.dtype(float))
    >>> set(bits(50, np.random.default_rng(0)).ravel().tolist()) == {0.0, 1.0}
    True
    """

    low: Floats
    high: Floats
    whole: Any
    dtype: Any
    sparse_rows: bool = False

    def __call__(self, n: int, rng: np.random.Generator) -> Any:
        """Return ``n`` random records ``(n, ...)``."""
        if self.sparse_rows:  # in blocks: dense rows of a wide sparse matrix would not fit
            sizes = [min(64, n - start) for start in range(0, n, 64)]
            return sparse.vstack([sparse.csr_array(self._dense(m, rng)) for m in sizes], format="csr")
        return self._dense(n, rng)

    def _dense(self, n: int, rng: np.random.Generator) -> Any:
        uniform = rng.random((n, *np.shape(self.low)))
        records = _between(self.low, self.high + self.whole, uniform)
        records = np.where(self.whole, np.minimum(np.floor(records), self.high), records)
        return records.astype(self.dtype)


@dataclass(frozen=True)
class TableDomain:
    """A DataFrame's columns: numbers uniform over their range, anything else over its values.

    Parameters
    ----------
    columns : mapping of column name to its possible values or (low, high, whole, dtype)
    """

    columns: dict[Any, Any]

    def __call__(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Return a DataFrame of ``n`` random records."""
        return pd.DataFrame({name: draw(n, rng) for name, draw in self.columns.items()})


def domain_of(*tables: Records) -> Domain:
    """Return the domain that the records span together: what is public about the features.

    The ranges are taken over all records given, members and non-members alike, so they tell nothing
    about who is a member. Only categories are those of the first table: the model knows no others.

    Parameters
    ----------
    *tables : arrays (n, ...), sparse matrices (n, d) or DataFrames
        All of one kind and one width; the members first.

    Raises
    ------
    InputError
        Arrays that do not hold numbers.

    Examples
    --------
    >>> domain = domain_of(np.array([[0.0, 5.0]]), np.array([[1.0, 5.5]]))
    >>> domain.low.tolist(), domain.high.tolist(), domain.whole.tolist()
    ([0.0, 5.0], [1.0, 5.5], [True, False])
    """
    frames = [table for table in tables if isinstance(table, pd.DataFrame)]
    if len(frames) == len(tables):
        joined = _joined(frames)
        return TableDomain({name: _column(joined[name]) for name in joined.columns})
    if any(sparse.issparse(table) for table in tables):
        csr = [sparse.csr_array(table) for table in tables]
        low = np.min([table.min(axis=0).toarray().ravel().astype(float) for table in csr], axis=0)
        high = np.max([table.max(axis=0).toarray().ravel().astype(float) for table in csr], axis=0)
        whole = np.full(len(low), all((table.data % 1 == 0).all() for table in csr))
        return BoxDomain(low, high, whole, np.result_type(*(t.dtype for t in csr)), sparse_rows=True)
    arrays = [np.asarray(table) for table in tables]
    if not all(np.issubdtype(a.dtype, np.number) or a.dtype == bool for a in arrays):
        raise InputError(
            f"records of dtype {arrays[0].dtype}",
            expected="numbers",
            fix="Pass records with text columns as a pandas DataFrame.",
        )
    pooled = np.concatenate(arrays)
    if np.issubdtype(pooled.dtype, np.floating):
        pooled[np.isinf(pooled)] = np.nan
    low, high = (f.reduce(pooled, axis=0).astype(float) for f in (np.fmin, np.fmax))  # nan is no value
    whole = np.logical_and.reduce((pooled == np.floor(pooled)) | (pooled != pooled), axis=0)  # noqa: PLR0124
    return BoxDomain(low, high, whole, pooled.dtype)


def is_from_ranges(domain: Domain) -> bool:
    """Return whether a domain comes of `domain_of`, not of the user's own code."""
    return isinstance(domain, BoxDomain | TableDomain)


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return all rows; categories that the first table lacks are missing values, as to its model."""
    joined = pd.concat(frames, ignore_index=True)
    for name, dtype in frames[0].dtypes.items():
        if isinstance(dtype, pd.CategoricalDtype):
            joined[name] = joined[name].where(joined[name].isin(dtype.categories)).astype(dtype)
    return joined


def _between(low: Any, high: Any, uniform: Floats) -> Floats:
    """Return numbers from low to high; half of each at a time, as their distance may be no finite number."""
    return np.asarray(np.clip(2 * (low / 2 + uniform * (high / 2 - low / 2)), low, high))


def draw_queries(domain: Domain, n: int, rng: np.random.Generator, *, like: Records | None = None) -> Records:
    """Return ``n`` random records from ``domain``, checked as records of the user's are.

    Parameters
    ----------
    domain : Domain
    n : int
    rng : numpy.random.Generator
    like : array (n, ...), sparse matrix (n, d) or DataFrame, optional
        Records whose features the random ones must have; the columns of a DataFrame in any order.

    Raises
    ------
    InputError
        No function; another number of records; other features than ``like``.
    ModelError
        The domain raises.

    Examples
    --------
    >>> records = np.zeros((5, 4))
    >>> draw_queries(lambda n, rng: rng.random((n, 4)), 3, np.random.default_rng(0), like=records).shape
    (3, 4)
    """
    if not callable(domain):
        raise InputError(
            f"a domain of type {type(domain).__name__}",
            expected="a function domain(n, rng) that returns n random records",
            fix="Pass a function, or leave the domain out.",
        )
    where = "from the domain"
    fix = "Call domain(n, numpy.random.default_rng(0)) in Python to see what it returns."
    if is_from_ranges(domain):
        where, fix = f"while {FROM_RANGES} were drawn", OWN_DOMAIN
    with calling(where, expected=f"{n} random records", fix=fix):
        records = _as_records(domain(n, rng))
    shape = tuple(records.shape)
    if len(shape) < 2 or shape[0] != n:
        got = f"random queries of shape {shape} ({type(records).__name__}) from the domain"
        raise InputError(got, expected=f"{n} records: shape ({n}, ...)", fix=fix)
    if like is None:
        return records
    if _features(records) != _features(like):
        got = f"random queries as {_features(records)}, records as {_features(like)}"
        raise InputError(got, expected="the same features in both", fix=fix)
    return records[like.columns] if isinstance(like, pd.DataFrame) else records


def _as_records(value: Any) -> Records:
    if isinstance(value, pd.DataFrame):
        return value
    return sparse.csr_array(value) if sparse.issparse(value) else np.asarray(value)


def _features(X: Records) -> str:
    """Return kind, names and shape of the records' features, the same text for the same features."""
    if isinstance(X, pd.DataFrame):
        return f"a DataFrame with the columns {', '.join(sorted(map(str, X.columns)))}"
    return (
        f"{'a sparse matrix' if sparse.issparse(X) else 'an array'} with rows of shape {tuple(X.shape[1:])}"
    )


def _column(values: pd.Series[Any]) -> Callable[[int, np.random.Generator], Any]:
    finite = values.replace([np.inf, -np.inf], np.nan).dropna()
    if not len(finite):
        return lambda n, rng: pd.Series([np.nan] * n).astype(values.dtype)
    if not is_numeric_dtype(values.dtype) or is_bool_dtype(values.dtype):
        choices = finite.unique()
        return lambda n, rng: pd.Series(rng.choice(choices, size=n)).astype(values.dtype)
    low, high = float(finite.min()), float(finite.max())
    if is_integer_dtype(values.dtype) or (finite.to_numpy(float) % 1 == 0).all():
        return lambda n, rng: pd.Series(
            np.minimum(np.floor(_between(low, high + 1, rng.random(n))), high)
        ).astype(values.dtype)
    return lambda n, rng: pd.Series(_between(low, high, rng.random(n))).astype(values.dtype)
