"""Members and non-members as one set, in an order that neither their rows nor their sides decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.auditing.identical_records import identical_records
from mlleaks.data.duplicates import content_groups
from mlleaks.data.joining import join_records
from mlleaks.errors import InputError
from mlleaks.results.duplicates import Duplicates
from mlleaks.types import Bools, Dataset, Ints, MemberSplit

FEWEST = 10
"""Of fewer records per side nothing can be learned."""
MOST_COMPARED = 100_000
"""Among more records per side, so many chosen at random are compared for identical ones."""


@dataclass(frozen=True)
class PooledRecords:
    """Records of both sides, in the order of their content.

    Which side is the first one is decided by content, too. So a check of the same two sets gives the same
    figures in any order of rows, and for exchanged sides.

    Parameters
    ----------
    data : Dataset
        Its ids are text.
    first : bool array (n,)
        Which records are on the first side.
    member : bool array (n,)
        Which are members: the same as ``first``, or the reverse.
    groups : int array (n,)
        Equal for records that are equal in features and class.
    """

    data: Dataset
    first: Bools
    member: Bools
    groups: Ints


def pool_records(
    split: MemberSplit, rng: np.random.Generator, *, most: int | None
) -> tuple[PooledRecords, Duplicates]:
    """Return at most ``most`` records per side, chosen at random, and the identical ones among all.

    Raises
    ------
    InputError
        Fewer than `FEWEST` records on a side, or records that cannot be compared.

    Examples
    --------
    >>> data = Dataset("toy", np.arange(24.0).reshape(24, 1), np.zeros(24, int), 1)
    >>> split = MemberSplit(data.take(np.arange(14)), data.take(np.arange(13, 24)))
    >>> pooled, duplicates = pool_records(split, np.random.default_rng(0), most=10)
    >>> len(pooled.data), duplicates.members_across
    (20, 1)
    """
    sides = [split.members, split.nonmembers]
    for side, what in zip(sides, ("members", "non-members"), strict=True):
        if len(side) < FEWEST:
            expected = f"at least {FEWEST}: fewer cannot show how the sides differ"
            raise InputError(f"{len(side)} {what}", expected=expected, fix="Bring more records.")
    if most is not None:  # without a limit each record is wanted
        sides = [_some(side, MOST_COMPARED, rng) for side in sides]
    groups = list(content_groups(*sides))
    duplicates = identical_records(sides, groups)
    swapped = _second_is_first(*groups)
    parts = [
        _in_order(side, group, rng, most)
        for side, group in list(zip(sides, groups, strict=True))[:: -1 if swapped else 1]
    ]
    return _pooled(parts, swapped), duplicates


def _some(side: Dataset, most: int, rng: np.random.Generator) -> Dataset:
    return side if len(side) <= most else side.take(np.sort(rng.permutation(len(side))[:most]))


def _second_is_first(members: Ints, nonmembers: Ints) -> bool:
    """Return whether the non-members are the first side: whose is the first content that differs."""
    size = 1 + int(max(members.max(), nonmembers.max()))
    more = np.bincount(members, minlength=size) - np.bincount(nonmembers, minlength=size)
    differing = more[more != 0]
    return bool(differing.size and differing[0] < 0)


def _in_order(
    side: Dataset, groups: Ints, rng: np.random.Generator, most: int | None
) -> tuple[Dataset, Ints]:
    order = np.lexsort((side.ids.astype(str), groups))
    if most is not None:
        order = order[np.sort(rng.permutation(len(order))[:most])]
    return side.take(order), groups[order]


def _pooled(parts: list[tuple[Dataset, Ints]], swapped: bool) -> PooledRecords:
    (first, first_groups), (second, second_groups) = parts
    groups = np.concatenate([first_groups, second_groups])
    order = np.argsort(groups, kind="stable")
    is_first = np.repeat([True, False], [len(first), len(second)])[order]
    X = join_records([first.X, second.X])
    X = X.iloc[order] if hasattr(X, "iloc") else X[order]
    y = np.concatenate([first.y, second.y])[order]
    ids = np.concatenate([first.ids.astype(str), second.ids.astype(str)])[order]
    data = Dataset(first.name, X, y, first.n_classes, ids)
    return PooledRecords(data, is_first, is_first ^ swapped, groups[order])
