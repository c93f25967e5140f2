"""From what users bring, ``(X, y)`` in many forms, to checked data sets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.duplicates import drop_duplicates, overlap_masks
from mlleaks.data.records import (
    RecordSet,
    disambiguate_ids,
    match_columns,
    match_training_form,
    parse_records,
)
from mlleaks.data.splits import equal_sizes
from mlleaks.errors import InputError, ModelError
from mlleaks.outputs.interface import class_names, require_model
from mlleaks.outputs.observations import select
from mlleaks.outputs.query import query
from mlleaks.storage.names import are_text, require_unicode
from mlleaks.types import Bools, Dataset, Ints, MemberSplit, Model, Observations

FEWEST = 20
"""Fewer members or non-members than this say nothing."""


@dataclass(frozen=True)
class AuditData:
    """Checked data: the target's halves, the shadow's data, and what to tell the reader."""

    target: MemberSplit
    shadow: Dataset | None
    labelled: bool
    class_names: tuple[str, ...]
    notes: tuple[str, ...]


def prepare(
    model: Model,
    members: RecordSet,
    nonmembers: RecordSet,
    shadow: RecordSet | None,
    *,
    rng: np.random.Generator,
    drop_overlap: bool = False,
    from_logits: bool = False,
) -> AuditData:
    """Return the data, checked against each other and against two answers of the model.

    ``rng`` chooses records where some are left out to keep the two sides alike.

    Raises
    ------
    InputError
        Too few records, other columns, labels on one side only, unseen labels, records that stand
        in both; too few shadow records that are neither members nor non-members.
    ModelError
        The model does not answer, or for another number of classes than it names.
    """
    require_model(model)
    for side in (members, nonmembers):
        refuse_too_few(len(side), side.what)
    members = match_training_form(members, model)
    labelled = members.y is not None
    if labelled != (nonmembers.y is not None):
        raise InputError(
            "labels on one side only",
            expected="labels for members and non-members, or for neither",
            fix="Pass (X, y) for both.",
        )
    members, others = disambiguate_ids(members, match_columns(members, nonmembers))
    hers = None if shadow is None else match_columns(members, shadow)
    k = query(model, members.X[:2], from_logits=from_logits).shape[1]
    classes = _classes(model, k)
    target = MemberSplit(_dataset(members, classes, k), _dataset(others, classes, k))
    target, overlapping = _without_overlap(target, drop_overlap, rng)
    target, repeated = _without_repeats(target)
    data, shared = (None, ()) if hers is None else _shadow(_labelled(hers, classes, k), target)
    notes = (*overlapping, *repeated, *_relabelled(target), *shared)
    names = tuple(map(str, classes if classes is not None else range(k)))
    return AuditData(target, data, labelled, names, notes)


def check_dataset(data: Dataset) -> Dataset:
    """Return a data set whose records have a form that can be split, compared and trained on.

    Raises
    ------
    InputError
        No `Dataset`, or records and ids that `mlleaks.data.records.parse_records` refuses.
    """
    if not isinstance(data, Dataset):
        raise InputError(
            f"data of type {type(data).__name__}",
            expected="a Dataset: records X, classes y in 0..n_classes-1",
            fix="Pass mlleaks.load_dataset(name), or mlleaks.types.Dataset(name, X, y, n_classes).",
        )
    records = parse_records((data.X, data.y, data.ids), "records")
    return replace(data, X=records.X, ids=records.ids)


def without_repeats(data: Dataset, what: str) -> tuple[Dataset, tuple[str, ...]]:
    """Return the data without records that repeat an earlier one, and a note if there were any."""
    kept = drop_duplicates(data)
    repeated = len(data) - len(kept)
    return kept, (f"{repeated} {what} that repeat another were left out.",) if repeated else ()


def _without_repeats(target: MemberSplit) -> tuple[MemberSplit, tuple[str, ...]]:
    """Return one of each record a side: copies would count one answer as evidence many times over."""
    sides = [without_repeats(half, half.name) for half in (target.members, target.others)]
    for half, _ in sides:
        refuse_too_few(len(half), f"{half.name} that differ from each other")
    (members, first), (others, second) = sides
    return MemberSplit(members, others), (*first, *second)


def without_target_records(
    shadow: Observations | None, target: Observations
) -> tuple[Observations | None, tuple[str, ...]]:
    """Return the shadow models' rows about records that the target is not judged on, and a note.

    An attack that learned from a judged record's row, whichever model answered, would be judged on what
    it learned from. None where fewer than `FEWEST` members or others are left.

    Raises
    ------
    InputError
        Too few rows to begin with.
    """
    if shadow is None:
        return None, ()
    refuse_one_sided(shadow)
    judged = np.isin(shadow.ids, target.ids)
    if not judged.any():
        return shadow, ()
    kept = select(shadow, ~judged)
    note = (
        f"{int(judged.sum())} of {len(shadow)} rows of shadow models were left out: their record_ids are "
        "also among the target's, and an attack must not learn from the records that it judges."
    )
    members = int(kept.member.sum())
    return (kept if min(members, len(kept) - members) >= FEWEST else None), (note,)


def _shared(members: Dataset, shadow: Dataset) -> Bools:
    """Return which shadow records have the features of a member, whatever their class."""
    plain = (replace(side, y=np.zeros_like(side.y)) for side in (members, shadow))
    return overlap_masks(*plain)[1]


def _relabelled(target: MemberSplit) -> tuple[str, ...]:
    """Return a note on others that have the features of a member but another class."""
    count = int(_shared(target.members, target.others).sum())
    if not count:
        return ()
    return (
        f"{count} non-members have the features of a member, but another class: the label gap sees that.",
    )


def refuse_too_few(n: int, what: str) -> None:
    """Raise if there are fewer than `FEWEST` records."""
    if n < FEWEST:
        raise InputError(
            f"{n} {what}",
            expected=f"at least {FEWEST}: fewer cannot tell a leak from luck",
            fix="Bring more records.",
        )


def refuse_one_sided(seen: Observations) -> None:
    """Raise unless there are enough members and enough others among saved answers."""
    refuse_too_few(int(seen.member.sum()), "members")
    refuse_too_few(int((~seen.member).sum()), "non-members")


def _without_overlap(
    target: MemberSplit, drop: bool, rng: np.random.Generator
) -> tuple[MemberSplit, tuple[str, ...]]:
    """Return both sides without the records that stand on both; an error unless that is wanted.

    A common record is missed by a small sample more often than by a large one. So of two sides of
    different sizes the larger would keep fewer common records, and that would look like a leak: only as
    many of it as the smaller one has, chosen at random, take part.
    """
    mine, theirs = overlap_masks(target.members, target.others)
    count = int(theirs.sum())
    if not count:
        return target, ()
    if not drop:
        raise InputError(
            f"{count} non-members that are identical to members (first: {target.others.ids[theirs][0]})",
            expected="no record on both sides",
            fix="Pass drop_overlap=True (command line: --drop-overlap) to leave them out of both, or bring "
            "non-members of another source of the same kind.",
        )
    larger, before = max(target.members, target.others, key=len).name, target
    target = equal_sizes(target, rng)
    mine, theirs = overlap_masks(target.members, target.others)
    kept = MemberSplit(
        target.members.take(np.flatnonzero(~mine)), target.others.take(np.flatnonzero(~theirs))
    )
    for half in (kept.members, kept.others):
        refuse_too_few(len(half), f"{half.name} that do not stand on both sides")
    notes = [
        f"{int(mine.sum())} members and {int(theirs.sum())} non-members that are identical were left out."
    ]
    if target is not before:
        notes.insert(0, f"{len(mine)} of the {larger} were chosen at random, as many as the other side has.")
    return kept, tuple(notes)


def _classes(model: Model, k: int) -> Any:
    """Return the model's class names in the order of its columns, or None if it tells none."""
    classes = class_names(model)
    if classes is not None and len(classes) != k:
        raise ModelError(
            f"answers with {k} columns from a model that names {len(classes)} classes",
            expected="one column a class",
            fix="Let predict_proba return a column for each entry of classes_.",
        )
    if classes is not None:
        require_unicode(classes, "class names of the model")
    return classes


