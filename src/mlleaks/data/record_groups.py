"""Whose record each is, and which slice it belongs to: kept by record id, never by position."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.records import RecordSet, disambiguate_ids
from mlleaks.errors import InputError
from mlleaks.outputs.arrays import as_array
from mlleaks.stats.names import checked_names
from mlleaks.storage.names import require_unicode
from mlleaks.types import Bools, Ids, Ints, MemberSplit

ALPHA = 0.05
"""If so large a share of all labellings of the persons is one labelling, no leak can be found."""
FEW = 20
"""With fewer persons on a side, a note says so."""
PERSONS, SLICES = "groups", "slices"
_OPTIONS = {PERSONS: "--group COLUMN", SLICES: "--slice COLUMN"}


@dataclass(frozen=True)
class RecordGroups:
    """Whose record each is, and which slice it belongs to, by record id; None where nobody said.

    Parameters
    ----------
    persons, slices : mapping of record id as text to str, or None
    notes : tuple of str
        What a reader should know about them.
    """

    persons: Mapping[str, str] | None = None
    slices: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()

    def persons_of(self, ids: Ids) -> Ids | None:
        """Return whose record each of ``ids (n,)`` is."""
        return _values(self.persons, ids)

    def slices_of(self, ids: Ids) -> Ids | None:
        """Return which slice each of ``ids (n,)`` belongs to."""
        return _values(self.slices, ids)

    def arrays(self, ids: Ids) -> list[Ids]:
        """Return what there is, persons or slices of ``ids (n,)``, for the hash of all inputs."""
        both = (self.persons_of(ids), self.slices_of(ids))
        return [values for values in both if values is not None]

    @property
    def facts(self) -> dict[str, int]:
        """How many there are, for the provenance."""
        counts = {"persons": self.persons, "slices": self.slices}
        return {name: len(set(values.values())) for name, values in counts.items() if values is not None}

    def checked(self, ids: Ids, member: Bools) -> RecordGroups:
        """Return the groups, checked for the records ``(n,)`` that take part in the audit.

        Persons with one record each change nothing: they are dropped, with a note.

        Raises
        ------
        InputError
            Persons on both sides, so few persons that no leak can be found, or one slice for all records.
        """
        slices = self.slices_of(ids)
        if slices is not None and len(set(slices.tolist())) == 1:
            raise _constant(SLICES, slices[0], "two slices or more, such as regions")
        persons = self.persons_of(ids)
        if persons is None:
            return self
        code, names = pd.factorize(persons)
        if len(names) == len(ids):
            note = "Each person has one record, so figures by record are figures by person."
            return replace(self, persons=None, notes=(*self.notes, note))
        if len(names) == 1:
            raise _constant(PERSONS, names[0], "a column that says whose record each is")
        of_member = _refuse_both_sides(code, names, member)
        return replace(self, notes=(*self.notes, *_refuse_too_few(of_member)))

    def one_record_per_person(self, split: MemberSplit, rng: np.random.Generator) -> MemberSplit:
        """Return one record of each person, chosen at random; all records without persons."""
        if self.persons is None:
            return split
        sides = []
        for side in (split.members, split.nonmembers):
            order = rng.permutation(len(side))
            persons = self.persons_of(side.ids[order])
            _, first = np.unique(np.asarray(persons), return_index=True)
            sides.append(side.take(np.sort(order[first])))
        return MemberSplit(*sides)


def groups_of_sides(members: RecordSet, nonmembers: RecordSet, groups: Any, slices: Any) -> RecordGroups:
    """Return the groups of the records of both sides.

    Parameters
    ----------
    members, nonmembers : RecordSet
    groups, slices : pair of array-likes (n_members,), (n_nonmembers,), or None
        Whose record each is, and which slice it belongs to, in the order of the records.

    Raises
    ------
    InputError
        No pair, another length, or missing values.

    Examples
    --------
    >>> from mlleaks.data.records import parse_records
    >>> sides = (parse_records(np.zeros((2, 1)), side) for side in ("members", "nonmembers"))
    >>> groups = groups_of_sides(*sides, (["ann", "ann"], ["bo", 7]), None)
    >>> groups.persons_of(np.array(["nonmembers[1]", "members[0]"])).tolist()
    ['7', 'ann']
    """
    members, nonmembers = disambiguate_ids(members, nonmembers)

    def by_id(values: Any, what: str) -> Mapping[str, str] | None:
        if values is None:
            return None
        if not isinstance(values, tuple | list) or len(values) != 2:
            raise InputError(
                f"{what} of type {type(values).__name__}",
                expected=f"{what}=(those of the members, those of the non-members)",
                fix="Pass a tuple of two columns, each in the order of its records.",
            )
        parts = [
            _by_id(side.ids, part, f"{what} of {side.what}")
            for side, part in zip((members, nonmembers), values, strict=True)
        ]
        return parts[0] | parts[1]

    return RecordGroups(by_id(groups, PERSONS), by_id(slices, SLICES))


def groups_of_table(ids: Ids, rows: Mapping[str, tuple[Ids, Any]]) -> RecordGroups:
    """Return the groups of the audited records of a table, in which several models answer about each.

    Parameters
    ----------
    ids : array (n,)
        The audited records.
    rows : mapping of "groups" or "slices" to (ids, values)
        The ``record_id`` of each row of the table, and whose record that is, or its slice.

    Raises
    ------
    InputError
        A record without a value, or with two different ones.

    Examples
    --------
    >>> rows = np.array([1, 2, 1]), ["ann", "bo", "ann"]
    >>> groups_of_table(np.array([2, 1]), {"groups": rows}).persons_of(np.array([2, 1])).tolist()
    ['bo', 'ann']
    """

    def by_id(what: str) -> Mapping[str, str] | None:
        if what not in rows:
            return None
        names, values = rows[what]
        audited = np.isin(names.astype(str), ids.astype(str))
        column = _by_id(names[audited], np.asarray(values)[audited], what)
        absent = [name for name in ids.tolist() if str(name) not in column]
        if absent:
            raise InputError(
                f"{len(absent)} records without a value among the {what} (first: {absent[0]!r})",
                expected="one for each audited record",
                fix="Add them to the column.",
            )
        return column

    return RecordGroups(by_id(PERSONS), by_id(SLICES))


def _by_id(ids: Ids, values: Any, what: str) -> dict[str, str]:
    code, names = checked_names(as_array(values, what), len(ids), what)
    text = np.array([_text(name) for name in names.tolist()])
    require_unicode(text, what)
    pairs: dict[str, str] = {}
    for name, value in zip(map(str, ids.tolist()), text[code].tolist(), strict=True):
        if pairs.setdefault(name, value) != value:
            raise InputError(
                f"the record {name!r} with two {what}, {pairs[name]!r} and {value!r}",
                expected="the same in all rows of a record",
                fix="Repair the column.",
            )
    return pairs


def _text(name: Any) -> str:
    """Return a name as text; a whole number is written the same way whatever its type."""
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)


def _values(by_id: Mapping[str, str] | None, ids: Ids) -> Ids | None:
    return None if by_id is None else np.array([by_id[str(name)] for name in ids.tolist()])


def _constant(what: str, value: Any, expected: str) -> InputError:
    return InputError(
        f"{what} with one value, {str(value)!r}, for all records",
        expected=expected,
        fix=f"Pass another column (command line: {_OPTIONS[what]}), or none.",
    )


def _refuse_both_sides(code: Ints, names: Ids, member: Bools) -> Bools:
    """Return who is a member ``(g,)``."""
    inside, outside = (np.bincount(code[side], minlength=len(names)) > 0 for side in (member, ~member))
    both = np.asarray(names)[inside & outside]
    if len(both):
        some = ", ".join(map(repr, both[:3].tolist())) + (", ..." if len(both) > 3 else "")
        raise InputError(
            f"{len(both)} of {len(names)} persons with members and non-members ({some})",
            expected="all records of a person on one side",
            fix="Split by person before you train. If the values are no persons but parts of the population, "
            "such as regions, pass them as slices (command line: --slice COLUMN).",
        )
    return inside


def _refuse_too_few(of_member: Bools) -> tuple[str, ...]:
    """Return a note on few persons; with so few that no leak can be found, an error."""
    sizes = int(of_member.sum()), int((~of_member).sum())
    if math.comb(len(of_member), sizes[0]) < 1 / ALPHA or min(sizes) < 2:
        raise InputError(
            f"records of {sizes[0]} persons among the members, and of {sizes[1]} among the non-members",
            expected="so many persons that a leak can be told from chance: 4 on each side, better 20 or more",
            fix="Bring records of more people.",
        )
    if min(sizes) >= FEW:
        return ()
    return (
        f"The records belong to {sizes[0]} people among the members and {sizes[1]} among the non-members: "
        "of so few people only large leaks can be found, and intervals are wide.",
    )
