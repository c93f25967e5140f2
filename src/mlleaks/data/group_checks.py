"""Persons and slices that say nothing of a leak: refused, or noted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlleaks.errors import InputError
from mlleaks.types import Bools, Ids, Ints

ALPHA = 0.05
"""If so large a share of all labellings of the persons is one labelling, no leak can be found."""
FEW = 20
"""With fewer persons on a side, a note says so."""
PERSONS, SLICES = "groups", "slices"
_OPTIONS = {PERSONS: "--group COLUMN", SLICES: "--slice COLUMN"}


def constant(what: str, value: Any, expected: str) -> InputError:
    """Return the error for one value of all records."""
    return InputError(
        f"{what} with one value, {str(value)!r}, for all records",
        expected=expected,
        fix=f"Pass another column (command line: {_OPTIONS[what]}), or none.",
    )


def refuse_both_sides(code: Ints, names: Ids, member: Bools) -> Bools:
    """Return which persons are members ``(g,)``.

    Raises
    ------
    InputError
        Persons on both sides.
    """
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


def note_few_persons(of_member: Bools) -> tuple[str, ...]:
    """Return a note on few persons ``(g,)``.

    Raises
    ------
    InputError
        So few that no leak can be found.
    """
    sizes = int(of_member.sum()), int((~of_member).sum())
    if math.comb(len(of_member), sizes[0]) < 1 / ALPHA or min(sizes) < 2:
        raise InputError(
            f"records of {sizes[0]} persons among the members, and of {sizes[1]} among the non-members",
            expected="enough persons to distinguish a leak from chance: 4 on each side, better 20 or more",
            fix="Bring records of more people.",
        )
    if min(sizes) >= FEW:
        return ()
    return (
        f"The records belong to {sizes[0]} people among the members and {sizes[1]} among the non-members: "
        "of so few people only large leaks can be found, and intervals are wide.",
    )
