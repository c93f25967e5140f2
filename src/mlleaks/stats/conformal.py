"""How unusual a record's score would be for a non-member: conformal p-values.

The scores of known non-members are the calibration. If a record were no member, its score would be as likely
to take any rank among them as any other. So the share of ranks at or above its own is a p-value: exact in
finite samples, for any attack and any distribution of scores.

Source: S. Bates, E. Candes, L. Lei, Y. Romano, M. Sesia, *Testing for outliers with conformal p-values*,
Annals of Statistics 51 (2023), equation (1).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlleaks.errors import InputError
from mlleaks.stats.checks import checked_numbers, checked_sides
from mlleaks.stats.names import checked_names
from mlleaks.types import Floats, Ints


def conformal_p_values(
    scores: Any, calibration: Any, *, groups: Any = None, calibration_groups: Any = None
) -> Floats:
    """Return ``(1 + non-members that score at least as high) / (m + 1)`` of each record ``(n,)``.

    If a record is no member, and exchangeable with the ``m`` of the calibration, then its p-value is at most
    ``u`` with probability ``u`` or less, for each ``u``. Non-members that tie with the record count against
    it; so ties make the p-value larger, never too small. All p-values share one calibration: they depend on
    each other positively, which the Benjamini-Hochberg method allows (Bates et al., theorem 2).

    Parameters
    ----------
    scores : array-like (n,)
        Of the records to be tested; higher = more likely a member.
    calibration : array-like (m,)
        Scores of known non-members by the same attack.
    groups, calibration_groups : array-like (n,) and (m,), optional
        The class or group of each record. Then only non-members of a record's own group count, and the
        p-values are valid within each group. In a group without non-members every p-value is 1.

    Returns
    -------
    float array (n,)
        From ``1 / (m + 1)`` to 1; smaller = more likely a member.

    Raises
    ------
    InputError
        No calibration, nan scores, lengths that do not fit, or groups for one of the two only.

    Examples
    --------
    >>> conformal_p_values([9, 5, 0], [1, 3, 5, 7])
    array([0.2, 0.6, 1. ])
    >>> conformal_p_values([4, 4], [1, 3, 5, 7], groups=["a", "b"], calibration_groups=list("aabb"))
    array([0.33333333, 1.        ])
    """
    tested = checked_numbers(scores, "scores")
    reference = checked_numbers(calibration, "calibration scores")
    if (groups is None) != (calibration_groups is None):
        raise InputError(
            "groups of the records or of the calibration, but not of both",
            expected="both or none",
            fix="Pass groups and calibration_groups.",
        )
    if groups is None:
        return (1 + _at_least(tested, reference)) / (len(reference) + 1)
    own, of_reference = _shared_codes(groups, calibration_groups, len(tested), len(reference))
    p_values = np.ones(len(tested))
    for group in np.unique(own):
        within = reference[of_reference == group]
        p_values[own == group] = (1 + _at_least(tested[own == group], within)) / (len(within) + 1)
    return p_values


def leave_one_out_p_values(scores: Any, *, groups: Any = None) -> Floats:
    """Return the conformal p-value of each non-member against the ``m - 1`` others ``(m,)``.

    It is the share of non-members, itself included, that score at least as high: what `conformal_p_values`
    returns if the record is taken out of the calibration first. Its values are the ranks ``1/m, ..., 1``;
    ties share the largest. With groups, those of a record's own group alone count.

    Examples
    --------
    >>> leave_one_out_p_values([1, 3, 7, 7])
    array([1.  , 0.75, 0.5 , 0.5 ])
    """
    reference = checked_numbers(scores, "scores")
    if groups is None:
        return _at_least(reference, reference) / len(reference)
    codes, _ = checked_names(groups, len(reference), "groups")
    p_values = np.ones(len(reference))
    for group in np.unique(codes):
        within = reference[codes == group]
        p_values[codes == group] = _at_least(within, within) / len(within)
    return p_values


def record_p_values(member: Any, scores: Any, *, groups: Any = None) -> Floats:
    """Return the conformal p-value of every record of an audit ``(n,)``, in the order of the records.

    Members are compared with all non-members, each non-member with the others: no record is part of its own
    calibration.

    Parameters
    ----------
    member : bool array-like (n,)
    scores : array-like (n,)
        Higher = more likely a member.
    groups : array-like (n,), optional
        See `conformal_p_values`.

    Examples
    --------
    >>> record_p_values([True, False, True, False], [9, 5, 5, 1])
    array([0.33333333, 0.5       , 0.66666667, 1.        ])
    """
    sides, numbers = checked_sides(member, scores)
    codes = None if groups is None else checked_names(groups, len(numbers), "groups")[0]
    inside, outside = (None, None) if codes is None else (codes[sides], codes[~sides])
    reference = numbers[~sides]
    p_values = np.empty(len(numbers))
    p_values[~sides] = leave_one_out_p_values(reference, groups=outside)
    p_values[sides] = conformal_p_values(numbers[sides], reference, groups=inside, calibration_groups=outside)
    return p_values


def _at_least(scores: Floats, reference: Floats) -> Ints:
    """Return how many of ``reference`` are as high as each score, or higher."""
    return len(reference) - np.searchsorted(np.sort(reference), scores, side="left")


def _shared_codes(groups: Any, calibration_groups: Any, n: int, m: int) -> tuple[Ints, Ints]:
    """Return the group of each record, and of each of the calibration, as positions in one list of groups."""
    parts = (groups, n, "groups"), (calibration_groups, m, "calibration groups")
    codes, names = zip(*(checked_names(*part) for part in parts), strict=True)
    shared, _ = checked_names([*names[0], *names[1]], len(names[0]) + len(names[1]), "groups")
    of_records, of_calibration = shared[: len(names[0])], shared[len(names[0]) :]
    return of_records[codes[0]], of_calibration[codes[1]]
