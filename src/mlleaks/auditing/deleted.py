"""Scoring deleted records: with the attacks and the evidence of the audit, in one call with its records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from mlleaks.attacks.needs import Evidence
from mlleaks.auditing.evaluating import evaluate, evaluate_all, scores_of
from mlleaks.auditing.fairness import check_fairness
from mlleaks.auditing.planning import AttackPlan
from mlleaks.data.audit_data import AuditData
from mlleaks.outputs.query import query
from mlleaks.outputs.signals import predicted_classes
from mlleaks.progress import track
from mlleaks.results.audit import Verdict
from mlleaks.results.blind_check import BlindCheck
from mlleaks.results.deleted import DeletedRecords
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, Floats, MemberSplit, Model, Observations, Outputs


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


def evaluate_with_deleted(
    plan: AttackPlan,
    evidence: Evidence,
    seeds: Seeds,
    target: Observations,
    deleted: DeletedQueries | None,
) -> tuple[tuple[Verdict, ...], DeletedRecords | None]:
    """Return the verdict of each attack, and how the attacks score deleted records.

    Attacks that fit to all answers (quantile regression) treat the deleted ones as any other.

    Parameters
    ----------
    plan, evidence, seeds, target
        See `mlleaks.auditing.evaluating.evaluate_all`. The evidence covers the deleted records.
    deleted : DeletedQueries or None
    """
    if deleted is None:
        return evaluate_all(plan, evidence, seeds, target), None
    outputs = deleted.observe()
    every, n = _joined(target.outputs, outputs), len(target)
    verdicts, scores = [], {}
    for spec in track(plan.attacks, "attacking"):
        attack = spec.build(evidence, seeds.stream(f"attack {spec.name}"))
        of_all = scores_of(spec.name, attack, every)
        verdicts.append(evaluate(spec, _Scored(attack.threshold, of_all[:n]), target, evidence=evidence))
        scores[spec.name] = of_all[n:]
    records = deleted.records
    answered = predicted_classes(outputs.posteriors)
    return tuple(verdicts), DeletedRecords(records.ids, answered, scores, deleted.blind())


@dataclass(frozen=True)
class _Scored:
    """An attack whose scores of the target's records are there already."""

    threshold: float
    scores: Floats

    def score(self, outputs: Outputs) -> Floats:
        """Return them."""
        return self.scores


def _joined(first: Outputs, second: Outputs) -> Outputs:
    labels = None
    if first.labels is not None and second.labels is not None:
        labels = np.concatenate([first.labels, second.labels])
    ids = np.concatenate([np.asarray(part.ids, dtype=object) for part in (first, second)])
    return Outputs(np.concatenate([first.posteriors, second.posteriors]), labels, ids)
