"""How many attacks agree on a record: each makes a list of names, and some of the lists hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlleaks.stats.cutoffs import LEVEL, PRIORS
from mlleaks.stats.naming import name_members
from mlleaks.types import Floats


def agreement(
    member: Any, attacks: Sequence[Any], *, level: float = LEVEL, prior: float = PRIORS[0]
) -> Floats:
    """Return the share of the attacks whose own list of names holds each record ``(n,)``.

    Each attack's list is compared with all non-members. The level holds for each list alone, not for the
    records that at least one of them holds.

    Parameters
    ----------
    member : bool array-like (n,)
    attacks : sequence of array-like (n,)
        The scores of each attack, at least one; higher = more likely a member.
    level, prior : float
        See `naming.name_members`.

    Raises
    ------
    InputError
        Input that does not fit, or too few non-members for the level.

    Examples
    --------
    >>> member = np.repeat([True, False], [3, 40])
    >>> scores = np.r_[9, 5, 0.5, np.linspace(0, 1, 40)]
    >>> agreement(member, [scores, -scores]).round(1)[:4]
    array([0.5, 0.5, 0. , 0. ])
    """
    lists = [name_members(member, scores, level=level, prior=prior).named for scores in attacks]
    return np.asarray(np.mean(lists, axis=0))
