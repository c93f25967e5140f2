"""Numbers that describe records of any kind: ranks of values, categories, text, images, sparse rows.

Nothing here sees who is a member. A record's numbers follow from all records together (its ranks among
them, say), in whichever order they come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mlleaks.data.quantities import quantities_of
from mlleaks.data.record_columns import columns_of
from mlleaks.errors import InputError
from mlleaks.types import Bools, Dataset, Floats


@dataclass(frozen=True)
class Descriptors:
    """What is known of ``n`` records without a model.

    Parameters
    ----------
    table : float32 array (n, t)
        For trees: ranks of numbers, categories by how frequent they are; nan where a value is missing.
    columns : float32 array (n, m)
        For linear models and tests: quantities of mean 0 and variance 1, none of them missing.
    names : tuple of (str, str)
        Feature and quantity of each column: see `mlleaks.results.blind_check.FeatureShift`.
    wide : CSR matrix (n, w) or None
        Many more columns for linear models, with rows of length 1 or 0: n-grams, or sparse records.
    notes : tuple of str
        What was skipped.
    """

    table: Floats
    columns: Floats
    names: tuple[tuple[str, str], ...]
    wide: sparse.csr_array | None
    notes: tuple[str, ...]

    @property
    def spread(self) -> Bools:
        """Which columns say how far a value is from the median ``(m,)``."""
        return np.array([quantity == "spread" for _, quantity in self.names], dtype=bool)


def describe_records(data: Dataset, rng: np.random.Generator) -> Descriptors:
    """Return the descriptors of all records; their class is a feature, too.

    Parameters
    ----------
    data : Dataset
        At least two records.
    rng : numpy.random.Generator
        Chooses features where there are very many.

    Raises
    ------
    InputError
        Cells that hold neither numbers nor text, or no feature that varies.

    Examples
    --------
    >>> data = Dataset("toy", np.array([[1.0, 5.0], [2.0, 5.0], [9.0, 5.0]]), np.zeros(3, int), 1)
    >>> describe_records(data, np.random.default_rng(0)).names
    (('0', 'value'), ('0', 'spread'))
    """
    columns, wide, notes = columns_of(data.X, rng)
    if columns.skipped:
        notes += (f"{columns.skipped} features, chosen at random, did not take part.",)
    table, names, values = quantities_of(columns, data.y)
    if not names and wide is None:
        raise InputError(
            "records that are all alike, or have no values at all",
            expected="features that vary",
            fix="Check that the records were read as they should be.",
        )
    return Descriptors(table, values, names, wide, notes)
