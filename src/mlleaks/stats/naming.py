"""Who can be named: lists of records of which a stated share, at most, are no members.

A rate such as "12 % of the members at 1 % FPR" says how many are found. It does not say whether an attacker
can tell who: where few candidates are members, most of those flagged may be none. A *naming list* bounds that
share, the false-discovery proportion (FDP), for an attacker who faces a *prior*: the share of members among
the candidates.

**The rule.** An audit has ``n`` members and ``m`` non-members; of the attacker's candidates a share
``prior`` are members. So a member of the audit stands for ``prior / n`` of the candidates, a non-member for
``(1 - prior) / m``. A list of all records with a conformal p-value up to ``c`` holds a share ``T(c)`` of
the members. It holds a share of about ``c`` of the non-members, since that is what a p-value means. Its FDP
in that population is then estimated as::

    (1 - prior) * c / ((1 - prior) * c + prior * T(c))

The list takes the largest ``c`` at which this is at most ``level``. That is the method of Benjamini and
Hochberg on conformal p-values (Bates et al. 2023), with the share of non-members among the candidates known
and each record weighted.

**Why the level holds.** Let ``F`` be the share of *other* non-members at or above a threshold, and ``c``
the p-value there, ``(1 + V) / (m + 1)`` with ``V`` of the audit's own. From the lowest threshold upward ``F
/ c`` is a supermartingale that starts at 1. The rule stops at the lowest threshold that will do, so it
knows nothing of the order above it, and the mean of ``F / c`` is at most 1 where it stops. With ``a = (1 -
prior) / prior`` the rule keeps ``a c / T`` below ``level / (1 - level)``; so the mean of ``x = a F / T``
lies below that, too. The FDP is ``x / (1 + x)``, which is concave; by Jensen's inequality its mean is at
most ``level``. This holds for any members and any numbers of records, if the non-members are exchangeable
with those that the attacker faces. It is a statement on the mean over audits: one list may hold more, and
`NamingList.fdp` says how many it may be.

Sources: S. Bates, E. Candes, L. Lei, Y. Romano, M. Sesia, Annals of Statistics 51 (2023); Y. Benjamini,
Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from mlleaks.errors import InputError
from mlleaks.stats import intervals
from mlleaks.stats.checks import checked_numbers, checked_sides
from mlleaks.stats.conformal import record_p_values
from mlleaks.stats.cutoffs import (
    LEVEL,
    PRIORS,
    ROUNDING,
    largest_cutoff,
    nonmembers_needed,
    p_value_cutoff,
)
from mlleaks.stats.estimate import Estimate
from mlleaks.types import Bools

SIMULTANEOUS = "exact binomial for every possible threshold (Bonferroni)"


@dataclass(frozen=True)
class NamingList:
    """Which records an attacker can name as members at a bounded share of false names.

    Parameters
    ----------
    level : float
        The bound on the mean FDP.
    prior : float
        The share of members among the attacker's candidates.
    cutoff : float
        Records with a conformal p-value up to this are named; 0 if nobody is.
    threshold : float
        The same as a score: records that score at least as high are named; inf if nobody is.
    named : bool array (n,)
        Which records of the audit, members and non-members, are named, in their order.
    share : Estimate
        The share of the members that are named, with an exact binomial interval for other members at this
        threshold.
    expected_false : float
        How many non-members the attacker names beside the audit's members, at most on average: among
        ``(1 - prior) / prior`` candidates that are no members for each member.
    fdp : Estimate
        The share of false names at this prior, as the audit's non-members show it; see `name_members`.
    """

    level: float
    prior: float
    cutoff: float
    threshold: float
    named: Bools
    share: Estimate
    expected_false: float
    fdp: Estimate


def name_members(member: Any, scores: Any, *, level: float = LEVEL, prior: float = PRIORS[0]) -> NamingList:
    """Return the longest list of records of which a share of at most ``level`` is false on average.

    The rule and the reason why it holds stand at the head of this module. Records with equal scores are named
    together or not at all.

    The interval of `NamingList.fdp` is for this very list and for candidates like the audit's non-members.
    The threshold was chosen by looking at them, so the exact binomial limits of the false-positive rate
    hold for all thresholds that the rule can choose, at once: of ``m`` non-members a list holds at most
    ``prior / (1 - prior) * level / (1 - level) * (m + 1) - 1``, and for each number up to this the limits
    may fail with an equal part of the allowed probability (Bonferroni). Its value counts the audit's own
    non-members and is a little too low for the same reason; `held_out_fdp` counts others.

    Parameters
    ----------
    member : bool array-like (n,)
    scores : array-like (n,)
        Higher = more likely a member.
    level : float
        The bound on the share of false names, in (0, 1).
    prior : float
        The share of members among the candidates, in (0, 1).

    Raises
    ------
    InputError
        Level or prior outside (0, 1), input that does not fit, or too few non-members: even a list that holds
        every member could not be known to reach the level.

    Examples
    --------
    >>> import numpy as np
    >>> member = np.repeat([True, False], [40, 60])
    >>> scores = np.concatenate([np.linspace(0, 2, 40), np.linspace(0, 1, 60)])
    >>> listed = name_members(member, scores, level=0.1)
    >>> int(listed.named[member].sum()), int(listed.named[~member].sum()), round(listed.cutoff, 4)
    (21, 2, 0.0492)
    >>> round(listed.share.value, 3), round(listed.expected_false, 1), round(listed.fdp.value, 3)
    (0.525, 2.0, 0.06)
    """
    sides, numbers = checked_sides(member, scores)
    n_nonmembers = int((~sides).sum())
    _refuse_too_few(n_nonmembers, level, prior)
    p_values = record_p_values(sides, numbers)
    cut = p_value_cutoff(p_values[sides], level=level, prior=prior)
    named = p_values <= cut
    share = intervals.share(int(named[sides].sum()), int(sides.sum()))
    candidates = (1 - prior) / prior * int(sides.sum())
    most = max(0, math.floor((n_nonmembers + 1) * largest_cutoff(level, prior) * ROUNDING) - 1)
    one_of_all = 1 - (1 - intervals.LEVEL) / (min(most, n_nonmembers) + 1)
    fpr = intervals.share(int(named[~sides].sum()), n_nonmembers, one_of_all)
    return NamingList(
        level=level,
        prior=prior,
        cutoff=cut,
        threshold=float(numbers[sides & named].min()) if cut else math.inf,
        named=named,
        share=share,
        expected_false=candidates * cut,
        fdp=replace(_fdp(fpr, share.value, prior), method=SIMULTANEOUS if cut else intervals.UNDEFINED),
    )


def held_out_fdp(listed: NamingList, nonmember_scores: Any) -> Estimate:
    """Return the share of false names of a list, as non-members show it that had no part in choosing it.

    Its 95 % interval is exact for these members: the number of non-members above the threshold is binomial.

    Parameters
    ----------
    listed : NamingList
        As `name_members` returns it.
    nonmember_scores : array-like (k,)
        Scores by the same attack of non-members that `name_members` was not given.

    Returns
    -------
    Estimate
        nan if nobody is named.

    Examples
    --------
    >>> import numpy as np
    >>> member = np.repeat([True, False], 60)
    >>> listed = name_members(member, np.arange(120.0)[::-1])
    >>> estimate = held_out_fdp(listed, np.arange(80.0))
    >>> round(estimate.value, 3), round(estimate.low, 3), round(estimate.high, 3)
    (0.2, 0.141, 0.261)
    """
    scores = checked_numbers(nonmember_scores, "scores of non-members")
    fpr = intervals.share(int((scores >= listed.threshold).sum()), len(scores))
    return _fdp(fpr, listed.share.value, listed.prior)


def _refuse_too_few(n_nonmembers: int, level: float, prior: float) -> None:
    fewest = nonmembers_needed(level=level, prior=prior)
    if n_nonmembers < fewest:
        tenth = nonmembers_needed(level=level, prior=prior, share=0.1)
        raise InputError(
            f"{n_nonmembers} non-members for a list at level {level:g} and prior {prior:g}",
            expected=f"at least {fewest:,}; {tenth:,} to name as few as a tenth of the members",
            fix="Bring more non-members, or pass a higher level or prior.",
        )


def _fdp(fpr: Estimate, tpr: float, prior: float) -> Estimate:
    """Return the FDP of a list that holds these shares of non-members and of members."""

    def of(rate: float) -> float:
        false, true = (1 - prior) * rate, prior * tpr
        return false / (false + true)

    if not tpr > 0:
        return Estimate(math.nan, math.nan, math.nan, intervals.UNDEFINED)
    return Estimate(of(fpr.value), of(fpr.low), of(fpr.high), fpr.method)
