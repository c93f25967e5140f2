"""Records that a model was once trained on and should have forgotten, beside the audited ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mlleaks.data.audit_data import AuditData
from mlleaks.data.class_labels import as_dataset, classes_of
from mlleaks.data.duplicates import overlap_masks
from mlleaks.data.guards import refuse_too_few, shadow_without_target_records, without_repeats
from mlleaks.data.records import RecordSet, match_columns
from mlleaks.errors import InputError
from mlleaks.types import Bools, Dataset, Model

WHAT = "deleted records"


def with_deleted(data: AuditData, deleted: RecordSet | None, model: Model, *, drop: bool) -> AuditData:
    """Return the data of an audit with deleted records, which are checked against all others.

    Parameters
    ----------
    data : AuditData
    deleted : RecordSet, optional
        None changes nothing.
    model : Model
        Names the classes.
    drop : bool
        Skip deleted records that are also members or non-members, instead of refusing them.

    Raises
    ------
    InputError
        Other features; classes where the members have none, or the reverse; too few records; records that are
        also members or non-members.
    """
    if deleted is None:
        return data
    refuse_too_few(len(deleted), WHAT)
    members, k = data.target.members, data.target.members.n_classes
    if (deleted.y is not None) != data.labelled:
        raise InputError(
            f"{WHAT} {'with' if deleted.y is not None else 'without'} labels, members "
            f"{'with' if data.labelled else 'without'}",
            expected="labels for all, or for none",
            fix="Pass (X, y) for both, or X for both.",
        )
    reference = RecordSet(members.name, members.X, members.y, members.ids)
    records = as_dataset(match_columns(reference, deleted), classes_of(model, k), k)
    records, notes = without_repeats(records, WHAT)
    records, overlap = _without_audited(records, data, drop=drop)
    refuse_too_few(len(records), f"{WHAT} that differ from each other and from all others")
    data = replace(data, deleted=_with_own_ids(records, data), notes=(*data.notes, *notes, *overlap))
    if data.shadow is None:
        return data
    shadow, more = shadow_without_target_records(data.shadow, data.audited)
    return replace(data, shadow=shadow, notes=(*data.notes, *more))


def _without_audited(records: Dataset, data: AuditData, *, drop: bool) -> tuple[Dataset, tuple[str, ...]]:
    """Return the deleted records that stand on no other side, and notes on those that were skipped."""
    notes: list[str] = []
    for side, meaning in (
        (data.target.members, "still members, so they were not deleted"),
        (data.target.nonmembers, "also non-members, so the model would have been trained on these"),
    ):
        shared = overlap_masks(side, records)[1]
        if shared.any() and not drop:
            raise InputError(
                f"{int(shared.sum())} {WHAT} that are {meaning} ({_first(records, shared)})",
                expected="each record on one side",
                fix="Remove them from the other side, or pass drop_overlap=True (command line: "
                "--drop-overlap) to skip them here.",
            )
        if shared.any():
            notes.append(f"{int(shared.sum())} {WHAT} that are {meaning.split(',')[0]} were skipped.")
            records = records.take(np.flatnonzero(~shared))
    return records, tuple(notes)


def _first(records: Dataset, rows: Bools) -> str:
    names = records.ids[rows].tolist()
    return f"{', '.join(map(str, names[:5]))}{', ...' if len(names) > 5 else ''}"


def _with_own_ids(records: Dataset, data: AuditData) -> Dataset:
    """Return the deleted records under ids that no other record has: if some do, with a word before them."""
    audited = np.concatenate(
        [side.ids.astype(object) for side in (data.target.members, data.target.nonmembers)]
    )
    if not pd.Index(audited).isin(records.ids).any():
        return records
    names = np.array([f"{WHAT} {name}" for name in records.ids.tolist()])
    return Dataset(records.name, records.X, records.y, records.n_classes, names)
