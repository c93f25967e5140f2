"""Quantities of features: what can differ between two sets of records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.column_kinds import Columns
from mlleaks.types import Bools, Floats, Ints

LEVELS, RARE = 50, 5
"""At most so many categories of a feature count on their own, each with at least so many records."""
CLASS = "class label"
"""What the class of a record is called among its features."""


def quantities_of(columns: Columns, y: Ints) -> tuple[Floats, tuple[tuple[str, str], ...], Floats]:
    """Return a table for trees, and names and values of standardized quantities: see `Descriptors`.

    Parameters
    ----------
    columns : Columns
    y : int array (n,)
        The class of each record, which is a category.

    Examples
    --------
    >>> columns = Columns(np.array([[3.0], [1.0], [np.nan]]), ("age",))
    >>> table, names, values = quantities_of(columns, np.zeros(3, dtype=int))
    >>> names
    (('age', 'value'), ('age', 'missing'))
    >>> table[:, 0].tolist()
    [0.25, -0.25, nan]
    """
    ranks = _ranks(columns.numbers)
    quantities = [*_of_numbers(ranks, columns.names)]
    codes = []
    for name, values in [*columns.categories.items(), (CLASS, y)]:
        code, levels = _by_frequency(values)
        codes.append(code)
        for place, text in enumerate(levels):
            quantities.append(((name, "missing" if text is None else f"is {text}"), code == place))
    names, standardized = _standardized(quantities, len(y))
    return np.column_stack([ranks, *codes]).astype(np.float32), names, standardized


def _ranks(numbers: Floats) -> Floats:
    """Return ranks from -1/2 to 1/2, ties at their mean; nan stays nan."""
    ranked = pd.DataFrame(numbers).rank()
    return np.asarray((ranked - (ranked.count() + 1) / 2) / ranked.count().clip(lower=1), dtype=float)


def _of_numbers(ranks: Floats, names: tuple[str, ...]) -> Iterable[tuple[tuple[str, str], Floats | Bools]]:
    """Yield value, spread and missingness of each number; what is missing lies in the middle."""
    for name, column in zip(names, ranks.T, strict=True):
        absent = np.isnan(column)
        value = np.where(absent, 0.0, column)
        yield (name, "value"), value
        if len(np.unique(column[~absent])) > 2:
            yield (name, "spread"), np.abs(value)
        if absent.any():
            yield (name, "missing"), absent


def _by_frequency(values: Any) -> tuple[Ints, list[str | None]]:
    """Return a code for each record, 0 for the most frequent category, and the categories that count.

    Categories of equal frequency are in the order of their text; None stands for a missing value.
    """
    texts = [None if pd.isna(value) else str(value) for value in values]
    counts = Counter(texts)
    order = sorted(counts, key=lambda text: (-counts[text], text is None, text or ""))
    place = {text: i for i, text in enumerate(order)}
    codes = np.array([place[text] for text in texts], dtype=np.int64)
    return codes, [text for text in order if counts[text] >= RARE][:LEVELS]


def _standardized(
    quantities: list[tuple[tuple[str, str], Floats | Bools]], n: int
) -> tuple[tuple[tuple[str, str], ...], Floats]:
    """Return names and values of the quantities that vary, with mean 0 and variance 1."""
    names, values = [], []
    for name, quantity in quantities:
        number = np.asarray(quantity, dtype=float)
        spread = number.std()
        if spread > 1e-12:
            names.append(name)
            values.append((number - number.mean()) / spread)
    return tuple(names), np.column_stack(values).astype(np.float32) if values else np.empty(
        (n, 0), np.float32
    )
