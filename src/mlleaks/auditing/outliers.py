"""How far each audited record lies from the others: outliers are easier to recognise."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from mlleaks.auditing.blind_check import UNREADABLE
from mlleaks.auditing.reference_pool import pool_of
from mlleaks.data.descriptors import describe_records
from mlleaks.data.points import DIMENSIONS, points_of
from mlleaks.outputs.references import positions_of
from mlleaks.runtime.threads import one_thread
from mlleaks.seeds import Seeds
from mlleaks.storage.memo import key_of, memoize
from mlleaks.storage.versions import versions
from mlleaks.types import Dataset, Floats, Ids, MemberSplit

NEIGHBOURS = 5
"""Nearest records whose distance counts, on average."""
COMPARED = 2_000
"""Records that all others are compared with, chosen at random."""


class OutlierRanks(NamedTuple):
    """How far records lie from the others.

    Parameters
    ----------
    ids : array (n,)
    ranks : float array (n,)
        The share of records that lie nearer to the others: 1 = the farthest.
    """

    ids: Ids
    ranks: Floats

    def of(self, ids: Ids) -> Floats:
        """Return the ranks of some of the records, by their ids."""
        return self.ranks[positions_of(ids, self.ids)]


def outlier_ranks(split: MemberSplit, seeds: Seeds, folder: Path | None = None) -> OutlierRanks | None:
    """Return how far each record of an audit lies from the others; None if records cannot be compared.

    Parameters
    ----------
    split : MemberSplit
    seeds : Seeds
    folder : Path, optional
        Where the result is kept: the same audit again reads it.

    Examples
    --------
    >>> from mlleaks.types import Dataset
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> X[7] = 50
    >>> data = Dataset("toy", X, np.zeros(60, int), 1)
    >>> split = MemberSplit(data.take(np.arange(30)), data.take(np.arange(30, 60)))
    >>> float(outlier_ranks(split, Seeds(0)).of(data.ids)[7])
    1.0
    """
    data = pool_of(split, None)

    def measured() -> list[float] | None:
        try:
            with one_thread():
                return [float(rank) for rank in _ranks(_points(data, rng), rng)]
        except UNREADABLE:
            return None

    rng = seeds.stream("outliers")
    if folder is None:
        ranks = measured()
    else:
        key = key_of([__name__], data.X, data.ids, seeds.root, versions())
        [row] = memoize(folder / "outliers", key, lambda: [{"ranks": measured()}])
        ranks = row["ranks"]
    return None if ranks is None else OutlierRanks(data.ids, np.asarray(ranks))


def _points(data: Dataset, rng: np.random.Generator) -> Floats:
    """Return a point per record: numbers in standard deviations, anything else as the blind check sees it."""
    X = data.X
    plain = isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "biuf"
    if plain and X.shape[1] <= DIMENSIONS and np.isfinite(X).all():
        return np.asarray(StandardScaler().fit_transform(X.astype(np.float64)))
    return points_of(describe_records(data, rng), rng)


def _ranks(points: Floats, rng: np.random.Generator) -> Floats:
    n = len(points)
    compared = np.sort(rng.permutation(n)[:COMPARED])
    count = min(NEIGHBOURS, len(compared) - 1)
    search = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(points[compared])
    distances, _ = search.kneighbors(points)
    itself = np.isin(np.arange(n), compared)  # its nearest neighbour, at no distance
    mean = np.where(itself, distances[:, 1:].mean(axis=1), distances[:, :-1].mean(axis=1))
    return np.asarray(rankdata(mean) / n)
