"""Records that are on both sides of an audit, twice on one, or nearly so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Duplicates:
    """Records that are the same, or nearly the same.

    Parameters
    ----------
    members_across, nonmembers_across : int
        How many members have the features and the class of a non-member, and the reverse.
    within_members, within_nonmembers : int
        How many records repeat an earlier one of their own side.
    near_across, near_within : int
        Pairs of records that are nearly but not exactly the same, on different sides and on one side.
    near_p_value : float
        Probability of as large a share of such pairs across the sides if membership is random; 1 if there
        are none. Binomial: pairs count as independent.
    compared : int
        For how many records near-duplicates were searched.
    examples, near_examples : tuple of (str, str)
        Some of these pairs: id of a member, id of a non-member. The nearest pairs first.
    """

    members_across: int = 0
    nonmembers_across: int = 0
    within_members: int = 0
    within_nonmembers: int = 0
    near_across: int = 0
    near_within: int = 0
    near_p_value: float = 1.0
    compared: int = 0
    examples: tuple[tuple[str, str], ...] = ()
    near_examples: tuple[tuple[str, str], ...] = ()
