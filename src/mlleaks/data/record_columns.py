"""Which columns describe a record: numbers, categories, text, what is in an image or in a sparse row."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from mlleaks.data.column_kinds import Columns, columns_of_frame
from mlleaks.data.image_descriptors import describe_images
from mlleaks.data.sparse_descriptors import FREQUENT, describe_sparse
from mlleaks.data.text_descriptors import describe_texts
from mlleaks.types import Records

MOST_FEATURES = 1000
"""Of more numeric features, so many take part."""
OF_IMAGE, OF_TEXT = 150, 50
"""About how many numbers describe an image, and a cell that holds no number."""


def width_of(X: Records) -> int:
    """Return about how many numbers describe one record: what the time of a check depends on.

    Examples
    --------
    >>> width_of(np.zeros((5, 3))), width_of(np.zeros((5, 32, 32, 3)))
    (3, 150)
    """
    if sparse.issparse(X):
        return FREQUENT
    shape = tuple(X.shape)
    if len(shape) > 2:
        return OF_IMAGE
    width = shape[1] if len(shape) > 1 else 1
    numeric = X.select_dtypes("number").shape[1] if isinstance(X, pd.DataFrame) else width
    return min(MOST_FEATURES, numeric + OF_TEXT * (width - numeric))


def columns_of(
    X: Records, rng: np.random.Generator
) -> tuple[Columns, sparse.csr_array | None, tuple[str, ...]]:
    """Return the columns that describe records of any kind, many more for linear models or None, and notes.

    Parameters
    ----------
    X : array (n, ...), sparse matrix (n, d) or DataFrame
        Arrays with more than two axes are images.
    rng : numpy.random.Generator
        Chooses `MOST_FEATURES` numbers where there are more.

    Examples
    --------
    >>> columns, wide, notes = columns_of(np.zeros((3, 2)), np.random.default_rng(0))
    >>> columns.names, wide, notes
    (('0', '1'), None, ())
    """
    columns, wide, notes = _all_columns(X)
    return _some_of(columns, rng), wide, notes


def _all_columns(X: Records) -> tuple[Columns, sparse.csr_array | None, tuple[str, ...]]:
    if isinstance(X, pd.DataFrame):
        return _of_frame(X)
    if sparse.issparse(X):
        return *describe_sparse(sparse.csr_array(X)), ()
    array = np.asarray(X)
    if array.dtype.kind not in "biuf":
        return _of_frame(pd.DataFrame(array.reshape(len(array), -1)))
    if array.ndim > 2:
        return Columns(*describe_images(array)), None, ()
    array = array.reshape(len(array), -1).astype(float)
    return Columns(array, tuple(map(str, range(array.shape[1])))), None, ()


def _of_frame(frame: pd.DataFrame) -> tuple[Columns, sparse.csr_array | None, tuple[str, ...]]:
    columns = columns_of_frame(frame)
    if not columns.texts:
        return columns, None, ()
    texts = describe_texts(columns.texts)
    numbers = np.column_stack([columns.numbers, texts.numbers])
    return Columns(numbers, columns.names + texts.names, columns.categories), texts.ngrams, texts.notes


def _some_of(columns: Columns, rng: np.random.Generator) -> Columns:
    """Return at most `MOST_FEATURES` of the numeric features, chosen at random."""
    count = columns.numbers.shape[1]
    if count <= MOST_FEATURES:
        return columns
    some = np.sort(rng.permutation(count)[:MOST_FEATURES])
    names = tuple(columns.names[i] for i in some)
    return Columns(columns.numbers[:, some], names, columns.categories, skipped=count - MOST_FEATURES)
