"""Records as few columns, and what a target answered about them, by id."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from mlleaks.attacks.labels import true_classes
from mlleaks.errors import InputError
from mlleaks.outputs.posteriors import by_rows
from mlleaks.outputs.references import positions_of
from mlleaks.outputs.signals import scaled_logit
from mlleaks.runtime.threads import one_thread
from mlleaks.types import Floats, Ids, Ints, Outputs, Records

COMPONENTS = 10
"""Wider records are reduced to this many columns."""


def record_features(X: Records, population: Ints, *, rng: np.random.Generator) -> Floats:
    """Return at most `COMPONENTS` columns of each record ``(n, d)``; narrow records stay as they are.

    Wide records are projected on the leading singular vectors of the population. In a table, columns that are
    no numbers become numbers of their categories. What is not a finite number counts as 0.

    Parameters
    ----------
    X : array (n, ...), sparse matrix (n, d) or DataFrame
    population : int array (m,)
        Positions of the records that decide on the projection.
    rng : numpy.random.Generator
        Starts the search for the singular vectors.

    Examples
    --------
    >>> X = sparse.random_array((50, 1000), density=0.1, format="csr", rng=0)
    >>> record_features(X, np.arange(20), rng=np.random.default_rng(0)).shape
    (50, 10)
    """
    from sklearn.decomposition import TruncatedSVD

    table = _numbers(X)
    if table.shape[1] <= COMPONENTS:
        return np.asarray(table.toarray() if sparse.issparse(table) else table, dtype=np.float64)
    svd = TruncatedSVD(COMPONENTS, n_iter=2, random_state=int(rng.integers(2**31)))
    with one_thread():
        directions = svd.fit(table[population]).components_.T
    # a sparse product treats each row alone: equal records have equal features to the last bit
    if sparse.issparse(table):
        return np.asarray(table @ directions)
    return np.asarray(by_rows(lambda block: sparse.csr_array(block) @ directions, table))


def _numbers(X: Records) -> Any:
    """Return records as a table ``(n, d)`` of finite numbers, sparse if they are."""
    if sparse.issparse(X):
        return sparse.csr_array(X, dtype=np.float64)
    if hasattr(X, "select_dtypes"):
        columns = [X.iloc[:, column] for column in range(X.shape[1])]
        codes = [c if c.dtype.kind in "biuf" else c.astype("category").cat.codes for c in columns]
        X = np.column_stack([np.asarray(code, dtype=np.float64) for code in codes])
    return np.nan_to_num(np.asarray(X).reshape(len(X), -1).astype(np.float64), posinf=0, neginf=0)


def positions(outputs: Outputs, ids: Ids) -> Ints:
    """Return where the record of each answer stands in ``ids`` ``(n,)``.

    Parameters
    ----------
    outputs : Outputs
        With ids.
    ids : array (r,)
        All different.

    Raises
    ------
    InputError
        Outputs without ids, or ids that are not among ``ids``.

    Examples
    --------
    >>> positions(Outputs(np.array([[0.5, 0.5]]), ids=np.array(["b"])), np.array(["a", "b"]))
    array([1])
    """
    if outputs.ids is None:
        raise InputError(
            "outputs without ids", expected="the id of each record", fix="Pass the ids of the records."
        )
    return positions_of(outputs.ids, ids)


def labelled_signals(outputs: Outputs) -> tuple[Floats, Ints]:
    """Return the scaled logit and the true class of each record ``(n,)``.

    Raises
    ------
    InputError
        The outputs have no labels.

    Examples
    --------
    >>> labelled_signals(Outputs(np.array([[0.5, 0.5]]), np.array([1])))
    (array([0.]), array([1]))
    """
    labels = true_classes(outputs)
    return scaled_logit(outputs.posteriors, labels), labels