def _dataset(side: RecordSet, classes: Any, k: int) -> Dataset:
    y = np.zeros(len(side), np.int64) if side.y is None else encode_labels(side.y, classes, k, side.what)
    return Dataset(side.what, side.X, y, k, side.ids)


def encode_labels(y: Any, classes: Any, k: int, what: str) -> Ints:
    """Return labels as positions in the model's posterior columns.

    Where no label is among class names of text, labels are compared as text (``y.astype(str)``).

    Raises
    ------
    InputError
        A label that the model has no column for.

    Examples
    --------
    >>> encode_labels(np.array(["b", "a"]), np.array(["a", "b"]), 2, "members").tolist()
    [1, 0]
    """
    known = _names(range(k) if classes is None else classes)
    positions = _positions(known, _names(y))
    if (positions < 0).all() and are_text(known):
        positions = _positions(known, pd.Index([str(label) for label in np.asarray(y).tolist()]))
    if (positions < 0).any():
        bad = np.asarray(y)[positions < 0].tolist()
        raise InputError(
            f"label {bad[0]!r} among the {what} ({len(bad)} such records)",
            expected=f"one of the model's {k} classes ({', '.join(map(repr, known[:8].tolist()))}"
            f"{', ...' if k > 8 else ''})",
            fix="Pass labels as the model was trained with; a model without classes_ numbers them "
            "from 0 in the order of its columns.",
        )
    return np.asarray(positions, dtype=np.int64)


def _positions(known: Any, labels: Any) -> Any:
    try:
        return known.get_indexer(labels)
    except TypeError:  # labels that cannot be compared: lists, dictionaries
        return np.full(len(labels), -1)


def _names(values: Any) -> Any:
    """Return class names such that equal ones are equal in any type: False is 0, as in Python."""
    array = np.asarray(values)
    index = pd.Index(array if array.dtype.kind in "mM" else array.tolist())
    return pd.Index(index.to_numpy(dtype=int)) if index.dtype == bool else index


def _labelled(side: RecordSet, classes: Any, k: int) -> Dataset:
    if side.y is None:
        raise InputError(
            "shadow data without labels",
            expected="shadow=(X, y): a shadow model has to be trained",
            fix="Pass labels (command line: --label COLUMN).",
        )
    return _dataset(side, classes, k)


def _shadow(data: Dataset, target: MemberSplit) -> tuple[Dataset, tuple[str, ...]]:
    """Return the shadow data without repeats and without records that the target is judged on."""
    data, notes = without_repeats(data, "shadow records")
    judged = _shared(target.members, data) | _shared(target.others, data)
    if judged.any():
        data = data.take(np.flatnonzero(~judged))
        notes += (
            f"{int(judged.sum())} shadow records that are also members or non-members were left out: an "
            "attack must not learn from the records that it judges.",
        )
    aside = f" ({' '.join(notes)})" if notes else ""
    refuse_too_few(len(data) // 2, f"records in each half of the shadow data{aside}")
    if len(np.unique(data.y)) < 2:
        raise InputError(
            "shadow data of one class only",
            expected="at least two classes",
            fix="Bring shadow data that look like the target's.",
        )
    return data, notes
