"""Which kind of scores a service answers, decided from many answers.

One answer often says nothing: ``[0.3, 0.7]`` may be logits, ``1`` may be a class or a probability. Several
answers do: posteriors sum to one every time, and logits hardly ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import numpy as np

from mlleaks.errors import ModelError
from mlleaks.outputs.posteriors import NEGATIVE
from mlleaks.targets.http.rounding import sum_tolerance
from mlleaks.types import Bools, Floats

Kind: TypeAlias = Literal["posteriors", "logits", "sigmoid", "percentages", "label", "top-k"]

RARELY = 0.1
"""Logits look like posteriors less often than this."""


def sums_to(table: Floats, whole: float, decimals: int | None) -> Bools:
    """Return which rows ``(n,)`` are non-negative and sum to ``whole`` within rounding.

    Parameters
    ----------
    table : array (n, k)
    whole : float
        1, or 100 for percentages.
    decimals : int or None
        Of the scores divided by ``whole``.

    Examples
    --------
    >>> sums_to(np.array([[0.3, 0.7], [0.3, 0.2], [-0.5, 1.5]]), 1, None).tolist()
    [True, False, False]
    """
    parts = table / whole
    near = np.abs(parts.sum(axis=1) - 1) <= sum_tolerance(table.shape[1], decimals)
    return np.asarray(near & (parts.min(axis=1) >= -NEGATIVE))


def kind_of_rows(table: Floats, decimals: int | None, percent_decimals: int | None) -> Kind:
    """Return the kind of rows with one score per class.

    Parameters
    ----------
    table : array (n, k)
    decimals : int or None
        Of the scores, where they are rounded.
    percent_decimals : int or None
        Of the scores divided by 100.

    Raises
    ------
    ModelError
        Rows that are none of posteriors, percentages and logits, or a mixture.

    Examples
    --------
    >>> kind_of_rows(np.array([[2.0, -1.0], [0.5, 3.0]]), None, None)
    'logits'
    >>> kind_of_rows(np.array([[20.0, 80.0], [99.0, 1.0]]), None, None)
    'percentages'
    """
    posteriors = float(sums_to(table, 1, decimals).mean())
    if posteriors >= 0.5:
        return "posteriors"
    percentages = float(sums_to(table, 100, percent_decimals).mean())
    if percentages >= 0.5:
        return "percentages"
    sums = table.sum(axis=1)
    if table.min() >= -NEGATIVE and (table.max() <= 1 + NEGATIVE or _is_constant(sums)):
        raise not_one(sums, len(sums))
    if max(posteriors, percentages) >= RARELY:
        raise ModelError(
            f"rows of which {posteriors:.0%} sum to 1 and {percentages:.0%} to 100 ({len(table)} answers)",
            expected="answers of one kind: posteriors, percentages or logits",
            fix="Check that all answers come from one model, or name the kind.",
        )
    return "logits"


def _is_constant(sums: Floats) -> bool:
    """Return whether all rows sum to one number, as counts of votes do."""
    return len(sums) > 2 and float(np.ptp(sums)) <= 1e-6 * max(1.0, float(sums.max()))


def not_one(sums: Floats, n: int, *, rows: Iterable[int] = ()) -> ModelError:
    """Return the error for scores that are no posteriors.

    Parameters
    ----------
    sums : array
        Of the rows at fault.
    n : int
        How many answers there are.
    rows : iterable of int
        Their positions; none where all are at fault.

    Examples
    --------
    >>> not_one(np.array([0.5]), 20, rows=[3]).got
    'scores that sum to 0.5 in answer 4'
    """
    where = ", ".join(str(row + 1) for row in list(rows)[:3])
    return ModelError(
        f"scores that sum to {sums.min():.4g}"
        + (f" to {sums.max():.4g}" if np.ptp(sums) > 1e-6 else "")
        + (f" in answer {where}" if where else f" ({n} answers)"),
        expected="posteriors that sum to 1 within rounding, percentages that sum to 100, or logits",
        fix="Let the service answer the probabilities of all classes, or name the kind of its answers.",
    )


def kind_of_numbers(values: Floats, n_classes: int | None) -> Kind:
    """Return the kind of single numbers with fractions: about the second of two classes.

    Parameters
    ----------
    values : array (n,)
    n_classes : int or None

    Raises
    ------
    ModelError
        More than two classes, or numbers that may be several things.

    Examples
    --------
    >>> kind_of_numbers(np.array([0.2, 0.9]), 2), kind_of_numbers(np.array([-2.5, 4.1]), 2)
    ('sigmoid', 'logits')
    """
    if n_classes not in (None, 2):
        raise ModelError(
            "one number with a fraction per record",
            expected=f"a score for each of {n_classes} classes, or a class",
            fix="Let the service answer the probabilities of all classes.",
        )
    inside = (values >= -NEGATIVE) & (values <= 1 + NEGATIVE)
    if inside.all():
        return "sigmoid"
    if values.min() < -NEGATIVE and inside.mean() <= 1 - RARELY:
        return "logits"
    if values.min() >= -NEGATIVE and 20 < values.max() <= 100:  # a logit above 20 is a probability of 1
        return "percentages"
    raise ModelError(
        f"single numbers from {values.min():.4g} to {values.max():.4g} ({len(values)} answers)",
        expected="probabilities between 0 and 1, percentages up to 100, or logits on both sides of 0",
        fix="Name the kind of the answers, or let the service answer probabilities.",
    )
