"""Which records are audited: members and non-members, beside canaries or not, or canaries alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.canary_checks import (
    are_among,
    check_members,
    refuse_equal_coins,
    refuse_included,
    refuse_other_features,
)
from mlleaks.data.canary_set import CanarySet
from mlleaks.data.records import RecordSet, match_columns, match_training_form, parse_records
from mlleaks.errors import InputError
from mlleaks.types import Bools, Model

WHAT = "canaries"
ALONE = (
    "Only canaries were audited: members are those that were in the training data, non-members those that "
    "were not. Canaries are made to be learned by heart, so these figures do not say how plainly the model "
    "gives away real records."
)


@dataclass(frozen=True)
class AuditedSides:
    """The two sides of an audit, and the canaries if there are any.

    Parameters
    ----------
    members, nonmembers : RecordSet
        Without canaries; or nothing but canaries, where no other records were passed.
    canaries : RecordSet, optional
    included : bool array (n,)
        The coins of the canaries.
    notes : tuple of str
    alone : bool
        Whether canaries are all there is.
    """

    members: RecordSet
    nonmembers: RecordSet
    canaries: RecordSet | None = None
    included: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    notes: tuple[str, ...] = ()
    alone: bool = False


def audited_sides(
    model: Model, members: Any, nonmembers: Any, canaries: CanarySet | str | Path | None
) -> AuditedSides:
    """Return the records to audit: members and non-members without canaries, or the canaries alone.

    Parameters
    ----------
    model : Model
    members, nonmembers
        See `mlleaks.audit`; None where only canaries are audited.
    canaries : CanarySet or path, optional

    Raises
    ------
    InputError
        Canaries of other features than the model's or the members'; all coins alike; members of which some
        should be canaries and are not, or which hold canaries that should not be there; a side is missing.
    """
    if (members is None) != (nonmembers is None) or (canaries is None and members is None):
        raise InputError(
            "no members" if members is None else "no non-members",
            expected="records that the model was trained on and others like them, or canaries alone",
            fix="Pass members and nonmembers (command line: --members and --nonmembers).",
        )
    sides = (
        None
        if members is None
        else (parse_records(members, "members"), parse_records(nonmembers, "nonmembers"))
    )
    if canaries is None:
        assert sides is not None
        return AuditedSides(*sides)
    planted = canaries if isinstance(canaries, CanarySet) else CanarySet.load(canaries)
    refuse_equal_coins(planted.included)
    records = match_training_form(RecordSet(WHAT, planted.X, planted.y, planted.ids), model)
    refuse_other_features(records, model)
    included = planted.included
    if sides is None:
        included_ones, excluded_ones = _take(records, included), _take(records, ~included)
        sides = (
            replace(included_ones, what="included canaries"),
            replace(excluded_ones, what="excluded canaries"),
        )
        return AuditedSides(*sides, records, included, (ALONE,), alone=True)
    return _beside(sides, records, included, model)


def _beside(
    sides: tuple[RecordSet, RecordSet], records: RecordSet, included: Bools, model: Model
) -> AuditedSides:
    """Return members and non-members without canaries, which are checked to be where the coins say."""
    members = match_training_form(sides[0], model)
    nonmembers, records = match_columns(members, sides[1]), match_columns(members, records)
    notes = check_members(records.ids, are_among(records, members), included)
    refuse_included(records.ids, are_among(records, nonmembers), included)
    rest = [_take(side, ~are_among(side, records)) for side in (members, nonmembers)]
    return AuditedSides(rest[0], rest[1], records, included, notes)


def _take(records: RecordSet, rows: Bools) -> RecordSet:
    X = records.X.loc[rows] if isinstance(records.X, pd.DataFrame) else records.X[rows]
    y = None if records.y is None else records.y[rows]
    return replace(records, X=X, y=y, ids=records.ids[rows])
