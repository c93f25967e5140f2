"""The p-value up to which records may be named, and how many non-members it takes: see `naming`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlleaks.errors import InputError
from mlleaks.stats.checks import checked_numbers, checked_share

LEVEL = 0.05
"""The default bound on the share of false names."""
PRIORS: tuple[float, ...] = (0.5, 0.1)
"""The shares of members among the candidates at which lists are reported."""
ROUNDING = 1 + 1e-12
"""Bounds that are met exactly count as met."""


def p_value_cutoff(member_p_values: Any, *, level: float = LEVEL, prior: float = PRIORS[0]) -> float:
    """Return the largest p-value at which a list keeps the level; 0 if none does.

    `naming.name_members` is this with the p-values of `conformal.record_p_values`. With p-values within
    groups (see `conformal.conformal_p_values`) the list may have a different threshold in each group.

    Parameters
    ----------
    member_p_values : array-like (n,)
        Conformal p-values of the members, in (0, 1].
    level, prior : float
        See `naming.name_members`.

    Examples
    --------
    >>> p_value_cutoff([0.01, 0.02, 0.04, 0.5], level=0.1), p_value_cutoff([0.2, 0.5, 0.9], level=0.1)
    (0.04, 0.0)
    """
    largest = largest_cutoff(level, prior)
    p_values = np.sort(checked_numbers(member_p_values, "p-values"))
    if not (p_values[0] > 0 and p_values[-1] <= 1):
        raise InputError(
            f"p-values from {p_values[0]} to {p_values[-1]}",
            expected="above 0, up to 1",
            fix="Pass those of `conformal.conformal_p_values`.",
        )
    share = np.searchsorted(p_values, p_values, side="right") / len(p_values)
    reached = p_values[p_values <= largest * share * ROUNDING]
    return float(reached[-1]) if len(reached) else 0.0


def nonmembers_needed(*, level: float = LEVEL, prior: float = PRIORS[0], share: float = 1.0) -> int:
    """Return how many non-members it takes at least to name a share of the members.

    The smallest p-value, ``1 / (m + 1)``, must not exceed
    ``share * prior / (1 - prior) * level / (1 - level)``.

    Examples
    --------
    >>> nonmembers_needed(), nonmembers_needed(prior=0.1), nonmembers_needed(prior=0.1, share=0.1)
    (18, 170, 1709)
    """
    largest = largest_cutoff(level, prior)
    if not 0 < share <= 1:
        raise InputError(f"share {share!r}", expected="above 0, at most 1", fix="Pass 0.1 for 10 %.")
    return max(1, math.ceil(1 / (share * largest) / ROUNDING) - 1)


def largest_cutoff(level: float, prior: float) -> float:
    """Return the p-value that a list of all members may go up to; above 1 if it may hold everybody.

    Examples
    --------
    >>> round(largest_cutoff(0.05, 0.5), 4), round(largest_cutoff(0.05, 0.1), 4)
    (0.0526, 0.0058)
    """
    level, prior = checked_share(level, "level"), checked_share(prior, "prior")
    return prior / (1 - prior) * level / (1 - level)
