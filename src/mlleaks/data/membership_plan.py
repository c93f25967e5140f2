"""Which shadow model trains on which records."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlleaks.errors import InputError
from mlleaks.types import Bools, Ints


@dataclass(frozen=True)
class MembershipPlan:
    """Membership of records in shadows, one bit each; every shadow has a record.

    Parameters
    ----------
    bits : uint8 array (models, ceil(records / 8))
        `numpy.packbits` of each model's mask.
    n_records : int
    """

    bits: NDArray[np.uint8]
    n_records: int

    def __post_init__(self) -> None:
        width = -(-self.n_records // 8)
        bits = np.asarray(self.bits)
        if bits.dtype != np.uint8 or bits.ndim != 2 or bits.shape[1] != width:
            raise InputError(
                f"bits of shape {bits.shape} and type {bits.dtype} for {self.n_records} records",
                expected=f"uint8 of shape (models, {width})",
                fix="Draw a plan with plan_members(...), or pack masks with numpy.packbits(masks, axis=1).",
            )
        whole, rest = divmod(self.n_records, 8)
        some = bits[:, :whole].any(axis=1) | (bits[:, whole:] >> (8 - rest)).any(axis=1)
        if not some.all():
            raise InputError(
                f"the shadow {np.flatnonzero(~some)[0]} without a record",
                expected="at least one record for every shadow",
                fix="Leave this shadow out of the plan.",
            )

    def __len__(self) -> int:
        return len(self.bits)

    def mask(self, model: int) -> Bools:
        """Return which records the shadow ``model`` is trained on ``(records,)``."""
        return np.unpackbits(self.bits[model], count=self.n_records).astype(bool)

    def members(self, model: int) -> Ints:
        """Return the positions of these records, rising."""
        return np.flatnonzero(self.mask(model))


def plan_members(n_records: int, n_models: int, rng: np.random.Generator) -> MembershipPlan:
    """Return a balanced plan: every shadow has half of the records, every record half of the shadows.

    Shadows come in pairs; the second of a pair has exactly the records that the first has not. With
    an odd number of shadows the last stands alone, and with an odd number of records the first of a
    pair has one less than the second.

    Parameters
    ----------
    n_records, n_models : int
    rng : numpy.random.Generator
        Draws the first of each pair; a longer plan begins like a shorter one.

    Raises
    ------
    InputError
        There are not as many different halves of the records.

    Examples
    --------
    >>> drawn = plan_members(6, 4, np.random.default_rng(0))
    >>> masks = np.array([drawn.mask(model) for model in range(len(drawn))])
    >>> masks.sum(axis=0).tolist(), masks.sum(axis=1).tolist()
    ([2, 2, 2, 2, 2, 2], [3, 3, 3, 3])
    """
    masks = math.comb(n_records, n_records // 2) if n_records < 64 else math.inf
    if n_models < 1:
        raise InputError(
            f"{n_models} shadow models for {n_records} records",
            expected="1 or more",
            fix="Ask for at least one.",
        )
    if n_records < 2 or n_models > masks:
        raise InputError(
            f"{n_models} shadow models for {n_records} records",
            expected=f"no more than there are different halves ({masks:,}) of at least 2 records",
            fix="Train fewer shadows, or bring more records.",
        )
    half = n_records // 2
    bits = np.empty((n_models, -(-n_records // 8)), dtype=np.uint8)
    for first in range(0, n_models, 2):
        mask = np.zeros(n_records, dtype=bool)
        mask[rng.permutation(n_records)[:half]] = True
        bits[first] = np.packbits(mask)
        if first + 1 < n_models:
            bits[first + 1] = np.packbits(~mask)
    return MembershipPlan(bits, n_records)
