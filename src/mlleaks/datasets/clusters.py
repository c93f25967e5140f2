"""Classes for records that have none: k-means clusters, as in Shokri et al. (IEEE S&P 2017)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlleaks.errors import InputError
from mlleaks.types import Ints


def clustered(X: NDArray[Any], k: int) -> Ints:
    """Return the cluster of each record ``(n,)``, in ``0..k-1``; no cluster is empty.

    Parameters
    ----------
    X : binary array (n, d)
        Records with at least one 1.
    k : int
        How many clusters.

    Notes
    -----
    Rows are scaled to length 1 first. Distances between the bits themselves grow with their number, and
    most records would share one cluster: that of the short ones. The seed is fixed, so that the classes
    of a data set are always the same (with one version of scikit-learn).

    Raises
    ------
    InputError
        There are fewer than ``k`` different records.

    Examples
    --------
    >>> y = clustered(np.repeat(np.eye(3), 20, axis=0), 3)
    >>> [len(set(y[i : i + 20])) for i in (0, 20, 40)], len(set(y))
    ([1, 1, 1], 3)
    """
    from scipy import sparse
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.preprocessing import normalize

    different = len(np.unique(np.packbits(X != 0, axis=1), axis=0)) if len(X) else 0
    if different < k:
        raise InputError(
            f"{different} different records for {k} classes",
            expected=f"at least {k}",
            fix="Pass more records, or fewer classes.",
        )
    rows = normalize(sparse.csr_matrix(X, dtype=np.float32))
    model = MiniBatchKMeans(k, random_state=0, n_init=3, batch_size=4096).fit(rows)
    return _fill_empty(np.asarray(model.labels_, dtype=np.int64), k)


def _fill_empty(y: Ints, k: int) -> Ints:
    """Give each empty cluster, which k-means may leave, half of the largest one."""
    y = y.copy()
    for empty in np.setdiff1d(np.arange(k), y):
        largest = np.flatnonzero(y == np.bincount(y).argmax())
        y[largest[::2]] = empty
    return y
