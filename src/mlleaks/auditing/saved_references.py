"""Reference models whose answers are saved: other models' rows about the records that are audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlleaks.attacks.needs import ReferenceModels
from mlleaks.auditing.balanced_references import is_balanced, one_model_less
from mlleaks.auditing.collecting import Saved
from mlleaks.auditing.reference_notes import FEW, note_records
from mlleaks.data.reference_plan import pairs_of
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.outputs.signals import scaled_logit
from mlleaks.types import Bools, Floats, Ints, Observations

DEPENDENT = 6.0
"""Standard deviations by which two unrelated memberships may agree or differ."""
BALANCED = (
    "Every record is in the training set of equally many models, the target included: so the number of the "
    "others would tell the target's members. For each record one model on the side that the target is not on "
    "is not used; another stands in for it."
)
TOGETHER = (
    "How many models were trained on a record goes with the target's own membership: their number would tell "
    "it, whatever they answer, so they are no reference models."
)


def saved_references(
    target: Observations, models: Mapping[str, Observations]
) -> tuple[References | None, tuple[str, ...]]:
    """Return what other models answer about the target's records, and notes; None where too few can be used.

    A model counts if it answered every audited record. One whose membership goes with the target's tells who
    the target's members are, whatever it answers: it does not count.

    Parameters
    ----------
    target : Observations
        With labels.
    models : mapping of str to Observations
        By ``model_id``.
    """
    target = target.take(np.argsort(target.ids.astype(str), kind="stable"))  # rows may come in any order
    labels = target.outputs.labels
    if labels is None:
        return None, ()
    values, members, notes = _about_the_same_records(target, labels, models)
    if len(values) > 2 and is_balanced(members, target.member):
        values, members = one_model_less(values, members, target.member)
        notes.append(BALANCED)
    dependent = np.array([_depends(member, target.member) for member in members], dtype=bool)
    values, members = values[~dependent], members[~dependent]
    if dependent.any():
        notes.append(
            f"{dependent.sum()} models were trained on the target's members or on its non-members: their "
            "membership tells the target's, so they are no reference models."
        )
    if len(values) < FEW:
        return None, tuple(notes)
    if _depends(members.sum(axis=0), target.member):
        return None, (*notes, TOGETHER)
    signals = ReferenceSignals(values, members, labels, target.ids)
    return References(signals, pairs_of(signals.trained_on)), (
        *notes,
        *note_records(signals.trained_on, signals.ids),
    )


def _about_the_same_records(
    target: Observations, labels: Ints, models: Mapping[str, Observations]
) -> tuple[Floats, Bools, list[str]]:
    """Return signals and memberships ``(m, n)`` of the models that answered all records, and notes."""
    values, members, notes = [], [], []
    partly = 0
    for _, observations in sorted(models.items()):
        rows = pd.Index(observations.ids).get_indexer(pd.Index(target.ids))
        if (rows < 0).any():
            partly += bool((rows >= 0).any())
            continue
        posteriors = observations.outputs.posteriors[rows]
        values.append(scaled_logit(posteriors, labels).astype(np.float32))
        members.append(observations.member[rows])
    if partly:
        notes.append(
            f"{partly} models answered only some of the audited records: they are no reference models."
        )
    shape = (len(values), len(labels))
    return np.reshape(values, shape), np.reshape(members, shape).astype(bool), notes


def _depends(member: Bools | Ints, target: Bools) -> bool:
    """Return whether memberships, or numbers of them, go with the target's or against them beyond chance."""
    if np.ptp(member.astype(np.int64)) == 0:
        return False
    correlation = np.corrcoef(member, target)[0, 1]
    return bool(abs(correlation) > DEPENDENT / np.sqrt(len(member)))


@dataclass(frozen=True)
class SavedReferences(Saved):
    """Reference models whose answers are there already.

    Parameters
    ----------
    value : References
    fix : str
        How to have more of them: the end of the reason for which an attack is skipped.
    """

    fix: str = ""

    def missing(self, need: ReferenceModels) -> str | None:
        """Return a reason if there are fewer models than needed, or none trained on the audited records."""
        references: References = self.value
        if need.count > references.n_models:
            return f"{references.n_models} reference models; the attack needs {need.count}{self.fix}"
        if need.online and not references.online:
            return "no reference model was trained on an audited record"
        if need.members and not references.online:
            return "no reference model was trained on any record that it answered about"
        trained_on = references.audited.trained_on
        both = int((trained_on.any(axis=1) & ~trained_on.all(axis=1)).sum())
        if (need.online or need.members) and both < FEW:
            return (
                f"{FEW} reference models that were trained on some audited records and not on others ({both})"
            )
        return None
