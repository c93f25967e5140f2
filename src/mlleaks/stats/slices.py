"""Which class or group leaks most: the same figures for each slice of the records."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.errors import InputError
from mlleaks.stats import intervals
from mlleaks.stats.checks import checked_share, checked_sides
from mlleaks.stats.clustered import clustered_area
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import roc
from mlleaks.stats.names import checked_names
from mlleaks.stats.persons import checked_persons
from mlleaks.types import Bools, Floats, Ints

FEWEST = 20
"""A slice with fewer members or fewer non-members than this is listed without figures."""
FPR = 0.01
"""The false-positive rate at which slices are compared."""
_FIGURES = ("auc", "low", "high", "tpr", "tpr_low", "tpr_high")


def by_slice(
    member: Any, scores: Any, slices: Any, *, person: Any = None, level: float = intervals.LEVEL
) -> pd.DataFrame:
    """Return the AUC and the TPR at 1 % FPR of each slice, with intervals that hold for all slices at once.

    Members of a slice are compared with non-members of the same slice: a class whose records all score high
    does not leak for that reason. Each of ``k`` slices that are large enough gets an interval at ``1 - (1 -
    level) / k`` (Bonferroni), so that all AUCs lie in theirs with the probability ``level``, also that of
    the slice that is picked because it looks worst; and so do all TPRs.

    Parameters
    ----------
    member : bool array-like (n,)
    scores : array-like (n,)
        Higher = more likely a member.
    slices : array-like (n,)
        The class or group of each record.
    person : array-like (n,), optional
        Whose record each is. Then the AUC's intervals are for other people (`mlleaks.stats.clustered`); a
        slice needs enough people, and the TPR, whose interval counts rows, is nan. A person may have
        records in several slices.
    level : float
        The probability with which the intervals of all slices hold together, in (0, 1).

    Returns
    -------
    DataFrame
        One row per slice, the highest AUC first, those without figures last: ``slice, members, nonmembers,
        auc, low, high, tpr, tpr_low, tpr_high`` (nan where undefined: for the TPR with fewer than 100
        non-members), ``worst`` (whether the AUC is the highest) and ``note`` (why figures are missing).
        With persons, members and non-members are counted as people.

    Raises
    ------
    InputError
        All records in one slice, no slice of enough members and non-members, missing slices, or input that
        does not fit.

    Examples
    --------
    >>> member = np.tile([True, False], 60)
    >>> classes = np.repeat(["cat", "dog", "emu"], [50, 50, 20])
    >>> table = by_slice(member, np.where(classes == "dog", member, 0) + np.arange(120) % 7, classes)
    >>> table[["slice", "members", "auc", "worst"]].round(2).values.tolist()
    [['dog', 25, 0.61, True], ['cat', 25, 0.52, False], ['emu', 10, nan, False]]
    >>> table["note"].iloc[2]
    '10 members and 10 non-members; at least 20 of each are needed'
    """
    sides, numbers, level = *checked_sides(member, scores), checked_share(level, "level")
    code, names = checked_names(slices, len(sides), "slices")
    people = None if person is None else checked_persons(person, sides, "error")[0]
    counts = pd.DataFrame({"slice": names} | _counts(code, sides, people))
    enough = counts[["members", "nonmembers"]].min(axis=1) >= FEWEST
    _refuse_nothing_to_compare(counts, int(enough.sum()), "" if people is None else "people who are ")
    joint = 1 - (1 - level) / int(enough.sum())
    rows = [
        _figures(sides[code == i], numbers[code == i], joint, None if people is None else people[code == i])
        if enough[i]
        else dict.fromkeys(_FIGURES, math.nan)
        for i in range(len(names))
    ]
    table = pd.concat([counts, pd.DataFrame(rows)], axis=1)
    table["worst"] = table["auc"] == table["auc"].max()
    sizes = zip(table["members"], table["nonmembers"], strict=True)
    table["note"] = [_note(n, m, by_row=people is None) for n, m in sizes]
    return table.sort_values("auc", ascending=False, kind="stable", ignore_index=True)


def _counts(code: Ints, sides: Bools, people: Ints | None) -> dict[str, Ints]:
    """Return how many members and non-members each slice has: records, or people."""
    counts = {}
    for name, side in (("members", sides), ("nonmembers", ~sides)):
        own = code[side]
        if people is not None:
            own = np.unique(np.stack([own, people[side]]), axis=1)[0]
        counts[name] = np.bincount(own, minlength=int(code.max()) + 1)
    return counts


def _figures(member: Bools, scores: Floats, level: float, people: Ints | None) -> dict[str, float]:
    curve = roc(member, scores)
    if people is None:
        estimates = intervals.area(curve, level), intervals.tpr_at_fpr(curve, FPR, level)
    else:
        undefined = Estimate(math.nan, math.nan, math.nan, intervals.UNDEFINED)
        estimates = clustered_area(curve, np.unique(people, return_inverse=True)[1], level), undefined
    values = [value for e in estimates for value in (e.value, e.low, e.high)]
    return dict(zip(_FIGURES, values, strict=True))


def _note(members: int, nonmembers: int, *, by_row: bool) -> str:
    if min(members, nonmembers) < FEWEST:
        of = "" if by_row else "people: "
        return f"{of}{members} members and {nonmembers} non-members; at least {FEWEST} of each are needed"
    if by_row and nonmembers * FPR < 1:
        return f"{nonmembers} non-members; {round(1 / FPR)} are needed for the TPR at {FPR:.0%} FPR"
    return ""


def _refuse_nothing_to_compare(counts: pd.DataFrame, enough: int, people: str) -> None:
    if len(counts) == 1:
        raise InputError(
            f"one slice, {counts['slice'].tolist()[0]!r}, for all records",
            expected="two or more",
            fix="Pass a column that differs between records.",
        )
    if not enough:
        raise InputError(
            f"{len(counts)} slices, none of them with {FEWEST} {people}members and {FEWEST} non-members",
            expected="one that is large enough, or more",
            fix="Merge slices, or bring more records.",
        )
