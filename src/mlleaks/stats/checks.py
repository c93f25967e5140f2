"""What the statistics of records and persons are given, checked once."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlleaks.errors import InputError
from mlleaks.types import Bools, Floats


def checked_sides(member: Any, scores: Any) -> tuple[Bools, Floats]:
    """Return memberships and scores as arrays ``(n,)`` of some members and some non-members.

    Raises
    ------
    InputError
        Shapes that do not fit, memberships that are not true or false, nan scores, or one side is empty.

    Examples
    --------
    >>> member, scores = checked_sides([1, 0], [3, 4])
    >>> member.tolist(), scores.tolist()
    ([True, False], [3.0, 4.0])
    """
    values, numbers = np.asarray(member), checked_numbers(scores, "scores")
    if values.shape != numbers.shape or not np.isin(values, (0, 1)).all():
        raise InputError(
            f"memberships of type {values.dtype} and shape {values.shape} for {len(numbers)} scores",
            expected="True or False for every score",
            fix="Pass both in the order of the records.",
        )
    sides = values.astype(bool)
    if sides.all() or not sides.any():
        raise InputError(
            f"{int(sides.sum())} members and {int((~sides).sum())} non-members",
            expected="some of both",
            fix="Pass records of both kinds.",
        )
    return sides, numbers


def checked_numbers(values: Any, what: str) -> Floats:
    """Return one number per record ``(n,)``; infinite ones are allowed, nan is not.

    Examples
    --------
    >>> checked_numbers([1, float("inf")], "scores")
    array([ 1., inf])
    """
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{what} that are no numbers ({error})",
            expected="one number per record",
            fix="Convert them first.",
        ) from error
    if numbers.ndim != 1 or not len(numbers) or np.isnan(numbers).any():
        nan = int(np.isnan(numbers).sum())
        raise InputError(
            f"{what} of shape {numbers.shape} with {nan} nan",
            expected="one number per record, and at least one record",
            fix="Let the attack give its lowest score to records that it cannot evaluate.",
        )
    return numbers


def checked_share(value: Any, what: str) -> float:
    """Return a share that lies strictly between 0 and 1.

    Examples
    --------
    >>> checked_share(0.5, "prior")
    0.5
    """
    if not isinstance(value, int | float | np.number) or not 0 < value < 1:  # nan, too
        raise InputError(
            f"{what} {value!r}", expected="a share above 0 and below 1", fix="Pass 0.05 for 5 %, say."
        )
    return float(value)
