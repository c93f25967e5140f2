"""A defense under its name, as comparisons and the command line list it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mlleaks.models import NetworkTrainer
from mlleaks.types import Trainer

Defense: TypeAlias = Callable[[Trainer], Trainer]
"""``defense(trainer) -> Trainer``."""


@dataclass(frozen=True)
class DefenseSpec:
    """A defense under its name, with the settings that it has by default.

    Parameters
    ----------
    name : str
        Lower-case words joined by hyphens.
    apply : Defense
        Returns the trainer with the defense; raises `InputError` for trainers that cannot have it.
    for_networks, for_others : bool
        Whether a network, or any other algorithm, is tried with it by default.
    trainers : tuple of types
        Which trainers of networks are.
    position : int
        Its place in lists.
    """

    name: str
    apply: Defense
    for_networks: bool = False
    for_others: bool = False
    trainers: tuple[type, ...] = (NetworkTrainer,)
    position: int = 1000

    def is_usual_for(self, trainer: Trainer) -> bool:
        """Return whether the trainer is tried with it by default."""
        if isinstance(trainer, NetworkTrainer):
            return self.for_networks and isinstance(trainer, self.trainers)
        return self.for_others
