"""One epoch of a loss trace: its records, each with one loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.errors import InputError
from mlleaks.types import Floats, Ids, Ints


@dataclass(frozen=True)
class Epoch:
    """One epoch's records, sorted, and the loss of each."""

    ids: Ids
    losses: Floats


@dataclass(frozen=True)
class Grouping:
    """Which losses belong to which record; kept, since epochs often name their records alike."""

    raw_ids: Ids
    ids: Ids
    place: Ints
    counts: Ints

    @classmethod
    def of(cls, ids: Ids) -> Grouping:
        """Return how losses of these ids are grouped."""
        return cls(ids, *np.unique(ids, return_inverse=True, return_counts=True))

    def epoch(self, losses: Floats) -> Epoch:
        """Return the mean loss of each record."""
        means = np.bincount(self.place, weights=losses) / self.counts
        return Epoch(self.ids, means.astype(np.float32))


def require_finite(losses: Floats, ids: Ids, *, number: int) -> None:
    """Raise `InputError` unless all losses of the epoch ``number`` are finite."""
    wrong = ~np.isfinite(losses)
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum())} of {len(losses)} losses that are not finite in epoch {number}, "
            f"the first that of the record {ids[wrong.argmax()].item()!r}",
            expected="finite losses",
            fix="Lower the learning rate, or check these records.",
        )
