"""Whose records are audited: checked before anything is queried, and what the blind check makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mlleaks.auditing.fairness import check_fairness
from mlleaks.data.groups_by_id import groups_of_table
from mlleaks.data.record_groups import RecordGroups
from mlleaks.data.tables import ID, Table, column
from mlleaks.errors import InputError
from mlleaks.outputs.arrays import as_ids
from mlleaks.results.blind_check import BlindCheck
from mlleaks.seeds import Seeds
from mlleaks.types import MemberSplit, Observations


def checked_groups(groups: RecordGroups, target: MemberSplit) -> RecordGroups:
    """Return the groups, checked for the records of a split: see `RecordGroups.checked`."""
    sides = (target.members, target.nonmembers)
    member = np.repeat([True, False], [len(side) for side in sides])
    return groups.checked(np.concatenate([side.ids for side in sides]), member)


def groups_in_tables(
    target: Observations, table: Table, membership: Table | None, columns: Mapping[str, str | None]
) -> RecordGroups:
    """Return the groups of a target's records, from columns of the table of answers or of members.

    Parameters
    ----------
    target : Observations
    table, membership
        See `mlleaks.auditing.audit.audit_posteriors`.
    columns : mapping of "groups" and "slices" to a column's name or None

    Raises
    ------
    InputError
        No such column, missing values, or what `RecordGroups.checked` refuses.
    """
    rows: dict[str, tuple[Any, Any]] = {}
    for what, name in columns.items():
        if name is None:
            continue
        if not isinstance(name, str):
            raise InputError(
                f"{what}={name!r:.80}", expected="the name of a column of the table", fix="Pass a name."
            )
        holds = membership is not None and name not in table and name in membership
        place, source = (membership, "the membership table") if holds else (table, "the table of posteriors")
        assert place is not None
        rows[what] = as_ids(column(place, ID, source), ID), column(place, name, source)
    return groups_of_table(target.ids, rows).checked(target.ids, target.member)


def check_people_fairness(
    target: MemberSplit, groups: RecordGroups, seeds: Seeds, folder: Path | None
) -> BlindCheck:
    """Return whether members and non-members differ by themselves; with persons, of one record of each.

    A classifier that sees some records of a person recognises the others. It would tell the sides apart by
    their people, whether or not the sides differ.
    """
    if groups.persons is None:
        return check_fairness(target, seeds, folder)
    one_each = groups.one_record_per_person(target, seeds.stream("one record per person"))
    check = check_fairness(one_each, seeds, folder)
    note = "One record of each person, chosen at random, took part in this check."
    return replace(check, notes=(*check.notes, note))
