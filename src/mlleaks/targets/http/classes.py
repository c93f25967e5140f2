"""From the names that a service uses for classes to the columns of posteriors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mlleaks.errors import InputError, ModelError
from mlleaks.targets.http.items import class_key, is_number
from mlleaks.types import Floats, Ints

_NUMBERED = re.compile(r"(?:LABEL|label|class|Class)_(\d{1,6})")
"""``LABEL_2``: what Hugging Face calls classes without names."""

NUMBERED_NOTE = "the service numbers its classes (LABEL_0, LABEL_1, ...); LABEL_i is column i"

POSITIONS_NOTE = "the service numbers its classes from 0 instead of naming them; class i is column i"


def checked(classes: Sequence[Any] | None, n_classes: int | None) -> tuple[Any, ...] | None:
    """Return the class names, or None where neither they nor their number is known.

    Raises
    ------
    InputError
        Fewer than two classes, one that stands twice, or another number than ``n_classes``.

    Examples
    --------
    >>> checked(np.array(["no", "yes"]), 2)
    ('no', 'yes')
    """
    if classes is None:
        if n_classes is not None and n_classes < 2:
            raise InputError(f"{n_classes} classes", expected="at least 2", fix="Check the labels.")
        return None
    names = tuple(name.item() if isinstance(name, np.generic) else name for name in classes)
    if len({class_key(name) for name in names}) < len(names) or len(names) < 2:
        raise InputError(
            f"{len(names)} class names",
            expected="at least two, all different",
            fix="Pass each class once, in the order of the data set's labels.",
        )
    if n_classes is not None and len(names) != n_classes:
        raise InputError(
            f"{len(names)} class names for {n_classes} classes",
            expected="a name for each class",
            fix="Pass all of them, in the order of the data set's labels.",
        )
    return names


def in_order(names: Iterable[str]) -> tuple[Any, ...]:
    """Return names of classes in the order that scikit-learn gives them: numbers by size, text by letter.

    Examples
    --------
    >>> in_order(["10", "9"]), in_order(["b", "a"])
    ((9, 10), ('a', 'b'))
    """
    unique = set(names)
    if all(re.fullmatch(r"-?\d{1,18}", name) for name in unique):
        return tuple(sorted(map(int, unique)))
    numbered = [_NUMBERED.fullmatch(name) for name in unique]
    if all(numbered):
        return tuple(sorted(unique, key=lambda name: int(name.rpartition("_")[2])))
    return tuple(sorted(unique))


def columns_of(names: Sequence[str], classes: Sequence[Any], *, positions: bool = False) -> Ints:
    """Return the column of each named class ``(n,)``.

    Parameters
    ----------
    names : sequence of str
        As `class_key` writes them.
    classes : sequence
        Class names in the order of the columns.
    positions : bool
        Names are column numbers.

    Raises
    ------
    ModelError
        A name that is no class. The message does not repeat it, because it may be part of a record.

    Examples
    --------
    >>> columns_of(["b", "a", "LABEL_1"], ["a", "b"]).tolist()
    [1, 0, 1]
    """
    index = {class_key(name): i for i, name in enumerate(classes)}
    if positions:
        index = {str(i): i for i in range(len(classes))}
    columns = [index.get(name, _number(name, len(classes))) for name in names]
    wrong = [i for i, column in enumerate(columns) if column is None]
    if wrong:
        name = names[wrong[0]]
        what = f"the number {name}" if is_number(name) else f"a text of {len(name)} characters"
        raise ModelError(
            f"{what} as a class ({len(wrong)} of {len(names)})",
            expected=f"one of the {len(classes)} classes {_short(list(index))}",
            fix="Pass the service's class names, in the order of the data set's labels.",
        )
    return np.array(columns, dtype=np.int64)


def _number(name: str, n: int) -> int | None:
    match = _NUMBERED.fullmatch(name)
    return int(match[1]) if match and int(match[1]) < n else None


def is_numbered(names: Iterable[str], classes: Sequence[Any]) -> bool:
    """Return whether names stand for positions, as ``LABEL_2`` does, instead of being class names.

    Examples
    --------
    >>> is_numbered(["LABEL_1"], ["no", "yes"]), is_numbered(["LABEL_1"], ["LABEL_0", "LABEL_1"])
    (True, False)
    """
    keys = {class_key(name) for name in classes}
    return any(name not in keys and _NUMBERED.fullmatch(name) for name in names)


def are_positions(names: Iterable[str], classes: Sequence[Any]) -> bool:
    """Return whether names are column numbers, not class names; class names go first.

    Whole numbers of which none is a class name are meant as column numbers even where one is too large.

    Examples
    --------
    >>> are_positions(["0", "1"], ["no", "yes"]), are_positions(["1", "2"], [1, 2])
    (True, False)
    """
    unique, keys = set(names), {class_key(name) for name in classes}
    numbers = {name for name in unique if re.fullmatch(r"-?\d+", name)}
    meant = unique <= {str(i) for i in range(len(classes))} or (unique == numbers and not unique & keys)
    return not unique <= keys and meant


def has_booleans(classes: Sequence[Any] | None) -> bool:
    """Return whether true and false are class names.

    Examples
    --------
    >>> has_booleans([False, True]), has_booleans([0, 1]), has_booleans(None)
    (True, False, False)
    """
    return any(isinstance(name, bool | np.bool_) for name in classes or ())


def _short(classes: Sequence[Any]) -> str:
    named = ", ".join(map(str, classes[:4]))
    return f"({named}{', ...' if len(classes) > 4 else ''})"


def matrix_of(
    named: Sequence[dict[str, float]], classes: Sequence[Any], *, positions: bool = False
) -> Floats:
    """Return named scores as a table ``(n, k)``, with nan for classes that an item does not name.

    Raises
    ------
    ModelError
        A name that is no class, or two names for one.

    Examples
    --------
    >>> matrix_of([{"b": 0.9, "a": 0.1}, {"b": 0.6}], ["a", "b"])
    array([[0.1, 0.9],
           [nan, 0.6]])
    """
    table = np.full((len(named), len(classes)), np.nan)
    for row, scores in enumerate(named):
        columns = columns_of(list(scores), classes, positions=positions)
        if len(set(columns.tolist())) < len(columns):
            raise ModelError(
                f"two names for one class in answer {row + 1}",
                expected="one score per class",
                fix="Pass the service's class names, in the order of the data set's labels.",
            )
        table[row, columns] = list(scores.values())
    return table
