"""What a blind check finds: whether members and non-members differ by themselves, without any model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlleaks.results.duplicates import Duplicates
from mlleaks.stats.estimate import Estimate

ALPHA = 0.04
"""Sides that do not differ are called different in at most this share of checks.

With the level of the placebo, `mlleaks.results.placebo.ALPHA`, that is 5 % of audits.
"""
UNKNOWN = Estimate(math.nan, math.nan, math.nan, "undefined")


@dataclass(frozen=True)
class FeatureShift:
    """How one feature differs between members and non-members.

    Parameters
    ----------
    feature : str
        Name or position of the feature; ``class`` for the class of a record.
    quantity : str
        What differs: ``value``, ``spread`` (the distance from the median, in ranks), ``missing`` or
        ``is X`` for a category X.
    auc : float
        Probability that this quantity is larger for a member than for a non-member, ties half.
    p_value : float
        Corrected for all quantities of all features.
    """

    feature: str
    quantity: str
    auc: float
    p_value: float


@dataclass(frozen=True)
class BlindCheck:
    """Whether members and non-members can be distinguished by the records alone.

    Parameters
    ----------
    auc : Estimate
        Of the classifier, on records that it was not trained on; 0.5 = it sees no difference.
    p_value : float
        Of "the sides do not differ", corrected for both tests; nan if there was no check.
    p_values : mapping of str to float
        Uncorrected: ``classifier`` (rank sum of its scores) and ``features`` (the largest difference).
    classifiers : tuple of str
        The classifiers whose ranks are averaged.
    n_members, n_nonmembers : int
        How many records took part.
    features : tuple of FeatureShift
        Those that differ most, at most three.
    duplicates : Duplicates
    seconds : float
        How long the check took.
    notes : tuple of str
        What a reader should know: what was sampled or skipped.
    why_not : str or None
        Why there is no result; None if there is one.
    """

    auc: Estimate = UNKNOWN
    p_value: float = math.nan
    p_values: Mapping[str, float] = field(default_factory=dict)
    classifiers: tuple[str, ...] = ()
    n_members: int = 0
    n_nonmembers: int = 0
    features: tuple[FeatureShift, ...] = ()
    duplicates: Duplicates = field(default_factory=Duplicates)
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    why_not: str | None = None

    @property
    def differs(self) -> bool:
        """Whether the sides differ, at a level of `ALPHA`; False if there was no check.

        Examples
        --------
        >>> BlindCheck(p_value=0.01).differs, BlindCheck(why_not="3 members").differs
        (True, False)
        """
        return self.p_value < ALPHA
