"""Whether canaries fit the model and the records that are audited beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.duplicates import overlap_masks
from mlleaks.data.records import RecordSet
from mlleaks.errors import InputError
from mlleaks.runtime.foreign_code import attribute
from mlleaks.types import Bools, Dataset, Model

UNCHECKED = (
    "None of the {count:,} canaries that should be in the training data are among the members, so whether "
    "the model was trained on them was not checked. Pass all training records as members to check it."
)
_OTHER = "Use the canaries that were planted in the training data of this model, and all of those data."


def refuse_equal_coins(included: Bools) -> None:
    """Raise an `InputError` if all coins fell alike."""
    if not len(included) or included.all() or not included.any():
        raise InputError(
            f"{len(included)} canaries of which {int(included.sum())} were included",
            expected="about half of them, as fair coins decide",
            fix="Plant new canaries with mlleaks.canaries, and train again.",
        )


def refuse_other_features(records: RecordSet, model: Model) -> None:
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


def check_members(ids: Any, among: Bools, included: Bools) -> tuple[str, ...]:
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


def refuse_included(ids: Any, among: Bools, included: Bools) -> None:
    """Raise an `InputError` if an included canary is among the non-members."""
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


def are_among(records: RecordSet, pool: RecordSet) -> Bools:
    """Return which records have the features of one of the pool; the class is not compared."""
    return overlap_masks(_unlabelled(pool), _unlabelled(records))[1]


def _unlabelled(records: RecordSet) -> Dataset:
    return Dataset(records.what, records.X, np.zeros(len(records), np.int64), 1, records.ids)
