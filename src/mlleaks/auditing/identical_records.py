"""How many records are on both sides of an audit, or twice on one."""

from __future__ import annotations

import numpy as np

from mlleaks.results.duplicates import Duplicates
from mlleaks.types import Dataset, Ints

EXAMPLES = 5


def identical_records(sides: list[Dataset], groups: list[Ints]) -> Duplicates:
    """Return how many records are on both sides, or twice on one, with examples in the order of content."""
    members, nonmembers = groups
    shared = np.intersect1d(members, nonmembers)
    examples = [
        tuple(min(side.ids[group == content].astype(str)) for side, group in zip(sides, groups, strict=True))
        for content in shared[:EXAMPLES]
    ]
    return Duplicates(
        members_across=int(np.isin(members, shared).sum()),
        nonmembers_across=int(np.isin(nonmembers, shared).sum()),
        within_members=len(members) - len(np.unique(members)),
        within_nonmembers=len(nonmembers) - len(np.unique(nonmembers)),
        examples=tuple((str(a), str(b)) for a, b in examples),
    )
