"""Scoring deleted records: with the attacks and the evidence of the audit, in one call with its records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.needs import Evidence
from mlleaks.auditing.deleted_queries import DeletedQueries
from mlleaks.auditing.evaluating import BuiltAttack, evaluate, evaluate_all, scores_of
from mlleaks.outputs.signals import predicted_classes
from mlleaks.results.audit import Verdict
from mlleaks.results.deleted import DeletedRecords
from mlleaks.types import Floats, Observations, Outputs


def evaluate_with_deleted(
    built: list[BuiltAttack], evidence: Evidence, target: Observations, deleted: DeletedQueries | None
) -> tuple[tuple[Verdict, ...], DeletedRecords | None]:
    """Return the verdict of each attack, and how the attacks score deleted records.

    Attacks that fit to all answers (quantile regression) treat the deleted ones as any other.

    Parameters
    ----------
    built, evidence, target
        See `mlleaks.auditing.evaluating.evaluate_all`. The evidence covers the deleted records.
    deleted : DeletedQueries or None
    """
    if deleted is None:
        return evaluate_all(built, evidence, target), None
    outputs = deleted.observe()
    every, n = _joined(target.outputs, outputs), len(target)
    verdicts, scores = [], {}
    for spec, attack in built:
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
