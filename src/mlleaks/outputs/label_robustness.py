"""How well a model's answered class of each record withstands changes of the record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlleaks.errors import InputError
from mlleaks.types import Bools, Floats, Ids


@dataclass(frozen=True)
class LabelRobustness:
    """One number per record and kind of change: higher = the true class withstands more.

    Parameters
    ----------
    values : float array (s, n)
        A row for each kind or strength of change; 0 or more.
    ids : array (n,)
        What each record is called; all different.

    Raises
    ------
    InputError
        The shapes do not fit each other, values are below 0 or not finite, or an id stands twice.

    Examples
    --------
    >>> len(LabelRobustness(np.array([[0.5, 1.0]]), np.array(["a", "b"])))
    2
    """

    values: Floats
    ids: Ids

    def __post_init__(self) -> None:
        _check(self.values, (len(self.ids),), "ids")
        if not pd.Index(self.ids).is_unique:
            raise InputError(
                "an id that stands twice", expected="an id of its own per record", fix="Rename one."
            )

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class ShadowRobustness:
    """The same for a shadow model's records, whose membership is known.

    Parameters
    ----------
    values : float array (s, n)
    member : bool array (n,)
        Whether the model was trained on each record; some are, some are not.
    right : bool array (n,)
        Whether it classifies the record itself correctly.

    Raises
    ------
    InputError
        The shapes do not fit each other, values are below 0 or not finite, or all memberships are alike.
    """

    values: Floats
    member: Bools
    right: Bools

    def __post_init__(self) -> None:
        _check(self.values, (len(self.member), len(self.right)), "memberships and correct answers")
        if len(np.unique(self.member)) < 2:
            raise InputError(
                "a shadow model with members or non-members alone",
                expected="records of both kinds",
                fix="Measure both, or go without a shadow model.",
            )


@dataclass(frozen=True)
class LabelEvidence:
    """What queries answered with a class alone say about the audited records.

    Parameters
    ----------
    target : LabelRobustness
        About the audited records.
    shadow : ShadowRobustness, optional
        About a shadow model's records, measured in the same way.

    Raises
    ------
    InputError
        The shadow's rows are not the target's.
    """

    target: LabelRobustness
    shadow: ShadowRobustness | None = None

    def __post_init__(self) -> None:
        if self.shadow is not None and len(self.shadow.values) != len(self.target.values):
            raise InputError(
                f"{len(self.target.values)} rows of the target, {len(self.shadow.values)} of the shadow",
                expected="the same kinds of change for both",
                fix="Measure both in the same way.",
            )


def _check(values: Floats, lengths: tuple[int, ...], what: str) -> None:
    shape = np.shape(values)
    if len(shape) != 2 or not shape[0] or set(lengths) != {shape[1]}:
        raise InputError(
            f"values of shape {shape} and {' and '.join(map(str, lengths))} {what}",
            expected="shape (rows, n) with one row or more, and n of the others",
            fix="Pass a column for each record.",
        )
    if not (np.isfinite(values) & (np.asarray(values) >= 0)).all():
        raise InputError("values that are below 0 or not finite", expected="0 or more", fix="Measure again.")
