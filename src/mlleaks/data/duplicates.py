"""Records that are the same: within a data set, and in two."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_float_dtype, is_numeric_dtype
from scipy import sparse

from mlleaks.errors import InputError
from mlleaks.types import Bools, Dataset, Ints, Records


def drop_duplicates(data: Dataset) -> Dataset:
    """Return ``data`` without the records that repeat an earlier one in features and class.

    Done before a split, it leaves members and non-members alike in how common their records are.

    Examples
    --------
    >>> data = Dataset("toy", np.array([[1], [2], [1], [1]]), np.array([0, 0, 0, 1]), 2)
    >>> drop_duplicates(data).ids.tolist()
    [0, 1, 3]
    """
    (content,) = _fingerprints(data)
    first = {value: i for i, value in reversed(list(enumerate(content)))}
    return data if len(first) == len(data) else data.take(np.sort(np.fromiter(first.values(), np.int64)))


def content_order(data: Dataset) -> Ints:
    """Return the positions of all records in an order that their content alone decides.

    The same records in another order, or on another side, come in the same order.

    Examples
    --------
    >>> data = Dataset("toy", np.array([[1], [2], [3]]), np.array([0, 1, 0]), 2)
    >>> other = data.take(np.array([2, 0, 1]))
    >>> data.ids[content_order(data)].tolist() == other.ids[content_order(other)].tolist()
    True
    """
    (content,) = _fingerprints(data)
    return np.array(sorted(range(len(content)), key=lambda row: content[row]), dtype=np.int64)  # type: ignore[arg-type, return-value]


def content_groups(*parts: Dataset) -> tuple[Ints, ...]:
    """Return a number for each record of each part: equal ones for records equal in features and class.

    The content of all parts decides the numbers (``0..g-1`` of ``g`` different records), not their order.

    Returns
    -------
    int arrays (n,), one for each part

    Examples
    --------
    >>> a = Dataset("a", np.array([[1.0], [2.0]]), np.array([0, 1]), 2)
    >>> b = Dataset("b", np.array([[2.0], [3.0]]), np.array([1, 1]), 2)
    >>> left, right = content_groups(a, b)
    >>> bool(left[1] == right[0]), len({*left.tolist(), *right.tolist()})
    (True, 3)
    """
    content = _fingerprints(*parts)
    number = {value: i for i, value in enumerate(sorted({value for part in content for value in part}))}  # type: ignore[type-var]
    return tuple(np.array([number[value] for value in part], dtype=np.int64) for part in content)


def overlap_masks(members: Dataset, nonmembers: Dataset) -> tuple[Bools, Bools]:
    """Return which of ``members`` are, feature for feature and in class, also non-members; and reverse.

    No attack can tell the copies apart, so they say nothing of membership.

    Returns
    -------
    bool arrays (len(members),), (len(nonmembers),)

    Examples
    --------
    >>> a = Dataset("a", np.array([[1.0], [2.0]]), np.array([0, 1]), 2)
    >>> b = Dataset("b", np.array([[2.0], [1.0], [3.0]]), np.array([1, 1, 0]), 2)
    >>> [mask.tolist() for mask in overlap_masks(a, b)]
    [[False, True], [True, False, False]]
    """
    left, right = _fingerprints(members, nonmembers)
    return _found_in(left, set(right)), _found_in(right, set(left))


def _found_in(content: list[Hashable], contents: set[Hashable]) -> Bools:
    return np.fromiter((value in contents for value in content), dtype=bool, count=len(content))


def _fingerprints(*parts: Dataset) -> list[list[Hashable]]:
    """Return one hashable value per record; records equal in features and class have equal ones."""
    with np.errstate(over="ignore"):  # what is too large for the other side's type is no value of it
        rows = _rows([part.X for part in parts])
    return [list(zip(r, part.y.tolist(), strict=True)) for r, part in zip(rows, parts, strict=True)]


def _rows(tables: Sequence[Records]) -> list[list[Hashable]]:
    if all(isinstance(table, pd.DataFrame) for table in tables):
        return _frame_rows(list(tables))
    if all(sparse.issparse(table) for table in tables):
        dtype = _common([table.dtype for table in tables])
        return [_sparse_rows(table, dtype) for table in tables]
    arrays = [np.asarray(table) for table in tables]
    if any(array.dtype.hasobject for array in arrays):
        return _frame_rows([pd.DataFrame(array.reshape(len(array), -1)) for array in arrays])
    dtype = _common([array.dtype for array in arrays])
    return [_dense_rows(array, dtype) for array in arrays]


def _common(dtypes: Sequence[Any]) -> np.dtype[Any]:
    """Return the type in which to compare values: of floating ones the least exact.

    What was 0.1 before it was stored as float32 on one side only is still the same value.
    """
    floats = [np.dtype(f"f{dtype.itemsize}") for dtype in dtypes if is_float_dtype(dtype)]
    if floats and all(map(is_numeric_dtype, dtypes)):
        return min(floats, key=lambda dtype: dtype.itemsize)
    return np.result_type(*dtypes)


def _frame_rows(frames: list[pd.DataFrame]) -> list[list[Hashable]]:
    joined = pd.concat(frames)
    for name in joined.columns:
        dtypes = [frame[name].dtype for frame in frames]
        if len(set(dtypes)) > 1 and all(map(is_numeric_dtype, dtypes)):
            common = _common([*dtypes, np.dtype(float)])
            joined[name] = np.concatenate([frame[name].to_numpy(common, na_value=np.nan) for frame in frames])
    try:
        hashes: list[Any] = pd.util.hash_pandas_object(joined, index=False).tolist()
    except TypeError as error:
        raise InputError(
            f"records with a column that holds more than single values ({error})",
            expected="a number, a text or a date in each cell",
            fix="Give each entry of a list or dictionary a column of its own.",
        ) from error
    ends = np.cumsum([len(frame) for frame in frames])
    return [hashes[end - len(frame) : end] for frame, end in zip(frames, ends, strict=True)]


def _dense_rows(X: NDArray[Any], dtype: np.dtype[Any]) -> list[Hashable]:
    if np.issubdtype(dtype, np.floating):  # adding zero makes -0.0 the same record as 0.0
        return [_hash((row.astype(dtype) + dtype.type(0)).tobytes()) for row in X]
    return [_hash(row.astype(dtype).tobytes()) for row in X]


def _sparse_rows(X: Any, dtype: np.dtype[Any]) -> list[Hashable]:
    csr = sparse.csr_array(X, dtype=dtype, copy=True)
    csr.sum_duplicates()
    csr.eliminate_zeros()
    cuts = zip(csr.indptr[:-1], csr.indptr[1:], strict=True)
    return [_hash(csr.indices[i:j].astype(np.int64).tobytes() + csr.data[i:j].tobytes()) for i, j in cuts]


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
