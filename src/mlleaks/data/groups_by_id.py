"""From columns that say whose record each is, in the order of the records, to persons by record id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlleaks.data.group_checks import PERSONS, SLICES
from mlleaks.data.record_groups import RecordGroups
from mlleaks.data.records import RecordSet, disambiguate_ids
from mlleaks.errors import InputError
from mlleaks.outputs.arrays import as_array
from mlleaks.stats.names import checked_names
from mlleaks.storage.names import require_unicode
from mlleaks.types import Ids


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
