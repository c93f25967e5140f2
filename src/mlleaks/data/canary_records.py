"""Records that look like real ones and have a wrong class: a model can only learn them by heart.

Each canary is made of two real records of one class: of each feature it has the value of the one or the
other, of an image a part of each. Its class is another one, drawn at random. A model that generalizes
contradicts it, so an answer that agrees shows that the canary was in the training data.

Sources: S. Yeom et al., CSF (2018), for what a model answers about records that it fits and does not explain;
V. Feldman, STOC (2020), and M. Aerni, J. Zhang, F. Tramèr, CCS (2024), section 4, for mislabelled records as
those that models give away most plainly. Values from two records: the uniform crossover of G. Syswerda, ICGA
(1989); images in two parts: S. Yun et al., ICCV (2019).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mlleaks.data.column_kinds import columns_of_frame
from mlleaks.data.duplicates import drop_duplicates, overlap_masks
from mlleaks.data.joining import join_records
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
    return Dataset("canaries", _mixed(a, b, rng, texts), np.zeros(n, np.int64), data.n_classes, first)


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


def _mixed(a: Records, b: Records, rng: np.random.Generator, texts: tuple[str, ...]) -> Records:
    """Return records with the values of ``a`` here and of ``b`` there."""
    if isinstance(a, pd.DataFrame):
        return _mixed_frames(a, b, rng, texts)
    if sparse.issparse(a):
        return _mixed_sparse(a, b, rng)
    if a.ndim > 2:
        return _mixed_images(a, b, rng)
    return np.where(rng.random(a.shape) < 0.5, a, b)


def _mixed_frames(
    a: pd.DataFrame, b: pd.DataFrame, rng: np.random.Generator, texts: tuple[str, ...]
) -> pd.DataFrame:
    n = len(a)
    joined, columns = pd.concat([a, b], ignore_index=True), []
    for place, name in enumerate(joined.columns):
        rows = np.arange(n) + n * (rng.random(n) < 0.5)
        column = joined.iloc[rows, place].reset_index(drop=True)
        if str(name) in texts:
            other = joined.iloc[(rows + n) % (2 * n), place]
            mixed_texts = [_mixed_text(*pair) for pair in zip(column, other, strict=True)]
            column = pd.Series(mixed_texts, dtype=column.dtype)
        columns.append(column)
    mixed = pd.concat(columns, axis=1)
    mixed.columns = a.columns
    return mixed


def _mixed_text(first: Any, second: Any) -> Any:
    """Return the first half of one text and the second half of the other, by words."""
    if pd.isna(first) or pd.isna(second):
        return first
    a, b = str(first).split(), str(second).split()
    return " ".join([*a[: (len(a) + 1) // 2], *b[len(b) // 2 :]])


def _mixed_sparse(a: Any, b: Any, rng: np.random.Generator) -> Any:
    n, width = a.shape
    coins = (rng.random(width) < 0.5 for _ in range(n))  # row by row: all at once would not be sparse
    rows = []
    for i, of_a in enumerate(coins):
        values = [
            (part.indices[keep], part.data[keep])
            for part, side in ((a, of_a), (b, ~of_a))
            for part in (sparse.csr_array(part[[i]]),)
            for keep in (side[part.indices],)
        ]
        rows.append(tuple(np.concatenate(arrays) for arrays in zip(*values, strict=True)))
    indptr = np.cumsum([0, *(len(indices) for indices, _ in rows)])
    indices, data = (np.concatenate(arrays) for arrays in zip(*rows, strict=True))
    mixed = sparse.csr_array((data, indices, indptr), shape=(n, width))
    mixed.sort_indices()
    return mixed


def _mixed_images(a: NDArray[Any], b: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Return images of two parts: cut at a quarter to three quarters of one of the two longest sides."""
    axes = np.argsort(a.shape[1:], kind="stable")[-2:] + 1
    mixed = a.copy()
    for image, other in zip(mixed, b, strict=True):
        axis = int(rng.choice(axes)) - 1
        cut = round(image.shape[axis] * rng.uniform(0.25, 0.75))
        part = tuple(slice(cut, None) if i == axis else slice(None) for i in range(image.ndim))
        image[part] = other[part]
    return mixed
