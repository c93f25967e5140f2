"""What a service said about records, item by item: scores, a number, text, or scores by class name.

No error shows text from an answer: a service may echo the records in it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal, TypeAlias

import numpy as np

from mlleaks.errors import ModelError
from mlleaks.targets.http.answers import kind_of
from mlleaks.types import Floats

Category: TypeAlias = Literal["scores", "number", "text", "named"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?")
_FIX = "Check the protocol, the request body and the name of the output."
_EXPECTED: dict[Category, str] = {
    "scores": "a list of numbers",
    "number": "a number",
    "text": "a class name",
    "named": "a score for each class name",
}


@dataclass(frozen=True)
class Items:
    """Items of one category.

    Parameters
    ----------
    category : {"scores", "number", "text", "named"}
    numbers : float array (n, k) for scores, (n,) for numbers
    texts : list of str
    named : list of {class name: score}
    ranked : bool
        Whether named scores came as lists of ``{"label": ..., "score": ...}``.
    written : list
        The scores as they were written, for counting decimals.
    """

    category: Category
    numbers: Floats = field(default_factory=lambda: np.empty(0))
    texts: list[str] = field(default_factory=list)
    named: list[dict[str, float]] = field(default_factory=list)
    ranked: bool = False
    written: list[Any] = field(default_factory=list)


def parse_items(items: Sequence[Any], *, booleans: bool = False) -> Items:
    """Return items that all have one category, with numbers as floats.

    Parameters
    ----------
    items : sequence of JSON
        One per record. A list of one entry counts as this entry.
    booleans : bool
        Whether true and false are class names.

    Raises
    ------
    ModelError
        No items, items of several categories, lists of several lengths, or an entry that is no score:
        null, nan, true or false, a list in a list.

    Examples
    --------
    >>> parse_items([["0.2", "0.8"], [0.5, 0.5]]).numbers.tolist()
    [[0.2, 0.8], [0.5, 0.5]]
    >>> parse_items([[{"label": "a", "score": 0.9}]]).named
    [{'a': 0.9}]
    """
    if not len(items):
        raise ModelError("no answers", expected="one per record", fix=_FIX)
    values = [_sole(item) for item in items]
    if booleans:
        values = [class_key(value) if isinstance(value, bool) else value for value in values]
    categories = [_category(value, i) for i, value in enumerate(values)]
    first = categories[0]
    if any(category != first for category in categories):
        i = next(i for i, category in enumerate(categories) if category != first)
        raise ModelError(
            f"{kind_of(values[i])} in answer {i + 1}",
            expected=f"{_EXPECTED[first]}, as in answer 1",
            fix="All answers of a run must be of one kind.",
        )
    if first == "scores":
        return _scores(values)
    if first == "number":
        return Items(first, np.array([number(v, i) for i, v in enumerate(values)]), written=values)
    if first == "text":
        return Items(first, texts=[_name(value, i) for i, value in enumerate(values)])
    return _named(values)


def _sole(item: Any) -> Any:
    """Return the entry of a list of one number or text."""
    alone = isinstance(item, list | tuple) and len(item) == 1
    return item[0] if alone and isinstance(item[0], int | float | str) else item


def _category(value: Any, i: int) -> Category:
    if isinstance(value, str):
        return "number" if is_number(value) else "text"
    if isinstance(value, Mapping) and value:
        return "named"
    if isinstance(value, list | tuple) and value:
        return "named" if isinstance(value[0], Mapping) else "scores"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    raise ModelError(
        f"{kind_of(value)} as answer {i + 1}", expected="scores or a class for every record", fix=_FIX
    )


def is_number(text: str) -> bool:
    """Return whether text is a finite number, perhaps with a percent sign.

    Examples
    --------
    >>> is_number(" 9.3e-1 "), is_number("93%"), is_number("nan"), is_number("setosa")
    (True, True, False, False)
    """
    return _NUMBER.fullmatch(text.strip()) is not None


def number(value: Any, i: int) -> float:
    """Return one score of answer ``i`` as a float.

    Raises
    ------
    ModelError
        It is none: null, nan, infinite, true or false, a list, other text.

    Examples
    --------
    >>> number("93%", 0)
    93.0
    """
    if isinstance(value, str) and is_number(value):
        value = float(value.strip().removesuffix("%"))
    if not isinstance(value, int | float) or isinstance(value, bool):
        got = "a list in the list" if isinstance(value, list | tuple) else kind_of(value)
        raise ModelError(f"{got} in answer {i + 1}", expected="numbers, one per class", fix=_FIX)
    try:
        score = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        score = math.inf
    if not math.isfinite(score):
        raise ModelError(
            f"a score that is nan or infinite in answer {i + 1}",
            expected="finite numbers",
            fix="Find out why the model answers so, or leave the record out.",
        )
    return score


def _scores(values: list[Any]) -> Items:
    width = len(values[0])
    for i, value in enumerate(values):
        if len(value) != width:
            raise ModelError(
                f"{len(value)} scores in answer {i + 1}",
                expected=f"{width}, as in answer 1",
                fix="Every answer must have the same classes; the service may have changed its model.",
            )
    flat = list(chain.from_iterable(values))
    if set(map(type, flat)) == {float}:  # the usual case, without a Python loop
        numbers = np.array(values)
        if np.isfinite(numbers).all():
            return Items("scores", numbers, written=flat)
    rows = [[number(entry, i) for entry in value] for i, value in enumerate(values)]
    return Items("scores", np.array(rows), written=flat)


def _named(values: list[Any]) -> Items:
    ranked = not isinstance(values[0], Mapping)
    named, written = [], []
    for i, value in enumerate(values):
        pairs = list(_ranked_pairs(value, i)) if not isinstance(value, Mapping) else list(value.items())
        scores = {_name(name, i): number(score, i) for name, score in pairs}
        if len(scores) != len(pairs):
            raise ModelError(
                f"a class that stands twice in answer {i + 1}",
                expected="one score per class",
                fix=_FIX,
            )
        named.append(scores)
        written += [score for _, score in pairs]
    return Items("named", named=named, ranked=ranked, written=written)


def _ranked_pairs(entries: Iterable[Any], i: int) -> Iterable[tuple[Any, Any]]:
    for entry in entries:
        if not isinstance(entry, Mapping) or not {"label", "score"} <= set(entry):
            raise ModelError(
                f"{kind_of(entry)} in answer {i + 1}",
                expected='objects {"label": ..., "score": ...}',
                fix=_FIX,
            )
        yield entry["label"], entry["score"]


def _name(name: Any, i: int) -> str:
    if name is None or isinstance(name, list | tuple | Mapping) or name == "":
        raise ModelError(f"{kind_of(name)} as a class in answer {i + 1}", expected="a class name", fix=_FIX)
    return class_key(name)


def class_key(name: Any) -> str:
    """Return the text that stands for a class name: 3, 3.0, "3" and " 3 " are one class.

    Examples
    --------
    >>> class_key(3.0), class_key("3"), class_key(True), class_key("setosa ")
    ('3', '3', 'true', 'setosa')
    """
    if isinstance(name, bool | np.bool_):
        return str(name).lower()
    if isinstance(name, float | np.floating) and float(name).is_integer():
        return str(int(name))
    text = str(name).strip()
    if text in ("True", "False"):
        return text.lower()
    return text.removesuffix(".0") if is_number(text) else text
