"""Records made of two others: of each feature the value of the one or the other, of an image a part of each.

Sources: G. Syswerda, ICGA (1989), for the uniform crossover; S. Yun et al., ICCV (2019), for images in parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mlleaks.types import Records


def mixed_records(a: Records, b: Records, rng: np.random.Generator, texts: tuple[str, ...] = ()) -> Records:
    """Return records that are each made of one record of ``a`` and the one at the same place in ``b``.

    Parameters
    ----------
    a, b : arrays (n, ...), sparse matrices (n, d) or DataFrames
        Of the same features and types.
    rng : numpy.random.Generator
    texts : tuple of str
        Columns of DataFrames whose cells are mixed themselves, by words.

    Returns
    -------
    records (n, ...)
        Of the same form and types.

    Examples
    --------
    >>> mixed = mixed_records(np.zeros((2, 50)), np.ones((2, 50)), np.random.default_rng(0))
    >>> bool(mixed.any(axis=1).all()), bool(mixed.all(axis=1).any())
    (True, False)
    """
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
