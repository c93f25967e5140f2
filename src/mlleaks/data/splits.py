"""Random splits of a data set into members and non-members, and into disjoint parts.

Many shadow models take their members from `mlleaks.data.membership_plan`; the paper's studies from
`mlleaks.data.protocol`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlleaks.errors import InputError
from mlleaks.types import Dataset, Floats, Ints, MemberSplit


def four_way_split(data: Dataset, rng: np.random.Generator, *, most: int | None = None) -> Ints:
    """Return the positions of four disjoint parts of equal size ``(4, size)``.

    The data are shuffled and cut as in the paper's protocol: target members, target non-members, shadow
    members, shadow non-members. Records that do not fill the parts evenly are left over.

    Parameters
    ----------
    data : Dataset
        At least four records.
    rng : numpy.random.Generator
        Decides the order.
    most : int, optional
        The size of a part, if there are records enough.

    Raises
    ------
    InputError
        Fewer than four records.

    Examples
    --------
    >>> data = Dataset("toy", np.arange(9).reshape(9, 1), np.zeros(9, int), 1)
    >>> four_way_split(data, np.random.default_rng(0)).shape
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


def four_way_member_split(data: Dataset, rng: np.random.Generator) -> tuple[MemberSplit, MemberSplit]:
    """Return the target's and the shadow's halves: see `four_way_split`.

    Examples
    --------
    >>> data = Dataset("toy", np.arange(9).reshape(9, 1), np.zeros(9, int), 1)
    >>> target, shadow = four_way_member_split(data, np.random.default_rng(0))
    >>> [len(d) for d in (target.members, target.nonmembers, shadow.members, shadow.nonmembers)]
    [2, 2, 2, 2]
    """
    a, b, c, d = (data.take(part) for part in four_way_split(data, rng))
    return MemberSplit(a, b), MemberSplit(c, d)


def half_split(data: Dataset, rng: np.random.Generator) -> MemberSplit:
    """Return two disjoint halves of ``data``, shuffled; an odd record goes to the non-members.

    Examples
    --------
    >>> data = Dataset("toy", np.arange(5).reshape(5, 1), np.zeros(5, int), 1)
    >>> split = half_split(data, np.random.default_rng(0))
    >>> len(split.members), len(split.nonmembers)
    (2, 3)
    """
    order = rng.permutation(len(data))
    cut = len(data) // 2
    return MemberSplit(data.take(order[:cut]), data.take(order[cut:]))


def equal_sizes(split: MemberSplit, rng: np.random.Generator) -> MemberSplit:
    """Return as many members as non-members: all of the smaller half, as many at random of the larger.

    Examples
    --------
    >>> data = Dataset("toy", np.arange(5).reshape(5, 1), np.zeros(5, int), 1)
    >>> alike = equal_sizes(half_split(data, np.random.default_rng(0)), np.random.default_rng(0))
    >>> len(alike.members), len(alike.nonmembers)
    (2, 2)
    """
    size = min(len(split.members), len(split.nonmembers))
    if size == max(len(split.members), len(split.nonmembers)):
        return split
    return MemberSplit(
        *(half.take(rng.permutation(len(half))[:size]) for half in (split.members, split.nonmembers))
    )


def disjoint(y: Ints, shares: Sequence[float], rng: np.random.Generator) -> list[Ints]:
    """Return the positions of disjoint parts that together are all records, every class in each part.

    Parameters
    ----------
    y : int array (n,)
        The class of each record.
    shares : sequence of float
        How large each part is, relative to the others; above 0.
    rng : numpy.random.Generator
        Assigns the records of each class to the parts.

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
    part, due = np.empty(len(y), dtype=np.int64), np.zeros(len(shares))
    for label, count in zip(classes, counts, strict=True):
        due += count * np.asarray(shares) / sum(shares)
        sizes = _part_sizes(due, int(count), rng)
        due -= sizes  # what rounding kept from a part in one class it gets in another
        part[np.flatnonzero(y == label)] = rng.permutation(np.repeat(np.arange(len(shares)), sizes))
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
    numbers = [1.0] * parts if shares is None else [float(share) for share in shares]
    if not numbers or len(numbers) != parts or not all(0 < share < np.inf for share in numbers):
        raise InputError(
            f"shares {numbers}",
            expected=f"{parts or 'one or more'} numbers above 0, one for each part",
            fix="Pass other shares.",
        )
    return numbers


def _part_sizes(due: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Return how many of ``count`` records each part gets: at least one, else what is due, ties at random."""
    sizes = np.maximum(1, np.floor(np.round(due, 9))).astype(np.int64)
    while (left := count - int(sizes.sum())) != 0:
        short = np.where((left > 0) | (sizes > 1), np.sign(left) * np.round(due - sizes, 9), -np.inf)
        sizes[rng.choice(np.flatnonzero(short == short.max()))] += np.sign(left)
    return sizes
