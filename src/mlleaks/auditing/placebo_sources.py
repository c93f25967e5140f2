"""From the settings of an audit to its placebo."""

from __future__ import annotations

from functools import partial

from mlleaks.auditing.overlap_weights import overlap_weights
from mlleaks.auditing.placebo import PlaceboCheck
from mlleaks.auditing.placebo_models import CrossFittedPlacebo, Impossible, PlaceboModels
from mlleaks.auditing.reference_sources import NO_TRAINER
from mlleaks.data.audit_data import AuditData
from mlleaks.seeds import Seeds
from mlleaks.types import Trainer


def placebo_check(data: AuditData, trainer: Trainer | None, seeds: Seeds, shadows: int) -> PlaceboCheck:
    """Return the placebo of an audit of a model.

    Parameters
    ----------
    data : AuditData
    trainer : Trainer or None
    seeds : Seeds
    shadows : int
        0: nothing is trained.
    """
    models = _models(data, trainer, shadows)
    return PlaceboCheck(models, partial(overlap_weights, data.target, seeds.stream("overlap weights")))


def _models(data: AuditData, trainer: Trainer | None, shadows: int) -> PlaceboModels:
    if shadows == 0:
        return Impossible("no model was to be trained: shadows=0 (command line: --shadows 0)")
    if not data.labelled:
        return Impossible("it needs true classes: pass members=(X, y) (command line: --label COLUMN)")
    return (
        Impossible(NO_TRAINER) if trainer is None else CrossFittedPlacebo(data.target, data.shadow, trainer)
    )
