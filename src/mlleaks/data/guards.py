"""Records that would make a leak out of nothing: too few, repeated, on both sides, or learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlleaks.data.duplicates import drop_duplicates, overlap_masks
from mlleaks.data.splits import equal_sizes
from mlleaks.errors import InputError
from mlleaks.types import Bools, Dataset, MemberSplit, Observations

FEWEST = 20
"""Fewer members or non-members than this say nothing."""


def refuse_too_few(n: int, what: str) -> None:
    """Raise `InputError` if there are fewer than `FEWEST` records."""
    if n < FEWEST:
        raise InputError(
            f"{n} {what}",
            expected=f"at least {FEWEST}: fewer cannot tell a leak from chance",
            fix="Bring more records.",
        )


def refuse_one_sided(observations: Observations) -> None:
    """Raise `InputError` unless there are enough members and enough non-members."""
    refuse_too_few(int(observations.member.sum()), "members")
    refuse_too_few(int((~observations.member).sum()), "non-members")


def without_repeats(data: Dataset, what: str) -> tuple[Dataset, tuple[str, ...]]:
    """Return the data without records that repeat an earlier one, and a note if there were any."""
    distinct = drop_duplicates(data)
    repeated = len(data) - len(distinct)
    return distinct, (f"{repeated} {what} that repeat another were skipped.",) if repeated else ()


def without_repeats_per_side(target: MemberSplit) -> tuple[MemberSplit, tuple[str, ...]]:
    """Return one of each record per side: copies would count one answer as evidence many times over."""
    sides = [without_repeats(side, side.name) for side in (target.members, target.nonmembers)]
    for side, _ in sides:
        refuse_too_few(len(side), f"{side.name} that differ from each other")
    (members, first), (nonmembers, second) = sides
    return MemberSplit(members, nonmembers), (*first, *second)


def without_overlap(
    target: MemberSplit, rng: np.random.Generator, *, drop: bool
) -> tuple[MemberSplit, tuple[str, ...]]:
    """Return both sides without the records that stand on both, and notes on what was skipped.

    A common record is missed by a small sample more often than by a large one. So of two sides of
    different sizes the larger would keep fewer common records, and that would look like a leak: only as
    many of it as the smaller one has, chosen at random, take part.

    Raises
    ------
    InputError
        Records stand on both sides and ``drop`` is False, or too few would be left.
    """
    _, repeated = overlap_masks(target.members, target.nonmembers)
    if not repeated.any():
        return target, ()
    if not drop:
        raise InputError(
            f"{int(repeated.sum())} non-members that are identical to members "
            f"(first: {target.nonmembers.ids[repeated][0]})",
            expected="no record on both sides",
            fix="Pass drop_overlap=True (command line: --drop-overlap) to skip them on both, or bring "
            "non-members of another source of the same kind.",
        )
    alike = equal_sizes(target, rng)
    sides = (alike.members, alike.nonmembers)
    masks = overlap_masks(*sides)
    members, nonmembers = (side.take(np.flatnonzero(~mask)) for side, mask in zip(sides, masks, strict=True))
    for side in (members, nonmembers):
        refuse_too_few(len(side), f"{side.name} that do not stand on both sides")
    counts = [int(mask.sum()) for mask in masks]
    notes = [f"{counts[0]} members and {counts[1]} non-members that are identical were skipped."]
    if alike is not target:
        larger = max(target.members, target.nonmembers, key=len).name
        size = len(sides[0])
        notes.insert(0, f"{size} of the {larger} were chosen at random, as many as the other side has.")
    return MemberSplit(members, nonmembers), tuple(notes)


def note_relabelled(target: MemberSplit) -> tuple[str, ...]:
    """Return a note on non-members that have the features of a member but another class."""
    count = int(_same_features(target.members, target.nonmembers).sum())
    if not count:
        return ()
    return (
        f"{count} non-members have the features of a member, but another class: the gap attack sees that.",
    )


def shadow_without_target_records(data: Dataset, target: MemberSplit) -> tuple[Dataset, tuple[str, ...]]:
    """Return the shadow data without repeats and without the target's records, and notes.

    Raises
    ------
    InputError
        Too few records are left, or records of one class only.
    """
    data, notes = without_repeats(data, "shadow records")
    shared = _same_features(target.members, data) | _same_features(target.nonmembers, data)
    if shared.any():
        data = data.take(np.flatnonzero(~shared))
        notes += (
            f"{int(shared.sum())} shadow records that are also members or non-members were skipped: an "
            "attack must not learn from the records that it is evaluated on.",
        )
    aside = f" ({' '.join(notes)})" if notes else ""
    refuse_too_few(len(data) // 2, f"records in each half of the shadow data{aside}")
    if len(np.unique(data.y)) < 2:
        raise InputError(
            "shadow data of one class only",
            expected="at least two classes",
            fix="Bring shadow data that look like the target's.",
        )
    return data, notes


def models_without_target_records(
    shadows: Sequence[Observations], target: Observations
) -> tuple[tuple[Observations, ...], tuple[str, ...]]:
    """Return saved shadow models without the rows about records of the target, and a note.

    An attack that learned from the row of a record, whichever model answered, would be evaluated on what it
    learned from. A model without rows is gone; so are all if together they have fewer than `FEWEST` members
    or non-members.

    Raises
    ------
    InputError
        Too few rows to begin with.
    """
    if not shadows:
        return (), ()
    _refuse_one_sided_together(shadows)
    masks = [np.isin(shadow.ids, target.ids) for shadow in shadows]
    count, total = sum(int(mask.sum()) for mask in masks), sum(map(len, shadows))
    if not count:
        return tuple(shadows), ()
    note = (
        f"{count} of {total} rows of shadow models were skipped: their record_ids are also among the "
        "target's, and an attack must not learn from the records that it is evaluated on."
    )
    rest = [shadow.take(~mask) for shadow, mask in zip(shadows, masks, strict=True)]
    rest = [shadow for shadow in rest if len(shadow)]
    members = sum(int(shadow.member.sum()) for shadow in rest)
    enough = min(members, sum(map(len, rest)) - members) >= FEWEST
    return (tuple(rest) if enough else ()), (note,)


def _refuse_one_sided_together(shadows: Sequence[Observations]) -> None:
    members = sum(int(shadow.member.sum()) for shadow in shadows)
    refuse_too_few(members, "members")
    refuse_too_few(sum(map(len, shadows)) - members, "non-members")


def _same_features(first: Dataset, second: Dataset) -> Bools:
    """Return which records of ``second`` have the features of one of ``first``, whatever their class."""
    plain = (replace(data, y=np.zeros_like(data.y)) for data in (first, second))
    return overlap_masks(*plain)[1]
