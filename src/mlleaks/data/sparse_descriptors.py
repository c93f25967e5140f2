"""Numbers that describe rows of a sparse matrix."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from mlleaks.data.column_kinds import Columns

FREQUENT = 300
"""So many columns of a sparse matrix, those with the most values, are features of their own."""


def describe_sparse(X: sparse.csr_array) -> tuple[Columns, sparse.csr_array]:
    """Return size and total of each row, the most frequent columns, and all columns on a log scale."""
    X = X.astype(float)
    X.data = np.nan_to_num(X.data)
    X.sum_duplicates()
    X.eliminate_zeros()
    counts = np.bincount(X.indices, minlength=X.shape[1])
    frequent = np.sort(np.argsort(-counts, kind="stable")[:FREQUENT])
    totals = np.column_stack([np.diff(X.indptr), X.sum(axis=1), X.max(axis=1).toarray().ravel()])
    numbers = np.column_stack([totals, X[:, frequent].toarray()])
    names = ("number of values", "sum of values", "largest value", *map(str, frequent.tolist()))
    wide = X.copy()
    wide.data = np.sign(X.data) * np.log1p(np.abs(X.data))
    lengths = np.sqrt(wide.multiply(wide).sum(axis=1))
    wide = sparse.diags_array(1 / np.where(lengths > 0, lengths, 1)) @ wide
    return Columns(numbers, names), sparse.csr_array(wide)
