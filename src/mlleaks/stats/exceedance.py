"""How many members may score above the j-th highest non-member, whatever the scores look like.

Let U be the false-positive rate of "score above the j-th highest of m non-members". For scores without ties
U has the distribution Beta(j, m - j + 1), whatever the non-members' distribution is. Given U, each of n
members scores higher with a probability of at most ``highest_tpr(U)``, independently. So their number is at
most, in distribution, a binomial one with the probability ``highest_tpr(U)``. The threshold is not chosen
from the members' scores, and no parameter is unknown.

Sources: S. Wilks, Annals of Mathematical Statistics 12 (1941), for U; J. Dong, A. Roth, W. Su, Journal of
the Royal Statistical Society B 84 (2022), for trade-off functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from scipy.special import betainc, betaincinv, roots_legendre

from mlleaks.types import Bools, Floats, Ints

NODES = 400
"""The integral is evaluated at so many quantiles of U."""


@dataclass(frozen=True)
class Exceedance:
    """How many of one group's records lie beyond the ``rank``-th outermost of the other group's.

    Parameters
    ----------
    beyond : int
        How many records of the first group lie beyond it; 0 to ``group``.
    group : int
        How many records the first group has.
    rank : int
        1 for the outermost record of the other group; up to ``reference``.
    reference : int
        How many records the other group has.
    """

    beyond: int
    group: int
    rank: int
    reference: int

    def p_value(self) -> Callable[[Callable[[Floats], Floats]], float]:
        """Return the function from ``highest_tpr`` (fpr -> tpr) to the probability of so many or more.

        It is an integral over the quantiles of U, by Gauss and Legendre, within 2 % of the result.

        Examples
        --------
        >>> p_value = Exceedance(3, 3, 1, 3).p_value()  # no leak: 1 of 20 orders has all members on top
        >>> round(p_value(lambda fpr: fpr), 6)
        0.05
        """
        if self.beyond == 0:
            return lambda highest_tpr: 1.0
        k, n = self.beyond, self.group
        fpr, shares = _quadrature(self.rank, self.reference)
        return lambda highest_tpr: float(shares @ betainc(k, n - k + 1, highest_tpr(fpr)))


@lru_cache(maxsize=256)
def _quadrature(rank: int, reference: int) -> tuple[Floats, Floats]:
    """Return the values of U at which the integral is evaluated, and their weights.

    All attacks on the same records share them.
    """
    quantiles, shares = _nodes()
    return betaincinv(rank, reference - rank + 1, quantiles), shares


@cache
def _nodes() -> tuple[Floats, Floats]:
    """Return Legendre's nodes and weights on 0..1: not computed at import, which would slow every command."""
    nodes, weights = roots_legendre(NODES)
    return (1 + nodes) / 2, weights / 2


def members_above(member: Bools, order: Ints, rank: int) -> Exceedance:
    """Return how many members lie above the ``rank``-th highest non-member.

    Parameters
    ----------
    member : bool array (n,)
    order : int array (n,)
        The place of each record, no two equal: higher = more likely a member.
    rank : int
        1 or more, at most the number of non-members.

    Examples
    --------
    >>> import numpy as np
    >>> members_above(np.array([True, False, True, False]), np.arange(4), 2)
    Exceedance(beyond=1, group=2, rank=2, reference=2)
    """
    members, nonmembers = order[member], order[~member]
    threshold = np.partition(nonmembers, len(nonmembers) - rank)[len(nonmembers) - rank]
    return Exceedance(int((members > threshold).sum()), len(members), rank, len(nonmembers))


def nonmembers_below(member: Bools, order: Ints, rank: int) -> Exceedance:
    """Return how many non-members lie below the ``rank``-th lowest member: see `members_above`.

    Examples
    --------
    >>> import numpy as np
    >>> nonmembers_below(np.array([False, False, True, True]), np.arange(4), 1)
    Exceedance(beyond=2, group=2, rank=1, reference=2)
    """
    return members_above(~member, -order, rank)


def ladder(size: int) -> list[int]:
    """Return the ranks that are looked at: a quarter of ``size``, a quarter of that, and so on down to 1.

    Examples
    --------
    >>> ladder(1000), ladder(3)
    ([250, 62, 15, 3, 1], [1])
    """
    ranks = []
    while size > 3:
        size //= 4
        ranks.append(size)
    return ranks if ranks and ranks[-1] == 1 else [*ranks, 1]
