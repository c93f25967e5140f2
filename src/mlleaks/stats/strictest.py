"""What is certain at the strictest cut that records allow: above all non-members."""

from __future__ import annotations

from dataclasses import dataclass

from mlleaks.stats.binomial import exact_high, exact_low
from mlleaks.stats.metrics import Roc


@dataclass(frozen=True)
class StrictestCut:
    """Members that score above all non-members.

    Parameters
    ----------
    members : int
        How many there are.
    least_tpr : float
        Of all members, at least this share scores so high.
    highest_fpr : float
        Of all non-members, less than this share does.
    """

    members: int
    least_tpr: float
    highest_fpr: float


def strictest_cut(curve: Roc, level: float = 0.95) -> StrictestCut:
    """Return the figures at the cut above all non-members; both limits hold together at ``level``.

    The false-positive rate of "above all ``m`` non-members" has the distribution Beta(1, m), or lies lower
    with ties (Wilks 1941). So the limit of Clopper and Pearson for none of ``m`` holds, though the cut is
    chosen from these non-members. Members are independent of it.

    Parameters
    ----------
    curve : Roc
        See `mlleaks.stats.metrics.roc`.
    level : float
        In (0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from mlleaks.stats.metrics import roc
    >>> strictest_cut(roc(np.repeat([True, False], 60), np.r_[np.zeros(45), np.ones(15), np.zeros(60)]))
    StrictestCut(members=15, least_tpr=0.147..., highest_fpr=0.059...)
    """
    members = int(curve.true_positives[curve.false_positives == 0].max())
    error = (1 - level) / 2
    return StrictestCut(
        members,
        float(exact_low(members, curve.n_members, error)),
        float(exact_high(0, curve.n_nonmembers, error)),
    )
