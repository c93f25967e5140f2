"""Whose record each is, checked for audits in which several records belong to one person."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np

from mlleaks.errors import InputError
from mlleaks.stats.names import checked_names
from mlleaks.types import Bools, Ids, Ints

BothSides: TypeAlias = Literal["error", "split"]
"""What happens to a person with members and non-members: an error, or one person on each side."""


def checked_persons(person: Any, sides: Bools, both_sides: BothSides) -> tuple[Ints, Ids]:
    """Return which person each record belongs to ``(n,)``, as a position, and what the persons are called.

    Raises
    ------
    InputError
        One person for all records, persons on both sides (unless they may be split), or missing persons.

    Examples
    --------
    >>> code, names = checked_persons(["bo", "ann", "bo"], np.array([True, False, True]), "error")
    >>> code.tolist(), names.tolist()
    ([0, 1, 0], ['bo', 'ann'])
    """
    if both_sides not in ("error", "split"):
        raise InputError(f"both_sides={both_sides!r}", expected='"error" or "split"', fix="Pass one of them.")
    code, names = checked_names(person, len(sides), "persons")
    if len(names) == 1:
        raise InputError(
            f"one person, {names.tolist()[0]!r}, for all {len(code)} records",
            expected="a column that says whose record each is",
            fix="Pass another column, or the figures without persons, in which each record counts by itself.",
        )
    inside, outside = (np.bincount(code[side], minlength=len(names)) > 0 for side in (sides, ~sides))
    both = names[inside & outside]
    if len(both) and both_sides == "error":
        some = ", ".join(map(repr, both[:5].tolist())) + (", ..." if len(both) > 5 else "")
        raise InputError(
            f"{len(both)} persons with members and non-members ({some})",
            expected="each person's records on one side",
            fix='Split by person before training, or pass both_sides="split" to count them once per side.',
        )
    return code, names
