"""Where a name on the command line meets what it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from mlleaks.errors import InputError

T = TypeVar("T")


def choose(what: str, name: str, known: Mapping[str, T]) -> T:
    """Return what ``name`` stands for, or list the known names.

    Examples
    --------
    >>> choose("the colour", "red", {"red": 1, "blue": 2})
    1
    """
    if name not in known:
        raise InputError(f"{what} {name!r}", expected=f"one of {', '.join(known)}", fix="Pass one of them.")
    return known[name]
