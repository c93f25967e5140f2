"""Sparse records as a network's input: kept sparse where that pays, less a mean that is never written out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from mlleaks.types import Floats, Records

Inputs: TypeAlias = Any
"""What a network takes: a float32 array ``(n, ...)``, or `Rows`."""

WIDE, FILLED = 1000, 0.1
"""Sparse records stay sparse from this width on, with less than this share of numbers that are not zero.

With fewer columns or more numbers a dense product is as fast, and groups of many models are faster."""


@dataclass(frozen=True)
class Rows:
    """Sparse records ``(n, d)`` less a mean.

    Parameters
    ----------
    matrix : csr_array (n, d)
        In float32.
    mean : array (d,), optional
        What is subtracted from every row; nothing if None.
    """

    matrix: Any
    mean: Floats | None = None

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    @property
    def shape(self) -> tuple[int, int]:
        """Records and columns."""
        n, d = self.matrix.shape
        return int(n), int(d)

    def scaled(self, mean: Floats, deviation: Floats) -> Rows:
        """Return the rows less ``mean``, divided by ``deviation``; both ``(d,)``."""
        over = (1 / deviation).astype(np.float32)
        less = mean if self.mean is None else mean + self.mean
        return Rows(sparse.csr_array(self.matrix.multiply(over[None])), less * over)


def dense(X: Inputs) -> Floats:
    """Return a network's inputs as an array.

    Examples
    --------
    >>> dense(Rows(sparse.csr_array([[0.0, 2.0]]), np.array([1.0, 1.0])))
    array([[-1.,  1.]])
    """
    if not isinstance(X, Rows):
        return np.asarray(X)
    written: Floats = X.matrix.toarray()
    if X.mean is not None:
        written -= X.mean
    return written


def average(X: Inputs) -> Floats:
    """Return the mean over all records, in float32."""
    return np.asarray((X.matrix if isinstance(X, Rows) else X).mean(axis=0), dtype=np.float32)


def stays_sparse(X: Records) -> bool:
    """Return whether records are better trained on as they are than written out.

    Examples
    --------
    >>> stays_sparse(sparse.eye_array(2000)), stays_sparse(sparse.eye_array(20)), stays_sparse(np.eye(2000))
    (True, False, False)
    """
    return bool(sparse.issparse(X) and X.shape[1] >= WIDE and X.nnz < FILLED * X.shape[0] * X.shape[1])
