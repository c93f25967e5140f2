"""What a quick audit says about a stronger one: how long it would take."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from mlleaks.attacks.needs import ReferenceModels
from mlleaks.auditing.reference_models import TrainedReferences
from mlleaks.auditing.reference_settings import ReferenceSettings
from mlleaks.data.audit_data import AuditData
from mlleaks.report.duration import duration
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, Trainer

SUGGESTED = 64
"""Reference models that a report without any suggests."""


def stronger_audit(
    data: AuditData,
    further: Dataset | None,
    trainer: Trainer | None,
    settings: ReferenceSettings,
    seeds: Seeds,
) -> Callable[[], str | None] | None:
    """Return what says how long a stronger audit would take; None if there is none, or this is it.

    What it returns says nothing (None) if no model can be trained on a few of the records.
    """
    if settings.count or not data.labelled or trainer is None:
        return None
    models = TrainedReferences(data.audited, further, trainer, replace(settings, count=SUGGESTED), seeds)

    def text() -> str | None:
        seconds = models.seconds(ReferenceModels(SUGGESTED))
        if math.isnan(seconds):
            return None
        return (
            "This audit ran no attack with reference models, which usually find more. For "
            f"{SUGGESTED} of them ({duration(seconds)} of training) add shadows={SUGGESTED} (command line: "
            f"--shadows {SUGGESTED})."
        )

    return text
