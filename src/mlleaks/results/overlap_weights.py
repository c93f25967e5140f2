"""Weights that make members and non-members alike in their features."""

from __future__ import annotations

from dataclasses import dataclass

from mlleaks.types import Floats

FEWEST = 20
"""Weighted sides can be compared if each is worth so many records of equal weight."""


@dataclass(frozen=True)
class OverlapWeights:
    """How likely each record is to be a member by its features alone, and weights that make the sides alike.

    Parameters
    ----------
    member_propensities, nonmember_propensities : float arrays (n,), (m,)
        Probability of being a member, in (0, 1), as if there were as many members as non-members; from
        classifiers that were not trained on the record.
    member_weights, nonmember_weights : float arrays (n,), (m,)
        Of mean 1 on each side.
    overlap : float
        Share of records whose propensity lies in 0.1..0.9.
    effective_members, effective_nonmembers : float
        How many records of equal weight would say as much (Kish).
    usable : bool
        Whether the sides overlap enough for weighting: see `mlleaks.auditing.overlap_weights`.
    seconds : float
        How long the classifiers took.
    why_not : str or None
        Why there are no weights; all are 1 then, and all propensities 1/2.
    """

    member_propensities: Floats
    nonmember_propensities: Floats
    member_weights: Floats
    nonmember_weights: Floats
    overlap: float
    effective_members: float
    effective_nonmembers: float
    usable: bool
    seconds: float = 0.0
    why_not: str | None = None

    @property
    def enough(self) -> bool:
        """Whether enough records have counterparts on the other side for a comparison among these."""
        return self.why_not is None and min(self.effective_members, self.effective_nonmembers) >= FEWEST
