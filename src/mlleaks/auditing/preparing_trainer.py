"""From a way of training to an audit that is ready to run, by the paper's protocol."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mlleaks.auditing.label_queries import no_label_sources
from mlleaks.auditing.prepared import PreparedAudit
from mlleaks.auditing.queryable import model_name, prepared, shadow_source, sources_of
from mlleaks.auditing.reference_sources import further_sources, reference_settings, reference_source
from mlleaks.auditing.stronger import stronger_audit
from mlleaks.data.audit_data import AuditData, check_dataset
from mlleaks.data.guards import refuse_too_few, without_repeats
from mlleaks.data.joining import join
from mlleaks.data.splits import four_way_member_split
from mlleaks.models import as_trainer, train_model
from mlleaks.seeds import Seeds
from mlleaks.shadows import Backend
from mlleaks.storage.fingerprint import describe
from mlleaks.types import Dataset, Trainer


def prepare_trainer(
    data: Dataset,
    trainer: Trainer | Any,
    *,
    shadow_trainer: Trainer | Any = None,
    seed: int = 0,
    name: str = "audit",
    shadows: int = 1,
    offline: bool = False,
    cache: Path | str | None = None,
    backend: Backend | None = None,
) -> PreparedAudit:
    """Return what `audit_trainer` would run; the target is trained now. For the parameters see there.

    Raises
    ------
    InputError
        No data set or no trainer; fewer records than the four parts need.
    ModelError
        The trainer raises, or returns no model.
    """
    seeds = Seeds(seed)
    train = as_trainer(trainer)
    shadow_train = train if shadow_trainer is None else as_trainer(shadow_trainer)
    pool, notes = without_repeats(check_dataset(data), "records")
    target, shadow = four_way_member_split(pool, seeds.stream("split"))
    refuse_too_few(len(target.members), "records in each of the four parts")
    model = train_model(train, deepcopy(target.members), seeds.stream("target"))
    names = tuple(map(str, range(data.n_classes)))
    audited = AuditData(target, None, labelled=True, class_names=names, notes=notes)
    settings = reference_settings(shadows, offline=offline, cache=cache, backend=backend)
    further = join(
        [shadow.members, shadow.nonmembers],
        np.concatenate([part.ids for part in (shadow.members, shadow.nonmembers)]),
    )
    references = reference_source(audited, further, shadow_train, settings, seeds)
    source = shadow_source(shadow, shadow_train, shadows)
    ready = prepared(
        model,
        audited,
        sources_of(model, audited, source, None)
        | further_sources(model, audited, further, references)
        | no_label_sources(),
        seeds=seeds,
        name=name,
        settings={
            "model": model_name(model),
            "shadow trainer": describe(shadow_train),
            "from_logits": False,
        },
    )
    return replace(
        ready,
        stronger=stronger_audit(audited, further, shadow_train, settings, seeds) if shadows == 1 else None,
    )
