"""Random labellings of records that keep each person's records on one side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mlleaks.errors import InputError
from mlleaks.stats.checks import checked_sides
from mlleaks.stats.labellings import LABELLINGS, Labellings
from mlleaks.stats.persons import checked_persons
from mlleaks.types import Bools, Ints


@dataclass(frozen=True)
class LabellingsByPerson:
    """Random labellings of persons, as sums over their records; the first is the observed one.

    As many persons are members as in the audit. If people have different numbers of records, the number of
    records that are members varies: see `rows`.

    Parameters
    ----------
    persons : Labellings
        Of the ``g`` persons.
    code : int array (n,)
        Whose record each is, in ``0..g-1``.
    """

    persons: Labellings
    code: Ints

    @classmethod
    def draw(cls, member: Bools, code: Ints, *, seed: int = 0, count: int = LABELLINGS) -> LabellingsByPerson:
        """Return ``count`` labellings or a few more; each person's records are on one side ``(n,)``."""
        of_person = np.zeros(int(code.max()) + 1, dtype=bool)
        of_person[code] = member
        return cls(Labellings.draw(of_person, seed=seed, count=count), code)

    @cached_property
    def rows(self) -> Ints:
        """How many records are members in each labelling ``(b,)``."""
        return self.persons.sums(np.bincount(self.code))

    @cached_property
    def squared_rows(self) -> Ints:
        """The sum of the squares of the members' numbers of records in each labelling ``(b,)``."""
        return self.persons.sums(np.bincount(self.code) ** 2)

    def sums(self, values: Ints | Bools) -> Ints:
        """Return the sum of whole numbers ``values (n,)`` over the members' records ``(b,)``.

        Examples
        --------
        >>> member, code = np.array([True, True, False]), np.array([0, 0, 1])
        >>> labellings = LabellingsByPerson.draw(member, code, count=2)
        >>> labellings.rows.tolist(), labellings.sums(np.array([3, 4, 5])).tolist()
        ([2, 1], [7, 5])
        """
        per_person = np.bincount(self.code, values)  # sums of whole numbers are exact
        return self.persons.sums(np.rint(per_person).astype(np.int64))


def labellings_by_person(
    member: Any, person: Any, *, draws: int, rng: np.random.Generator
) -> Iterator[Bools]:
    """Yield random memberships ``(n,)`` of the records that keep each person's records on one side.

    Without a leak, people are exchangeable: each choice of as many people as are members is as likely as the
    real one. So a statistic that is rarely as high on such labellings as on the real one shows a leak.
    Count the real labelling in: ``p = (1 + draws at least as high) / (draws + 1)``. If people have different
    numbers of records, the number of members varies between labellings.

    Parameters
    ----------
    member : bool array-like (n,)
    person : array-like (n,)
        Whose record each is. Each person's records are all members or all non-members.
    draws : int
        How many labellings, 1 or more.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        At once: one person for all records, persons on both sides, or fewer than one draw.

    Examples
    --------
    >>> member, person = [True, True, False], ["ann", "ann", "bo"]
    >>> drawn = labellings_by_person(member, person, draws=50, rng=np.random.default_rng(0))
    >>> sorted({tuple(labelling.tolist()) for labelling in drawn})
    [(False, False, True), (True, True, False)]
    """
    if draws < 1:
        raise InputError(f"{draws} draws", expected="1 or more", fix="Pass 999, say.")
    values = np.asarray(member)
    sides, _ = checked_sides(values, np.zeros(values.shape))
    code, names = checked_persons(person, sides, "error")
    of_person = np.zeros(len(names), dtype=bool)
    of_person[code] = sides
    return (rng.permutation(of_person)[code] for _ in range(draws))
