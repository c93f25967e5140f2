"""What an audit finds about canaries: lower bounds on epsilon from one training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import roc
from mlleaks.stats.refuting import EpsilonBound
from mlleaks.stats.simultaneous import simultaneous_areas
from mlleaks.types import Bools, Floats, Ids


@dataclass(frozen=True)
class CanaryAudit:
    """What attacks find about canaries, and how large epsilon is at least.

    Parameters
    ----------
    ids : array (n,)
        What each canary is called.
    included : bool array (n,)
        The coins: which canaries were in the training data.
    scores : mapping of str to float array (n,)
        Of each attack by name; higher = more likely included.
    bounds : tuple of EpsilonBound
        One for each method. Each holds with its confidence, if its assumption does; not all at once.
    highest : tuple of float
        What each method's bound would be if every guess were right: what so many canaries can show.
    alone : bool
        Whether no other records were audited: members and non-members of the audit are the canaries.
    """

    ids: Ids
    included: Bools
    scores: Mapping[str, Floats]
    bounds: tuple[EpsilonBound, ...]
    highest: tuple[float, ...]
    alone: bool = False

    def __len__(self) -> int:
        return len(self.included)

    @cached_property
    def aucs(self) -> Mapping[str, Estimate]:
        """The AUC of each attack by name, with 95 % intervals that hold for all attacks at once."""
        curves = [roc(self.included, scores) for scores in self.scores.values()]
        return dict(zip(self.scores, simultaneous_areas(curves), strict=True))
