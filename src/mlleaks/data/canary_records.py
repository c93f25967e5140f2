"""Records that look like real ones and have a wrong class: a model can only learn them by heart.

Each canary is made of two real records of one class: of each feature it has the value of the one or the
other, of an image a part of each. Its class is another one, drawn at random. A model that generalizes
contradicts it, so an answer that agrees shows that the canary was in the training data.

Sources: V. Feldman, STOC (2020), for why a wrong class can only be learned by heart; M. Aerni, J. Zhang,
F. Tramèr, CCS (2024), for mislabelled records as those that models give away most plainly. How two records
become one: `mlleaks.data.mixed_records`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mlleaks.data.column_kinds import columns_of_frame
from mlleaks.data.duplicates import drop_duplicates, overlap_masks
from mlleaks.data.joining import join_records
from mlleaks.data.mixed_records import mixed_records
from mlleaks.errors import InputError
from mlleaks.types import Dataset, Ints, Records

ROUNDS = 20
"""So often canaries that equal a real record or another canary are made again."""


def make_canaries(data: Dataset, n: int, rng: np.random.Generator) -> tuple[Records, Ints]:
    """Return ``n`` records that differ from all real ones and from each other, and their wrong classes.

    Parameters
    ----------
    data : Dataset
        The training data; at least two of its classes have records.
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    records (n, ...), int array (n,)
        In the form of the data, of the same types.

    Raises
    ------
    InputError
        The records have one class, or so few different ones can be made of them that not all are new.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> data = Dataset("toy", rng.integers(2, size=(50, 20)), np.arange(50) % 3, 3)
    >>> X, y = make_canaries(data, 10, rng)
    >>> X.shape, np.unique(X).tolist(), len(y)
    ((10, 20), [0, 1], 10)
    """
    if len(np.unique(data.y)) < 2:
        raise InputError(
            "records of one class",
            expected="two classes or more: a canary has a wrong class",
            fix="Bring records of all classes.",
        )
    real = replace(data, y=np.zeros_like(data.y))
    texts = tuple(columns_of_frame(data.X).texts) if isinstance(data.X, pd.DataFrame) else ()
    parts: list[Dataset] = []
    total = 0
    for _ in range(ROUNDS):
        parts.append(_new(_crossed(data, max(n - total, 1), rng, texts), real, parts))
        total += len(parts[-1])
        if total == n:
            X = join_records([part.X for part in parts])
            return X, _wrong_classes(np.concatenate([data.y[part.ids] for part in parts]), data.y, rng)
    raise InputError(
        f"{total} different canaries of {len(data)} records, of {n} wanted",
        expected="records of which enough new ones can be made: each canary differs from all of them",
        fix="Ask for fewer canaries, or bring records with more features.",
    )


def _crossed(data: Dataset, n: int, rng: np.random.Generator, texts: tuple[str, ...]) -> Dataset:
    """Return ``n`` records, each made of two of one class; their ids are the positions of the first ones."""
    first = rng.integers(len(data), size=n)
    by_class = np.argsort(data.y, kind="stable")
    starts, counts = _runs(data.y[by_class])
    group = np.searchsorted(np.unique(data.y), data.y[first])
    second = by_class[starts[group] + (rng.random(n) * counts[group]).astype(np.int64)]
    a, b = (data.take(rows).X for rows in (first, second))
    return Dataset("canaries", mixed_records(a, b, rng, texts), np.zeros(n, np.int64), data.n_classes, first)


def _runs(values: Ints) -> tuple[Ints, Ints]:
    _, starts, counts = np.unique(values, return_index=True, return_counts=True)
    return starts, counts


def _new(made: Dataset, real: Dataset, before: list[Dataset]) -> Dataset:
    """Return those records that equal none of the real ones, none made before, and no earlier one."""
    made = drop_duplicates(made)
    for other in (real, *before):
        if len(made) and len(other):
            made = made.take(np.flatnonzero(~overlap_masks(other, made)[1]))
    return made


def _wrong_classes(right: Ints, y: Ints, rng: np.random.Generator) -> Ints:
    """Return a class for each record that is not its own, drawn evenly from the others that occur."""
    classes = np.unique(y)
    shift = rng.integers(1, len(classes), size=len(right))
    return np.asarray(classes[(np.searchsorted(classes, right) + shift) % len(classes)], dtype=np.int64)
