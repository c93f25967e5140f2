"""The answers of trained shadows, on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.shadows.answer_files import verify
from mlleaks.types import Bools, Floats, Ints


@dataclass(frozen=True)
class Shadows:
    """What trained shadows answered, on disk.

    Parameters
    ----------
    files : tuple of Path
        One NPY file per shadow: the signal of its answers ``(queried records, ...)``.
    plan : Plan
        What each was trained on.
    positions : int array (n,), optional
        Where in the plan the queried records are; None if they are not among its records.
    notes : tuple of str
        What the caller should know of how they were trained.
    """

    files: tuple[Path, ...]
    plan: MembershipPlan
    positions: Ints | None
    notes: tuple[str, ...] = ()
    _verified: set[int] = field(default_factory=set, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.files)

    def answers(self, model: int) -> Floats:
        """Return the signal of one shadow's answers, mapped from disk.

        Raises
        ------
        CorruptRun
            The file is gone or was changed; its checksum is verified when it is first used.
        """
        if model not in self._verified:
            verify(self.files[model])
            self._verified.add(model)
        mapped: Floats = np.load(self.files[model], mmap_mode="r")
        return mapped

    def member(self, model: int) -> Bools:
        """Return which of the queried records the shadow was trained on ``(n,)``."""
        if self.positions is None:
            return np.zeros(len(self.answers(model)), dtype=bool)
        return self.plan.mask(model)[self.positions]
