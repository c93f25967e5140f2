"""How well scores separate members from non-members: exact, also where scores tie.

Every metric is a pure function of the truth ``member (n,) bool`` and ``scores (n,)`` (higher = more
likely a member), or of their `Roc`: it sorts the records once for all figures and tests. What is
undefined is nan. Shares of records, such as precision and recall, are in `intervals.share`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mlleaks.errors import InputError
from mlleaks.types import Bools, Floats, Ints

FPRS: tuple[float, ...] = (0.1, 0.01, 0.001)
"""The false-positive rates at which the true-positive rate is reported."""
TPR_NAMES: dict[str, float] = {f"tpr@{100 * fpr:g}%fpr": fpr for fpr in FPRS}
ESTIMATES: tuple[str, ...] = (
    *("precision", "recall", "fpr", "accuracy", "advantage", "auc"),
    *TPR_NAMES,
)
"""The names of a verdict's estimates, in the order of the tables."""


@dataclass(frozen=True)
class Roc:
    """Every threshold that the scores allow, from flagging nobody to flagging all.

    Records with the same score are flagged together: they are one point, never several.

    Parameters
    ----------
    thresholds : float array (m,)
        Falling; the records with ``score >= thresholds[i]`` are flagged. The first is ``inf``.
    true_positives, false_positives : int arrays (m,)
        How many members and how many non-members are flagged.
    member : bool array (n,)
        The truth, in the order of the records.
    first_flagged : int array (n,)
        The first point at which each record is flagged, 1 or more: records with equal scores share it.
    """

    thresholds: Floats
    true_positives: Ints
    false_positives: Ints
    member: Bools
    first_flagged: Ints

    @property
    def flagged(self) -> Ints:
        """How many records are flagged at each point."""
        return self.true_positives + self.false_positives

    @property
    def ranks(self) -> Ints:
        """Twice each record's rank ``(n,)``, counted from the middle: higher scores rank higher, ties tie."""
        above = (self.flagged[1:] + self.flagged[:-1])[self.first_flagged - 1]
        return np.asarray(len(self.member) - above)

    @property
    def n_members(self) -> int:
        """How many members there are."""
        return int(self.true_positives[-1])

    @property
    def n_nonmembers(self) -> int:
        """How many non-members there are."""
        return int(self.false_positives[-1])


def roc(member: Bools, scores: Floats) -> Roc:
    """Return the exact ROC: one point for each distinct score.

    Raises
    ------
    InputError
        A score is nan, or one of the two groups is empty.

    Examples
    --------
    >>> curve = roc(np.array([True, True, False]), np.array([0.9, 0.5, 0.5]))
    >>> curve.true_positives.tolist(), curve.false_positives.tolist()
    ([0, 1, 2], [0, 0, 1])
    """
    _check(member, scores)
    order = np.argsort(scores)[::-1]
    ranked = scores[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    members = np.cumsum(member[order])[last]
    first_flagged = np.empty(len(order), dtype=np.int64)
    first_flagged[order] = np.repeat(np.arange(1, len(last) + 1), np.diff(last, prepend=-1))
    return Roc(
        thresholds=np.concatenate([[np.inf], ranked[last]]),
        true_positives=np.concatenate([[0], members]),
        false_positives=np.concatenate([[0], last + 1 - members]),
        member=member,
        first_flagged=first_flagged,
    )


def auc(member: Bools, scores: Floats) -> float:
    """Return the probability that a random member scores above a random non-member, ties half.

    Examples
    --------
    >>> auc(np.array([True, True, False]), np.array([0.9, 0.5, 0.5]))
    0.75
    """
    return area(roc(member, scores))


def area(curve: Roc) -> float:
    """Return the area under a ROC, which is the AUC (see `auc`).

    Examples
    --------
    >>> area(roc(np.array([True, True, False]), np.array([0.9, 0.5, 0.5])))
    0.75
    """
    tp, fp = curve.true_positives.astype(np.int64), curve.false_positives.astype(np.int64)  # exact sums
    twice = int(((tp[1:] + tp[:-1]) * np.diff(fp)).sum())
    return twice / (2 * curve.n_members * curve.n_nonmembers)


def tpr_at_fpr(curve: Roc, fpr: float) -> float:
    """Return the share of members flagged by the best threshold with a false-positive rate up to ``fpr``.

    Tied scores are never split. It is nan where ``fpr`` is below one over the number of non-members,
    which are too few to measure it.

    Examples
    --------
    >>> member = np.repeat([True, False], [2, 10])
    >>> tpr_at_fpr(roc(member, np.array([9, 5, 8, 5, 4, 4, 3, 3, 2, 2, 1, 1.0])), 0.1)
    0.5
    >>> tpr_at_fpr(roc(member, np.arange(12.0)), 0.01)
    nan
    """
    allowed = false_alarms_allowed(curve.n_nonmembers, fpr)
    return members_above(curve, allowed + 1) / curve.n_members if allowed else math.nan


def members_above(curve: Roc, k: int) -> int:
    """Return how many members score above the ``k``-th highest non-member; all if it does not exist.

    Examples
    --------
    >>> curve = roc(np.array([True, True, False]), np.array([0.9, 0.5, 0.5]))
    >>> members_above(curve, 1), members_above(curve, 2)
    (1, 2)
    """
    cut = int(np.searchsorted(curve.false_positives, k, side="left")) - 1
    return int(curve.true_positives[cut])


def false_alarms_allowed(n_nonmembers: int, fpr: float) -> int:
    """Return how many of ``n_nonmembers`` non-members may be flagged at a false-positive rate of ``fpr``.

    Examples
    --------
    >>> false_alarms_allowed(300, 0.01), false_alarms_allowed(99, 0.01)
    (3, 0)
    """
    return math.floor(n_nonmembers * fpr * (1 + 1e-12))


def _check(member: Bools, scores: Floats) -> None:
    if np.isnan(scores).any():
        raise InputError(
            f"{int(np.isnan(scores).sum())} nan scores",
            expected="a number for every record",
            fix="Let the attack give its lowest score to records that it cannot evaluate.",
        )
    if not member.any() or member.all():
        raise InputError(
            f"{int(member.sum())} members and {int((~member).sum())} non-members",
            expected="some of both",
            fix="Pass records of both kinds.",
        )


def members_above_all(curve: Roc) -> int:
    """Return how many members score above every non-member.

    Examples
    --------
    >>> members_above_all(roc(np.array([True, True, False]), np.array([0.9, 0.5, 0.5])))
    1
    """
    return members_above(curve, 1)


def members_above_all_by_chance(n_members: int, n_nonmembers: int) -> float:
    """Return how many members score above every non-member on average if scores are random."""
    return n_members / (n_nonmembers + 1)


def tpr_by_chance(n_nonmembers: int, fpr: float) -> float:
    """Return the TPR at ``fpr`` (see `tpr_at_fpr`) on average if scores are random.

    It is above ``fpr``: the best threshold lies just above the first non-member that may not be flagged.

    Examples
    --------
    >>> round(tpr_by_chance(449, 0.01), 4)
    0.0111
    """
    return (false_alarms_allowed(n_nonmembers, fpr) + 1) / (n_nonmembers + 1)
