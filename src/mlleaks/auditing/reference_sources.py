"""From the settings of an audit to the sources of reference models, a population and the records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mlleaks.attacks.needs import Population, Records, ReferenceModels, Variants
from mlleaks.auditing.collecting import Missing
from mlleaks.auditing.planning import Source
from mlleaks.auditing.population import AuditedRecords, PopulationQueries
from mlleaks.auditing.reference_models import TrainedReferences
from mlleaks.auditing.reference_settings import ReferenceSettings
from mlleaks.auditing.variant_queries import VariantQueries
from mlleaks.data.audit_data import AuditData
from mlleaks.errors import InputError
from mlleaks.models import NetworkTrainer
from mlleaks.models.label_only import LabelOnlyTrainer
from mlleaks.outputs.signals import answered_class
from mlleaks.seeds import Seeds
from mlleaks.shadows import Backend, Processes
from mlleaks.types import Dataset, Model, Trainer

NO_REFERENCES = "no reference models: pass shadows=64 (command line: --shadows 64)"
MOST = 10_000
"""Reference models that one audit trains; more would tell nothing new."""
_NO_LABELS = "reference models have to be trained: pass members=(X, y) (command line: --label COLUMN)"
NO_SHADOW = "no shadow data: pass shadow=(X, y) (command line: --shadow FILE)"
NO_TRAINER = (
    "the model cannot be cloned by scikit-learn, and the paper's MLP needs PyTorch: "
    "pip install 'mlleaks[torch]', or pass trainer="
)


def reference_settings(
    shadows: int | np.integer[Any], *, offline: bool, cache: Path | str | None, backend: Backend | None
) -> ReferenceSettings:
    """Return the settings of reference models; ``shadows`` below two means none.

    Raises
    ------
    InputError
        ``shadows`` is no whole number from 0 to `MOST`; offline models, but none to train.
    """
    whole = isinstance(shadows, int | np.integer) and not isinstance(shadows, bool)
    if not whole or not 0 <= shadows <= MOST:
        raise InputError(
            f"shadows={shadows!r}",
            expected="a whole number: 0 for no shadow model, 1 for one, 4 and more for reference models, at "
            f"most {MOST:,}",
            fix="Pass another number, for example 64.",
        )
    if offline and shadows < 2:
        raise InputError(
            f"offline reference models with shadows={shadows}, which trains none",
            expected="shadows=4 or more",
            fix="Pass a larger number (command line: --shadows 64), or leave offline (--offline) out.",
        )
    count = int(shadows) if shadows > 1 else 0
    return ReferenceSettings(count, offline, None if cache is None else Path(cache), backend or Processes())


def reference_source(
    data: AuditData,
    further: Dataset | None,
    trainer: Trainer | None,
    settings: ReferenceSettings,
    seeds: Seeds,
) -> Source:
    """Return where reference models come from, or why there are none."""
    if not settings.count:
        return Missing(NO_REFERENCES)
    if not data.labelled:
        return Missing(_NO_LABELS)
    if trainer is None:
        return Missing(NO_TRAINER)
    if settings.offline and further is None:
        return Missing(NO_SHADOW)
    if isinstance(trainer, LabelOnlyTrainer) and isinstance(trainer.base, NetworkTrainer):
        return TrainedReferences(data.audited, further, trainer.base, settings, seeds, answered_class)
    return TrainedReferences(data.audited, further, trainer, settings, seeds)


def further_sources(
    model: Model, data: AuditData, further: Dataset | None, references: Source
) -> dict[Any, Source]:
    """Return how reference models, a population and the records can be had."""
    population: Source = Missing(NO_SHADOW) if further is None else PopulationQueries(model, further)
    return {
        ReferenceModels: references,
        Variants: _variant_source(model, references),
        Population: population,
        Records: AuditedRecords(data.audited, further),
    }


def _variant_source(model: Model, references: Source) -> Source:
    if isinstance(references, TrainedReferences):
        return VariantQueries(model, references)
    return references
