"""The only place that decides who is a member."""

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
from mlleaks.types import Bools, Dataset, Floats, Halves, Ints, Records


def quarters(data: Dataset, rng: np.random.Generator, *, most: int | None = None) -> Ints:
    """Return the positions of four disjoint parts of equal size ``(4, size)``.

    The data are shuffled and cut as in the paper's protocol: target members, target others, shadow
    members, shadow others. Records that do not fill the parts evenly are left over.

    Parameters
    ----------
    data : Dataset
        At least four records.
    rng : numpy.random.Generator
        Decides the order.
    most : int, optional
        The size of a part, if there are records enough.

    Examples
    --------
    >>> data = Dataset("toy", np.arange(9).reshape(9, 1), np.zeros(9, int), 1)
    >>> quarters(data, np.random.default_rng(0)).shape
    (4, 2)
    """
    size = len(data) // 4 if most is None else min(most, len(data) // 4)
    if size == 0:
        raise InputError(
            f"{len(data)} records in {data.name!r}",
            expected="at least four, for four disjoint parts",
            fix="Bring more records.",
        )
    return np.asarray(rng.permutation(len(data))[: 4 * size].reshape(4, size), dtype=np.int64)


def four_parts(data: Dataset, rng: np.random.Generator) -> tuple[Halves, Halves]:
    """Return the target's and the shadow's halves: see `quarters`.

    Examples
    --------
    >>> data = Dataset("toy", np.arange(9).reshape(9, 1), np.zeros(9, int), 1)
    >>> target, shadow = four_parts(data, np.random.default_rng(0))
    >>> [len(d) for d in (target.members, target.others, shadow.members, shadow.others)]
    [2, 2, 2, 2]
    """
    a, b, c, d = (data.take(part) for part in quarters(data, rng))
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


def of_one_size(halves: Halves, rng: np.random.Generator) -> Halves:
    """Return as many members as others: of the larger half as many, chosen at random, as the smaller has.

    Examples
    --------
    >>> data = Dataset("toy", np.arange(5).reshape(5, 1), np.zeros(5, int), 1)
    >>> alike = of_one_size(halve(data, np.random.default_rng(0)), np.random.default_rng(0))
    >>> len(alike.members), len(alike.others)
    (2, 2)
    """
    size = min(len(halves.members), len(halves.others))
    if size == max(len(halves.members), len(halves.others)):
        return halves
    return Halves(*(half.take(rng.permutation(len(half))[:size]) for half in (halves.members, halves.others)))


def disjoint(y: Ints, shares: Sequence[float], rng: np.random.Generator) -> list[Ints]:
    """Return the positions of disjoint parts that together are all records, every class in each part.

    Parameters
    ----------
    y : int array (n,)
        The class of each record.
    shares : sequence of float
        How large each part is, relative to the others; above 0.
    rng : numpy.random.Generator
        Deals the records of each class.

    Raises
    ------
    InputError
        A class has fewer records than there are parts.

    Examples
    --------
    >>> parts = disjoint(np.repeat([0, 1], [6, 3]), [1, 1, 1], np.random.default_rng(0))
    >>> [len(part) for part in parts]
    [3, 3, 3]
    """
    classes, counts = np.unique(y, return_counts=True)
    shares = shares_of(shares, len(shares))
    if len(y) and counts.min() < len(shares):
        rare = classes[counts.argmin()]
        raise InputError(
            f"{counts.min()} records of class {rare}",
            expected=f"at least {len(shares)} of each class, one for each of {len(shares)} disjoint parts",
            fix="Bring more records of it, leave the class out, or use fewer parts.",
        )
    part, owed = np.empty(len(y), dtype=np.int64), np.zeros(len(shares))
    for label, count in zip(classes, counts, strict=True):
        owed += count * np.asarray(shares) / sum(shares)
        dealt = _dealt(owed, int(count), rng)
        owed -= dealt  # what rounding kept from a part in one class it gets in another
        part[np.flatnonzero(y == label)] = rng.permutation(np.repeat(np.arange(len(shares)), dealt))
    return [np.flatnonzero(part == i) for i in range(len(shares))]


def shares_of(shares: Sequence[float] | None, parts: int) -> list[float]:
    """Return how large each of so many parts is, relative to the others: equal unless it is said.

    Raises
    ------
    InputError
        Another number of shares, or one that is not a number above 0.

    Examples
    --------
    >>> shares_of(None, 3)
    [1.0, 1.0, 1.0]
    """
    known = [1.0] * parts if shares is None else [float(share) for share in shares]
    if not known or len(known) != parts or not all(0 < share < np.inf for share in known):
        raise InputError(
            f"shares {known}",
            expected=f"{parts or 'one or more'} numbers above 0, one for each part",
            fix="Pass other shares.",
        )
    return known


def _dealt(owed: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Return how many of ``count`` records each part gets: at least one, then as owed, ties at random."""
    dealt = np.maximum(1, np.floor(np.round(owed, 9))).astype(np.int64)
    while (left := count - int(dealt.sum())) != 0:
        short = np.where((left > 0) | (dealt > 1), np.sign(left) * np.round(owed - dealt, 9), -np.inf)
        dealt[rng.choice(np.flatnonzero(short == short.max()))] += np.sign(left)
    return dealt


def distinct(data: Dataset) -> Dataset:
    """Return ``data`` without the records that repeat an earlier one in features and class.

    Done before a split, it leaves members and others alike in how common their records are.

    Examples
    --------
    >>> data = Dataset("toy", np.array([[1], [2], [1], [1]]), np.array([0, 0, 0, 1]), 2)
    >>> distinct(data).ids.tolist()
    [0, 1, 3]
    """
    (content,) = _fingerprints(data)
    first = {value: i for i, value in reversed(list(enumerate(content)))}
    return data if len(first) == len(data) else data.take(np.sort(np.fromiter(first.values(), np.int64)))


def standing_in_both(members: Dataset, others: Dataset) -> tuple[Bools, Bools]:
    """Return which of ``members`` are, feature for feature and in class, also others; and reverse.

    No attack can tell the copies apart, so they say nothing of membership.

    Returns
    -------
    bool arrays (len(members),), (len(others),)

    Examples
    --------
    >>> a = Dataset("a", np.array([[1.0], [2.0]]), np.array([0, 1]), 2)
    >>> b = Dataset("b", np.array([[2.0], [1.0], [3.0]]), np.array([1, 1, 0]), 2)
    >>> [mask.tolist() for mask in standing_in_both(a, b)]
    [[False, True], [True, False, False]]
    """
    left, right = _fingerprints(members, others)
    return _found_in(left, set(right)), _found_in(right, set(left))


def _found_in(content: list[Hashable], known: set[Hashable]) -> Bools:
    return np.fromiter((value in known for value in content), dtype=bool, count=len(content))


def _fingerprints(*parts: Dataset) -> list[list[Hashable]]:
    """Return one hashable value a record; records equal in features and class have equal ones."""
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
        return [_digest((row.astype(dtype) + dtype.type(0)).tobytes()) for row in X]
    return [_digest(row.astype(dtype).tobytes()) for row in X]


def _sparse_rows(X: Any, dtype: np.dtype[Any]) -> list[Hashable]:
    csr = sparse.csr_array(X, dtype=dtype, copy=True)
    csr.sum_duplicates()
    csr.eliminate_zeros()
    cuts = zip(csr.indptr[:-1], csr.indptr[1:], strict=True)
    return [_digest(csr.indices[i:j].astype(np.int64).tobytes() + csr.data[i:j].tobytes()) for i, j in cuts]


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
