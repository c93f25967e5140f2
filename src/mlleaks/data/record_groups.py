"""Whose record each is, and which slice it belongs to: kept by record id, never by position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mlleaks.data.group_checks import PERSONS, SLICES, constant, note_few_persons, refuse_both_sides
from mlleaks.types import Bools, Ids, Ints, MemberSplit


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

    def person_codes(self, ids: Ids) -> Ints | None:
        """Return whose record each of ``ids (n,)`` is, as a number in ``0..g-1``."""
        persons = self.persons_of(ids)
        return None if persons is None else np.asarray(pd.factorize(persons)[0], dtype=np.int64)

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
            raise constant(SLICES, slices[0], "two slices or more, such as regions")
        persons = self.persons_of(ids)
        if persons is None:
            return self
        code, names = pd.factorize(persons)
        if len(names) == len(ids):
            note = "Each person has one record, so figures by record are figures by person."
            return replace(self, persons=None, notes=(*self.notes, note))
        if len(names) == 1:
            raise constant(PERSONS, names[0], "a column that says whose record each is")
        of_member = refuse_both_sides(code, names, member)
        return replace(self, notes=(*self.notes, *note_few_persons(of_member)))

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


def _values(by_id: Mapping[str, str] | None, ids: Ids) -> Ids | None:
    return None if by_id is None else np.array([by_id[str(name)] for name in ids.tolist()])
