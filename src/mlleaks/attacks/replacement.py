"""Distance to the decision boundary for records of any form: how many features must be another record's.

Bits, categories and counts have no small steps, so a length as in `mlleaks.attacks.boundary` says little
about them. Here a path leads from a record to one that is answered with another class, feature by feature in
random order. Bisection finds where the answer changes. Records on the path have values that features take.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from mlleaks.attacks.noise_robustness import Predict
from mlleaks.errors import InputError
from mlleaks.types import Floats, Ints, Records

FINEST = 6
"""Bisections of a path, at most: it is divided into that power of two."""


def replacement_distances(
    predict: Predict, X: Records, labels: Ints, rng: np.random.Generator, *, queries: int
) -> Floats:
    """Return the mean share of features that have to be replaced to change the answer ``(n,)``, in 0..1.

    0 for a record that is misclassified, 1 where the model answers all records with one class. Higher = more
    likely a member.

    Parameters
    ----------
    predict : callable
        ``predict(X) -> classes (n,)``; one call has a query of each record that is classified correctly.
    X : array (n, ...), sparse matrix (n, d) or DataFrame
    labels : int array (n,)
        True classes.
    rng : numpy.random.Generator
        Draws the order of the features and the records that paths lead to, the same for all records.
    queries : int
        Per record, at most: one, and as many paths as there is room for; see `paths_of`.

    Raises
    ------
    InputError
        Too few queries for a path, or as many labels as there are no records.

    Examples
    --------
    >>> X = np.array([[1, 1, 1], [0, 0, 0], [0, 0, 1]])
    >>> replacement_distances(lambda X: X.any(axis=1).astype(int), X, np.array([1, 0, 0]),
    ...                       np.random.default_rng(0), queries=20).round(2)
    array([1.  , 0.37, 0.  ])
    """
    labels = np.asarray(labels)
    if len(labels) != X.shape[0]:
        raise InputError(
            f"{X.shape[0]} records and {len(labels)} labels",
            expected="a label for each record",
            fix="Pass labels of the same length.",
        )
    width = int(np.prod(X.shape[1:]))
    paths, bisections = paths_of(queries, width)
    predicted = np.asarray(predict(X))
    distances = np.zeros(len(labels))
    rows = np.flatnonzero(predicted == labels)
    if len(rows) and (predicted == predicted[rows[0]]).all():
        distances[rows] = 1.0
        return distances
    own = _take(X, rows)
    for _ in range(paths):
        donors = _donors(predicted, rows, rng)
        rank = rng.permutation(width)
        low, high = np.zeros(len(rows), dtype=np.int64), np.full(len(rows), width)
        across_to = _take(X, donors)
        for _ in range(bisections):
            middle = (low + high) // 2
            across = predict(replaced(own, across_to, rank, middle)) != labels[rows]
            low, high = np.where(across, low, middle), np.where(across, middle, high)
        distances[rows] += high / width / paths
    return distances


def paths_of(queries: int, width: int) -> tuple[int, int]:
    """Return how many paths a record has and how many bisections each takes; one query is the record itself.

    Raises
    ------
    InputError
        Too few queries for a path.

    Examples
    --------
    >>> paths_of(250, 446), paths_of(250, 4)
    ((41, 6), (124, 2))
    """
    bisections = min(max(int(np.ceil(np.log2(max(width, 1)))), 1), FINEST)
    if queries <= bisections:
        raise InputError(
            f"{queries} queries per record",
            expected=f"at least {1 + bisections}",
            fix="Pass a larger budget.",
        )
    return (queries - 1) // bisections, bisections


def replaced(own: Records, donors: Records, rank: Ints, counts: Ints) -> Records:
    """Return records whose first features in order are those of ``donors``.

    Parameters
    ----------
    own, donors : arrays (n, ...), sparse matrices (n, d) or DataFrames
    rank : int array (d,)
        The place of each feature in the order.
    counts : int array (n,)
        How many features of each record are replaced.

    Examples
    --------
    >>> replaced(np.zeros((1, 3)), np.ones((1, 3)), np.array([2, 0, 1]), np.array([2]))
    array([[0., 1., 1.]])
    """
    if isinstance(own, pd.DataFrame):
        columns = zip(own.columns, rank, strict=True)
        return pd.DataFrame({name: own[name].where(counts <= place, donors[name]) for name, place in columns})
    if sparse.issparse(own):
        return _only(own, rank, counts, replace=False) + _only(donors, rank, counts, replace=True)
    mask = rank < counts[:, None]
    return np.where(mask.reshape(own.shape), donors, own)


def _only(X: Records, rank: Ints, counts: Ints, *, replace: bool) -> Records:
    """Return the stored values in features that are replaced, or in those that are not."""
    entries = sparse.coo_array(X)
    row, column = entries.coords
    some = (rank[column] < counts[row]) == replace
    return sparse.csr_array((entries.data[some], (row[some], column[some])), shape=X.shape, dtype=X.dtype)


def _take(X: Records, rows: Ints) -> Records:
    return X.iloc[rows].reset_index(drop=True) if hasattr(X, "iloc") else X[rows]


def _donors(predicted: Ints, rows: Ints, rng: np.random.Generator) -> Ints:
    """Return for each row the first record of a random order that is answered with another class.

    A record of each class is among those that the order begins with.
    """
    order = rng.permutation(len(predicted))
    _, first = np.unique(predicted[order], return_index=True)
    first = np.sort(first)[:2]  # the first of all, and the first that differs from it
    start, second = order[first[0]], order[first[1]]
    return np.asarray(np.where(predicted[rows] == predicted[start], second, start))
