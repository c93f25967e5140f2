"""Deleted records that are sent to the target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlleaks.auditing.fairness import check_fairness
from mlleaks.data.audit_data import AuditData
from mlleaks.outputs.query import query
from mlleaks.results.blind_check import BlindCheck
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, MemberSplit, Model, Outputs


@dataclass(frozen=True)
class DeletedQueries:
    """Deleted records that are sent to the target.

    Parameters
    ----------
    model : Model
    records : Dataset
    labelled : bool
        Whether their classes are known.
    blind : callable
        ``blind() -> BlindCheck``: whether they differ from the non-members by themselves.
    """

    model: Model
    records: Dataset
    labelled: bool
    blind: Callable[[], BlindCheck]

    @staticmethod
    def of(model: Model, data: AuditData, seeds: Seeds, folder: Path | None) -> DeletedQueries | None:
        """Return the queries about the deleted records of an audit; None if there are none."""
        if data.deleted is None:
            return None
        sides = MemberSplit(data.deleted, data.target.nonmembers)
        return DeletedQueries(
            model, data.deleted, data.labelled, partial(check_fairness, sides, seeds, folder)
        )

    def __len__(self) -> int:
        return len(self.records)

    def observe(self) -> Outputs:
        """Return what the target answers about them."""
        records = self.records
        what = "answers to deleted records"
        answers = query(self.model, records.X, n_classes=records.n_classes, what=what)
        return Outputs(answers, records.y if self.labelled else None, records.ids)
