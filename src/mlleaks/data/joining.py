"""Several data sets as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from mlleaks.types import Dataset, Ids, Records


def join(parts: Sequence[Dataset], ids: Ids) -> Dataset:
    """Return the records of all parts in their order, under new ids.

    Parameters
    ----------
    parts : sequence of Dataset
        At least one; all with the same features and the same classes.
    ids : array (n,)

    Examples
    --------
    >>> data = Dataset("toy", np.array([[1], [2]]), np.array([0, 1]), 2)
    >>> join([data, data], np.arange(4)).X.ravel().tolist()
    [1, 2, 1, 2]
    """
    y = np.concatenate([part.y for part in parts])
    return Dataset(parts[0].name, join_records([part.X for part in parts]), y, parts[0].n_classes, ids)


def join_records(parts: Sequence[Records]) -> Records:
    """Return the records of all parts in their order: arrays, sparse matrices or DataFrames.

    Categories that differ between parts are joined in an order that does not depend on that of the parts.
    """
    if all(isinstance(X, pd.DataFrame) for X in parts):
        return _join_frames(parts)
    if any(sparse.issparse(X) for X in parts):
        return sparse.vstack(parts, format="csr")
    return np.concatenate([np.asarray(X) for X in parts])


def _join_frames(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    joined = pd.concat(parts, ignore_index=True)
    for column in range(joined.shape[1]):
        types = [part.dtypes.iloc[column] for part in parts]
        kinds = [dtype for dtype in types if isinstance(dtype, pd.CategoricalDtype)]
        if len(kinds) == len(types) and joined.dtypes.iloc[column] not in types:
            values = {value for dtype in kinds for value in dtype.categories}
            categories = sorted(values, key=lambda value: (type(value).__name__, value))
            joined.isetitem(column, pd.Categorical(joined.iloc[:, column], categories=categories))
    return joined
