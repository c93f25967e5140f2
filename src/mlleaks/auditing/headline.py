"""Which attack the words of a report are about, where reference models are there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mlleaks.attacks.mismatch import Mismatch, mismatch
from mlleaks.attacks.needs import Evidence, Population, ReferenceModels
from mlleaks.attacks.reference_attack import population_signals
from mlleaks.auditing.planning import AttackPlan
from mlleaks.outputs.references import References, positions_of
from mlleaks.outputs.signals import scaled_logit
from mlleaks.types import Observations, Outputs


def choose_headline(
    plan: AttackPlan, evidence: Evidence, target: Observations
) -> tuple[str | None, tuple[str, ...]]:
    """Return the attack that leads, and notes; None if the best one does.

    It is chosen before any figure is computed: not because of what it finds. Of the membership only the share
    of members is used.
    """
    references = evidence.get(ReferenceModels)
    if references is None:
        return None, ()
    apart = _mismatch(references, evidence.get(Population), target)
    fires = apart is not None and apart.fires
    role = "under mismatch" if fires else "usually"
    leaders = [spec for spec in plan.attacks if spec.leads == role]
    if apart is None or not fires:
        return (leaders[0].name if leaders else None), ()
    notes = (
        "The reference models do not answer as the target does: the largest difference between the two "
        f"distributions is {apart.distance:.2f}, among reference models {apart.usual:.2f}. Perhaps the "
        "target was trained in another way, or on another number of records. Attacks with reference models "
        "then understate what an attacker with better ones finds"
        + (f"; {leaders[0].name}, which suffers least, leads." if leaders else "."),
    )
    return (leaders[0].name if leaders else None), notes


def _mismatch(references: References, population: Outputs | None, target: Observations) -> Mismatch | None:
    """Return how far the target is from its reference models; None where they have no records in common.

    If these were trained on none of the audited records, a difference there may be the leak itself: so only
    records are compared that neither the target nor the model in question was trained on.
    """
    if references.online:
        labels = target.outputs.labels
        assert labels is not None
        references = _of_target(references, target)
        order = positions_of(references.audited.ids, target.ids)
        signals = scaled_logit(target.outputs.posteriors, labels)[order]
        return mismatch(signals, references, float(target.member.mean()))
    answers, further = population_signals(references, population), references.further
    if answers is None or further is None:
        return None
    rows = np.flatnonzero(np.isfinite(answers))
    return mismatch(answers[rows], References(further.records(rows), references.pairs), 0.0)


def _of_target(references: References, target: Observations) -> References:
    """Return what reference models answer about the target's records: deleted ones are no part of it."""
    rows = np.flatnonzero(pd.Index(references.audited.ids).isin(target.ids))
    return replace(references, audited=references.audited.records(rows))
