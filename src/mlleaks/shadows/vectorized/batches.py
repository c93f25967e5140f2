"""The batches of several models in step: each with its own records, in its own order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from mlleaks.errors import InputError
from mlleaks.types import Floats, Ints


class Batches:
    """Which records each model of a group is trained on at each step.

    Models may differ in how many records they have, as long as they make equally many steps: in the
    last batch of an epoch the shorter ones are filled up with records that count nothing.

    Parameters
    ----------
    members : sequence of int arrays
        The positions of each model's records.
    batch : int
    """

    def __init__(self, members: Sequence[Ints], batch: int) -> None:
        self.members = members
        longest = max(len(rows) for rows in members)
        steps = {-(-len(rows) // batch) for rows in members}
        if len(steps) > 1:
            raise InputError(
                f"models that make {min(steps)} to {max(steps)} steps an epoch",
                expected="equally many steps for all models of a group",
                fix="Put models with other numbers of records into another group.",
            )
        self.sizes = [min(batch, longest - start) for start in range(0, longest, batch)]
        """Records in each batch of an epoch, those that count nothing included."""
        self._shares = torch.from_numpy(np.stack([_shares(len(m), self.sizes) for m in members]))

    def epoch(
        self, y: Tensor, rngs: Sequence[np.random.Generator]
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield positions, their classes and their shares of the batch's mean, each ``(K, size)``."""
        orders = np.zeros(tuple(self._shares.shape), dtype=np.int64)
        for order, rows, rng in zip(orders, self.members, rngs, strict=True):
            order[: len(rows)] = rows[rng.permutation(len(rows))]
            order[len(rows) :] = rows[:1]
        positions = torch.from_numpy(orders).to(y.device)
        whole = (positions, y[positions], self._shares.to(y.device))
        yield from zip(*(torch.split(part, self.sizes, dim=1) for part in whole), strict=True)


def _shares(n: int, sizes: Sequence[int]) -> Floats:
    """Return ``1 / (records that count)`` for each record of each batch, and 0 for the others."""
    last = n - sum(sizes[:-1])
    counted = [*sizes[:-1], last]
    parts = [
        np.repeat([1 / real, 0.0], [real, size - real]) for real, size in zip(counted, sizes, strict=True)
    ]
    return np.concatenate(parts).astype(np.float32)


def compact(X: Floats) -> Tensor:
    """Return records in one byte per number if they are whole numbers from 0 to 255, else in float32.

    Examples
    --------
    >>> compact(np.array([[0, 255]], dtype=np.float32)).dtype, compact(np.array([[0.5]])).dtype
    (torch.uint8, torch.float32)
    """
    with np.errstate(invalid="ignore"):
        small = X.astype(np.uint8)
    return torch.from_numpy(small if np.array_equal(small, X) else np.ascontiguousarray(X, dtype=np.float32))
