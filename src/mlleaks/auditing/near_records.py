"""Pairs of records that are nearly the same, on different sides and on one side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.stats import binom

from mlleaks.auditing.pooled_records import PooledRecords
from mlleaks.data.descriptors import Descriptors
from mlleaks.data.near_duplicates import neighbours
from mlleaks.data.points import points_of
from mlleaks.results.duplicates import Duplicates

EXAMPLES = 5


def with_near_duplicates(
    duplicates: Duplicates, pooled: PooledRecords, descriptors: Descriptors, rng: np.random.Generator
) -> Duplicates:
    """Return the duplicates with the nearly identical ones, and how surprising it is where these are."""
    near = neighbours(points_of(descriptors, rng), pooled.first, pooled.groups, rng)
    across, within = near.pairs_across, len(near.pairs_within)
    n, size = len(pooled.first), int(pooled.first.sum())
    by_chance = 2 * size * (n - size) / (n * (n - 1))
    ids, member = pooled.data.ids, pooled.member
    ordered = (sorted(pair, key=lambda place: not member[place]) for pair in across[:EXAMPLES])
    return replace(
        duplicates,
        near_across=len(across),
        near_within=within,
        near_p_value=float(binom.sf(len(across) - 1, len(across) + within, by_chance)),
        compared=len(near.queries),
        near_examples=tuple((str(ids[a]), str(ids[b])) for a, b in ordered),
    )
