"""From what users bring, ``(X, y)`` in many forms, to checked data sets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mlleaks.data.class_labels import as_dataset, classes_of
from mlleaks.data.guards import (
    note_relabelled,
    refuse_too_few,
    shadow_without_target_records,
    without_overlap,
    without_repeats_per_side,
)
from mlleaks.data.joining import join
from mlleaks.data.records import (
    RecordSet,
    disambiguate_ids,
    match_columns,
    match_training_form,
    parse_records,
)
from mlleaks.errors import InputError
from mlleaks.outputs.interface import require_model
from mlleaks.outputs.query import query
from mlleaks.types import Dataset, MemberSplit, Model


@dataclass(frozen=True)
class AuditData:
    """Checked data of an audit.

    Parameters
    ----------
    target : MemberSplit
        The target's members and non-members.
    shadow : Dataset or None
        Further records, which shadow models can be trained on.
    labelled : bool
        Whether the true classes are known; if not, all are 0.
    class_names : tuple of str
    notes : tuple of str
        What a reader should know about the data.
    deleted : Dataset, optional
        Records that the target was once trained on and should have forgotten: see `mlleaks.data.deleted`.
    """

    target: MemberSplit
    shadow: Dataset | None
    labelled: bool
    class_names: tuple[str, ...]
    notes: tuple[str, ...]
    deleted: Dataset | None = None

    @property
    def audited(self) -> MemberSplit:
        """All records that are scored: the target's, the deleted ones on the side of the non-members."""
        if self.deleted is None:
            return self.target
        rest = [self.target.nonmembers, self.deleted]
        ids = np.concatenate([part.ids.astype(object) for part in rest])
        return MemberSplit(self.target.members, join(rest, ids))

    @staticmethod
    def check(
        model: Model,
        members: RecordSet,
        nonmembers: RecordSet,
        shadow: RecordSet | None,
        *,
        rng: np.random.Generator,
        drop_overlap: bool = False,
    ) -> AuditData:
        """Return the data, checked against each other and against two answers of the model.

        ``rng`` chooses records where some are skipped to keep the two sides alike.

        Raises
        ------
        InputError
            Too few records, other columns, labels on one side only, unknown labels, records on both sides;
            too few shadow records that are neither members nor non-members.
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
        members, nonmembers = disambiguate_ids(members, match_columns(members, nonmembers))
        shadow = None if shadow is None else match_columns(members, shadow)
        k = query(model, members.X[:2]).shape[1]
        classes = classes_of(model, k)
        target = MemberSplit(as_dataset(members, classes, k), as_dataset(nonmembers, classes, k))
        target, overlap = without_overlap(target, rng, drop=drop_overlap)
        target, repeats = without_repeats_per_side(target)
        notes = (*overlap, *repeats, *note_relabelled(target))
        data = None
        if shadow is not None:
            _require_labels(shadow)
            data, more = shadow_without_target_records(as_dataset(shadow, classes, k), target)
            notes += more
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


def _require_labels(shadow: RecordSet) -> None:
    if shadow.y is None:
        raise InputError(
            "shadow data without labels",
            expected="shadow=(X, y): a shadow model has to be trained",
            fix="Pass labels (command line: --label COLUMN).",
        )
