"""The only place that decides who is a member."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from mlleaks.errors import InputError
from mlleaks.types import Bools, Dataset, Halves, Records


def four_parts(data: Dataset, rng: np.random.Generator) -> tuple[Halves, Halves]:
    """Return the target's and the shadow's halves: four disjoint parts of equal size.

    The data are shuffled and cut as in the paper's protocol; up to three records that do not
    fill the parts evenly are left over.

    Parameters
    ----------
    data : Dataset
        At least four records.
    rng : numpy.random.Generator
        Decides the order.

    Examples
    --------
    >>> data = Dataset("toy", np.arange(9).reshape(9, 1), np.zeros(9, int), 1)
    >>> target, shadow = four_parts(data, np.random.default_rng(0))
    >>> [len(d) for d in (target.members, target.others, shadow.members, shadow.others)]
    [2, 2, 2, 2]
    """
    size = len(data) // 4
    if size == 0:
        raise InputError(
            f"{len(data)} records in {data.name!r}",
            expected="at least four, for four disjoint parts",
            fix="Bring more records.",
        )
    order = rng.permutation(len(data))
    a, b, c, d = (data.take(order[i * size : (i + 1) * size]) for i in range(4))
    return Halves(a, b), Halves(c, d)


def halve(data: Dataset, rng: np.random.Generator) -> Halves:
    """Return two disjoint halves of ``data``, shuffled; an odd record goes to the others.

    Examples
    --------
    >>> data = Dataset("toy", np.arange(5).reshape(5, 1), np.zeros(5, int), 1)
    >>> halves = halve(data, np.random.default_rng(0))
    >>> len(halves.members), len(halves.others)
    (2, 3)
    """
    order = rng.permutation(len(data))
    cut = len(data) // 2
    return Halves(data.take(order[:cut]), data.take(order[cut:]))


def standing_in_both(members: Dataset, others: Dataset) -> Bools:
    """Return which of ``others`` are, feature for feature and in class, also members.

    Such a record *was* trained on, whatever its list says; no attack can tell the copies apart.

    Returns
    -------
    bool array (len(others),)

    Examples
    --------
    >>> a = Dataset("a", np.array([[1.0], [2.0]]), np.array([0, 1]), 2)
    >>> b = Dataset("b", np.array([[2.0], [1.0], [3.0]]), np.array([1, 1, 0]), 2)
    >>> standing_in_both(a, b).tolist()
    [True, False, False]
    """
    left, right = _fingerprints(members.X, others.X)
    known = set(zip(left, members.y.tolist(), strict=True))
    pairs = zip(right, others.y.tolist(), strict=True)
    return np.fromiter((pair in known for pair in pairs), dtype=bool, count=len(others))


def _fingerprints(a: Records, b: Records) -> tuple[list[Any], list[Any]]:
    """Return one hashable value a record; equal records of ``a`` and ``b`` have equal ones."""
    if isinstance(a, pd.DataFrame) and isinstance(b, pd.DataFrame):
        rows = pd.util.hash_pandas_object(pd.concat([a, b]), index=False).tolist()
        return rows[: len(a)], rows[len(a) :]
    if sparse.issparse(a) and sparse.issparse(b):
        return _sparse_rows(a), _sparse_rows(b)
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.hasobject or b.dtype.hasobject:
        return _fingerprints(pd.DataFrame(a), pd.DataFrame(b))
    dtype = np.result_type(a, b)
    return _dense_rows(a, dtype), _dense_rows(b, dtype)


def _dense_rows(X: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> list[bytes]:
    return [_digest(np.ascontiguousarray(row, dtype).tobytes()) for row in X]


def _sparse_rows(X: Any) -> list[bytes]:
    csr = sparse.csr_array(X, dtype=np.float64, copy=True)
    csr.sum_duplicates()
    csr.eliminate_zeros()
    cuts = zip(csr.indptr[:-1], csr.indptr[1:], strict=True)
    return [_digest(csr.indices[i:j].astype(np.int64).tobytes() + csr.data[i:j].tobytes()) for i, j in cuts]


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
