"""An attack on the target beside the same attack on models that saw none of the records."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scipy.stats import norm

from mlleaks.stats.estimate import Estimate

BEYOND = 0.04
"""The level at which an attack that finds more than against its placebo shows a leak by itself."""


@dataclass(frozen=True)
class Contrasted:
    """An attack on the target beside the same attack on a placebo.

    Parameters
    ----------
    placebo : Estimate
        The placebo's AUC.
    tpr : float
        The placebo's TPR at 1 % FPR; nan with too few non-members.
    difference : Estimate
        The target's AUC minus the placebo's.
    p_value : float
        Of "the target's ranking, its highest and its lowest scores hold no more of the membership than the
        placebo's", corrected for all attacks.
    error : float
        The standard error of the difference; nan of runs that were stored without.
    detectable, detectable_share : float
        The smallest difference, and the smallest share of members scored above all other records, that has a
        p-value of at most `BEYOND` in 80 % of audits; nan likewise.
    """

    placebo: Estimate
    tpr: float
    difference: Estimate
    p_value: float
    error: float = math.nan
    detectable: float = math.nan
    detectable_share: float = math.nan

    def upper(self, level: float) -> float:
        """Return what the difference lies below, with a probability of ``level`` for this attack alone.

        Examples
        --------
        >>> placebo, difference = Estimate(0.5, 0.4, 0.6, ""), Estimate(0.1, 0.0, 0.2, "")
        >>> known = Contrasted(placebo, 0.01, difference, 0.04, error=0.05)
        >>> round(known.upper(0.95), 3)
        0.182
        """
        if math.isnan(self.error):
            return self.difference.high
        return float(min(self.difference.value + norm.ppf(level) * self.error, 1.0))


def smallest_beyond(contrasts: Mapping[str, Contrasted], *, most: float) -> tuple[float, float]:
    """Return the smallest leak that every attack shows in 80 % of audits, where each is compared.

    Parameters
    ----------
    contrasts : mapping of str to Contrasted
        By attack, at least one.
    most : float
        The largest share of members that fits among the highest scores that are counted.

    Returns
    -------
    (float, float)
        An AUC; and a share of members that are scored above all other records, nan if it is above ``most``.

    Examples
    --------
    >>> nothing = Estimate(0.5, 0.5, 0.5, "")
    >>> one = Contrasted(nothing, 0.01, nothing, 1.0, error=0.01, detectable=0.03, detectable_share=0.02)
    >>> smallest_beyond({"loss": one}, most=0.04)
    (0.53, 0.02)
    """
    auc = max(contrasted.detectable for contrasted in contrasts.values())
    share = max(contrasted.detectable_share for contrasted in contrasts.values())
    return min(0.5 + auc, 1.0), share if share <= most else math.nan
