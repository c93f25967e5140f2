"""Whether canaries fit the model and the records that are audited; which records are audited beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.canary_set import CanarySet
from mlleaks.data.duplicates import overlap_masks
from mlleaks.data.records import RecordSet, match_columns, match_training_form, parse_records
from mlleaks.errors import InputError
from mlleaks.runtime.foreign_code import attribute
from mlleaks.types import Bools, Dataset, Model

WHAT = "canaries"
ALONE = (
    "Only canaries were audited: members are those that were in the training data, non-members those that "
    "were not. Canaries are made to be learned by heart, so these figures do not say how plainly the model "
    "gives away real records."
)
UNCHECKED = (
    "None of the {count:,} canaries that should be in the training data are among the members, so whether "
    "the model was trained on them was not checked. Pass all training records as members to check it."
)
_OTHER = "Use the canaries that were planted in the training data of this model, and all of those data."


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
    _refuse_equal_coins(planted.included)
    records = match_training_form(RecordSet(WHAT, planted.X, planted.y, planted.ids), model)
    _refuse_other_features(records, model)
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
    notes = _check_members(records.ids, _found_among(records, members), included)
    _refuse_included(records.ids, _found_among(records, nonmembers), included)
    rest = [_take(side, ~_found_among(side, records)) for side in (members, nonmembers)]
    return AuditedSides(rest[0], rest[1], records, included, notes)


def _refuse_equal_coins(included: Bools) -> None:
    if not len(included) or included.all() or not included.any():
        raise InputError(
            f"{len(included)} canaries of which {int(included.sum())} were included",
            expected="about half of them, as fair coins decide",
            fix="Plant new canaries with mlleaks.canaries, and train again.",
        )


def _refuse_other_features(records: RecordSet, model: Model) -> None:
    """Raise if the model says that it was trained on other features."""
    X, names, width = records.X, attribute(model, "feature_names_in_"), attribute(model, "n_features_in_")
    if isinstance(X, pd.DataFrame) and names is not None:
        differing = sorted(map(str, set(X.columns) ^ set(names)))
        if differing:
            got = f"canaries and a model that differ in the columns {', '.join(differing[:8])}"
            raise InputError(got, expected="the features of the model's training data", fix=_OTHER)
    elif width is not None and len(X.shape) == 2 and X.shape[1] != width:
        got = f"canaries with {X.shape[1]} features for a model that was trained on {width}"
        raise InputError(got, expected="the features of the model's training data", fix=_OTHER)


def _check_members(ids: Any, among: Bools, included: Bools) -> tuple[str, ...]:
    """Return a note if no canary is among the members; raise if not exactly the included ones are."""
    if unexpected := _named(ids[among & ~included]):
        raise InputError(
            f"canaries among the members that should not be there: {unexpected}",
            expected="exactly the canaries that were included",
            fix=_OTHER,
        )
    if not among.any():
        return (UNCHECKED.format(count=int(included.sum())),)
    if missing := _named(ids[included & ~among]):
        raise InputError(
            f"members without some of the canaries that were included: {missing}",
            expected="exactly the canaries that were included",
            fix=_OTHER,
        )
    return (
        f"The {int(included.sum()):,} canaries among the members are reported on their own, not as members.",
    )


def _refuse_included(ids: Any, among: Bools, included: Bools) -> None:
    if wrong := _named(ids[among & included]):
        raise InputError(
            f"canaries among the non-members that were in the training data: {wrong}",
            expected="non-members that the model was not trained on",
            fix="Remove them from the non-members; the audit knows the canaries already.",
        )


def _named(ids: Iterable[Any]) -> str:
    """Return how many records there are and the first few; nothing if there are none."""
    names = list(map(str, ids))
    return f"{len(names)} ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})" if names else ""


def _found_among(records: RecordSet, pool: RecordSet) -> Bools:
    """Return which records have the features of one of the pool; the class is not compared."""
    return overlap_masks(_unlabelled(pool), _unlabelled(records))[1]


def _unlabelled(records: RecordSet) -> Dataset:
    return Dataset(records.what, records.X, np.zeros(len(records), np.int64), 1, records.ids)


def _take(records: RecordSet, rows: Bools) -> RecordSet:
    X = records.X.loc[rows] if isinstance(records.X, pd.DataFrame) else records.X[rows]
    y = None if records.y is None else records.y[rows]
    return replace(records, X=X, y=y, ids=records.ids[rows])
