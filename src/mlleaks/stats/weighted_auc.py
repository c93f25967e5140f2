"""The AUC of records that count unequally, as under weights that make two groups alike."""

from __future__ import annotations

import numpy as np

from mlleaks.types import Bools, Floats


def weighted_area(member: Bools, scores: Floats, weights: Floats) -> tuple[float, Floats]:
    """Return the weighted AUC, and how much each record adds to its error.

    The AUC is the probability that a member drawn by weight scores above such a non-member, ties half. The
    sum of the squared errors is its variance, if the weights are taken as given; with equal weights it is
    DeLong's.

    Parameters
    ----------
    member : bool array (n,)
        Some members and some non-members.
    scores : float array (n,)
        Higher = more likely a member.
    weights : float array (n,)
        0 or more; some on each side above 0.

    Returns
    -------
    float, float array (n,)

    Examples
    --------
    >>> member = np.array([True, True, False, False])
    >>> weighted_area(member, np.array([3.0, 1.0, 2.0, 2.0]), np.array([3.0, 1.0, 1.0, 1.0]))[0]
    0.75
    """
    different, values = np.unique(scores, return_inverse=True)
    shares = np.where(member, weights / weights[member].sum(), weights / weights[~member].sum())
    members, nonmembers = (
        np.bincount(values[side], shares[side], minlength=len(different)) for side in (member, ~member)
    )
    below = np.cumsum(nonmembers) - nonmembers / 2
    above = np.cumsum(members[::-1])[::-1] - members / 2
    area = float(members @ below)
    return area, shares * (np.where(member, below[values], above[values]) - area)
