"""Posteriors in, attack features out: pure NumPy, in row blocks, so that memory stays small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.special import softmax

from mlleaks.errors import InputError
from mlleaks.outputs.arrays import as_array
from mlleaks.types import Floats, Ints

TOLERANCE = 0.01 + 1e-9  # 1.01 - 1 is a little more than 0.01
"""How far from one a row may sum: saved answers are often rounded to two or three decimals."""

NEGATIVE = 1e-6
"""How far below zero a posterior may lie: what rounding leaves there counts as zero."""

_BLOCK = 1 << 22  # values per block: 32 MB in float64


def validate_posteriors(posteriors: Any, *, from_logits: bool = False, what: str = "posteriors") -> Floats:
    """Return ``posteriors`` as a floating array ``(n, k)``, or say what is wrong with them.

    Parameters
    ----------
    posteriors : array-like (n, k)
        ``k >= 2``; float32 stays float32, anything else becomes float64. Values of no less than
        minus `NEGATIVE` become zero.
    from_logits : bool
        The rows are unnormalised log-probabilities: a softmax is applied.
    what : str
        What to call them in an error.

    Raises
    ------
    InputError
        Not a table of real numbers, fewer than two columns, nan or infinite values, negative values
        beyond `NEGATIVE`, or rows whose sum is further from one than `TOLERANCE`.

    Examples
    --------
    >>> validate_posteriors([[0.25, 0.75]])
    array([[0.25, 0.75]])
    >>> validate_posteriors([[0.0, 0.0]], from_logits=True)
    array([[0.5, 0.5]])
    """
    table = _as_table(posteriors, what)
    rows = np.flatnonzero(~by_rows(lambda p: np.isfinite(p).all(axis=1), table))
    if len(rows):
        raise InputError(
            f"nan or infinite {what} in {_rows(rows)}",
            expected="finite numbers",
            fix="Drop these records, or find out why the model answers so.",
        )
    if from_logits:
        _refuse_posteriors(table, what)
        return _softmax(table)
    lowest = by_rows(lambda p: p.min(axis=1), table)
    rows = np.flatnonzero(lowest < -NEGATIVE)
    if len(rows):
        raise InputError(
            f"negative {what} in {_rows(rows)}",
            expected="probabilities between 0 and 1",
            fix="If these are logits, pass from_logits=True (command line: --from-logits).",
        )
    sums = by_rows(lambda p: p.sum(axis=1, dtype=np.float64), table)
    rows = np.flatnonzero(np.abs(sums - 1) > TOLERANCE)
    if len(rows):
        raise InputError(
            f"{what} that sum to {sums[rows[0]]:.4g} in {_rows(rows)}",
            expected=f"rows that sum to 1 (within {TOLERANCE:.2g})",
            fix="Bring every class's column; if these are logits, pass from_logits=True "
            "(command line: --from-logits).",
        )
    return table if lowest.min() >= 0 else np.maximum(table, 0)


def by_rows(f: Callable[[Any], Any], table: Any, *, width: int = 0) -> Any:
    """Return ``f(table)`` for an ``f`` that treats each row alone, computed in blocks of rows.

    Parameters
    ----------
    f : callable
    table : array (n, k)
    width : int
        How many values ``f`` makes of a row on its way, where that is more than ``k``.

    Examples
    --------
    >>> by_rows(lambda p: p.sum(axis=1), np.ones((3, 2)))
    array([2., 2., 2.])
    """
    parts = [f(table[block]) for block in _blocks(len(table), max(width, table.shape[1]))]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _as_table(posteriors: Any, what: str) -> Floats:
    table = as_array(posteriors, what)
    try:
        if table.dtype.kind in "mM":
            raise TypeError(f"they are of dtype {table.dtype}")
        if table.dtype not in (np.float32, np.float64):
            table = table.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{what} that are not numbers ({error})",
            expected="a table of numbers, one row per record, one column per class",
            fix="Convert the columns to numbers.",
        ) from error
    if table.ndim != 2 or table.shape[1] < 2 or not len(table):
        raise InputError(
            f"{what} of shape {table.shape}",
            expected="shape (n, k) with n >= 1 records and k >= 2 classes",
            fix="Bring one column for each class; for a binary model both p and 1 - p.",
        )
    return table


def _refuse_posteriors(table: Floats, what: str) -> None:
    sums = by_rows(lambda p: p.sum(axis=1, dtype=np.float64), table)
    if by_rows(lambda p: p.min(axis=1), table).min() >= -NEGATIVE and (np.abs(sums - 1) <= TOLERANCE).all():
        raise InputError(
            f"{what} that are posteriors already",
            expected="logits, as from_logits=True says",
            fix="Leave from_logits (command line: --from-logits) out.",
        )


def _softmax(table: Floats) -> Floats:
    return np.asarray(by_rows(lambda p: softmax(p.astype(np.float64), axis=1), table))


def _blocks(n: int, width: int) -> Iterator[slice]:
    step = max(1, _BLOCK // width)
    for start in range(0, n, step):
        yield slice(start, start + step)


def _rows(rows: Ints) -> str:
    named = ", ".join(map(str, rows[:3])) + (", ..." if len(rows) > 3 else "")
    return f"{len(rows)} row{'s' if len(rows) > 1 else ''} ({named})"
