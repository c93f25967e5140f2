"""Members and non-members of a model in one table, for measurements that treat both alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from mlleaks.types import Bools, Ids, Ints, MemberSplit, Records


@dataclass(frozen=True)
class MeasuredRecords:
    """Members and non-members of a model in one table.

    Parameters
    ----------
    X : array (n, ...), sparse matrix (n, d) or DataFrame
    labels : int array (n,)
    ids : array (n,)
    member : bool array (n,)
    n_classes : int
    """

    X: Records
    labels: Ints
    ids: Ids
    member: Bools
    n_classes: int

    @staticmethod
    def of(split: MemberSplit) -> MeasuredRecords:
        """Return the records of a split, members first."""
        sides = (split.members, split.nonmembers)
        return MeasuredRecords(
            join_tables([side.X for side in sides]),
            np.concatenate([side.y for side in sides]),
            np.concatenate([side.ids for side in sides]),
            np.repeat([True, False], [len(side) for side in sides]),
            split.members.n_classes,
        )

    def __len__(self) -> int:
        return len(self.labels)


def first_of_each_side(split: MemberSplit, most: int) -> MemberSplit:
    """Return the first ``most`` members and non-members; a split has shuffled them."""
    sides = (split.members, split.nonmembers)
    return MemberSplit(*(side.take(np.arange(min(len(side), most))) for side in sides))


def join_tables(tables: list[Records]) -> Records:
    """Return the rows of all tables, one after the other; categories that differ are joined.

    Parameters
    ----------
    tables : list of arrays (n, ...), sparse matrices (n, d) or DataFrames
        At least one; all of one kind.

    Examples
    --------
    >>> join_tables([np.zeros((2, 3)), np.ones((1, 3))]).shape
    (3, 3)
    """
    if hasattr(tables[0], "iloc"):
        return _join_frames(tables)
    if sparse.issparse(tables[0]):
        return sparse.csr_array(sparse.vstack(tables, format="csr"))
    return np.concatenate(tables)


def _join_frames(tables: list[Any]) -> Any:
    joined = pd.concat(tables, ignore_index=True)
    for name in joined.columns:
        columns = [table[name] for table in tables]
        if isinstance(columns[0].dtype, pd.CategoricalDtype) and joined[name].dtype != columns[0].dtype:
            joined[name] = pd.Series(pd.api.types.union_categoricals(columns, ignore_order=True))
    return joined
