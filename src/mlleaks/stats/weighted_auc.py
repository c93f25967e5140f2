"""The AUC of records that count unequally, as under weights that make two groups alike."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from mlleaks.stats.estimate import Estimate
from mlleaks.stats.shares import LEVEL
from mlleaks.types import Bools, Floats

METHOD = "weighted, DeLong"


def weighted_auc(member: Bools, scores: Floats, weights: Floats) -> Estimate:
    """Return the probability that a member drawn by weight scores above such a non-member, ties half.

    The interval takes the weights as given.

    Parameters
    ----------
    member : bool array (n,)
        Some members and some non-members.
    scores : float array (n,)
        Higher = more likely a member.
    weights : float array (n,)
        0 or more; some on each side above 0.

    Examples
    --------
    >>> member = np.array([True, True, False, False])
    >>> weighted_auc(member, np.array([3.0, 1.0, 2.0, 2.0]), np.array([3.0, 1.0, 1.0, 1.0])).value
    0.75
    """
    of_members, of_nonmembers = weighted_placements(member, scores, weights)
    shares = [weights[side] / weights[side].sum() for side in (member, ~member)]
    value = float(shares[0] @ of_members)
    errors = [part * (own - value) for part, own in zip(shares, (of_members, of_nonmembers), strict=True)]
    half = float(norm.ppf((1 + LEVEL) / 2) * np.sqrt(sum(float(error @ error) for error in errors)))
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0), METHOD)


def weighted_placements(member: Bools, scores: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return how each record ranks among the other group by weight; see `auc_interval.placements`.

    Returns
    -------
    of_members : float array (members,)
        The share of the non-members' weight below each member, ties half, in the order of the records.
    of_nonmembers : float array (non-members,)
        The share of the members' weight above each non-member, ties half.
    """
    different, values = np.unique(scores, return_inverse=True)
    members, nonmembers = (
        np.bincount(values[side], weights[side], minlength=len(different)) / weights[side].sum()
        for side in (member, ~member)
    )
    below = np.cumsum(nonmembers) - nonmembers / 2
    above = np.cumsum(members[::-1])[::-1] - members / 2
    return below[values[member]], above[values[~member]]
