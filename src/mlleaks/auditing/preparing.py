"""From what users bring to an audit that is ready to run: data checked, attacks planned."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from mlleaks.auditing.canaries import CanaryQueries
from mlleaks.auditing.collecting import TrainedShadows
from mlleaks.auditing.deleted_queries import DeletedQueries
from mlleaks.auditing.group_columns import check_people_fairness, checked_groups
from mlleaks.auditing.label_queries import label_sources, no_label_sources
from mlleaks.auditing.last_look import look_again, look_again_queries
from mlleaks.auditing.more_records import refuse_alone, with_more_records
from mlleaks.auditing.outliers import outlier_ranks
from mlleaks.auditing.placebo_sources import placebo_check
from mlleaks.auditing.planning import Source
from mlleaks.auditing.prepared import PreparedAudit
from mlleaks.auditing.queryable import model_name, prepared, shadow_source, sources_of
from mlleaks.auditing.reference_models import TrainedReferences
from mlleaks.auditing.reference_sources import (
    further_sources,
    reference_settings,
    reference_source,
)
from mlleaks.auditing.service_masks import answers_label_only, masked_alike
from mlleaks.auditing.stronger import stronger_audit
from mlleaks.auditing.surrogate import resolve_surrogate
from mlleaks.data.audit_data import AuditData
from mlleaks.data.audited_sides import audited_sides
from mlleaks.data.canary_set import CanarySet
from mlleaks.data.deleted import with_deleted
from mlleaks.data.domains import Domain
from mlleaks.data.groups_by_id import groups_of_sides
from mlleaks.data.records import parse_records
from mlleaks.data.splits import half_split
from mlleaks.errors import InputError
from mlleaks.models import NetworkTrainer, as_trainer, trainer_like
from mlleaks.models.label_only import LabelOnlyTrainer
from mlleaks.outputs.label_only import LabelOnlyModel, answers_class_only
from mlleaks.outputs.logits import SoftmaxModel, with_softmax
from mlleaks.results.margin import DEFAULT_MARGIN, Margin
from mlleaks.runtime.foreign_code import attribute
from mlleaks.seeds import Seeds
from mlleaks.shadows import Backend
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.tags import tag_of
from mlleaks.types import Model, Trainer


def prepare_audit(
    model: Model,
    *,
    members: Any = None,
    nonmembers: Any = None,
    shadow: Any = None,
    trainer: Trainer | Any = None,
    domain: Domain | None = None,
    seed: int = 0,
    name: str = "audit",
    shadows: int = 1,
    offline: bool = False,
    cache: Path | str | None = None,
    backend: Backend | None = None,
    drop_overlap: bool = False,
    label_only: bool = False,
    from_logits: bool = False,
    margin: Margin = DEFAULT_MARGIN,
    canaries: CanarySet | Path | str | None = None,
    delta: float = 1e-5,
    confidence: float = 0.95,
    deleted: Any = None,
    groups: Any = None,
    slices: Any = None,
    random_queries: bool = True,
    variants: bool = True,
) -> PreparedAudit:
    """Return what `audit` would run: its ``plan``, and ``run()``. The parameters are those of `audit`.

    Without ``random_queries``, nothing random is sent to the model, and adversary 3 has no threshold. Without
    ``variants``, attacks that ask about changed records are not run.

    Two queries are sent to the model to learn the form of its answers. With ``trainer="auto"`` and a model
    that cannot be cloned, the choice is made now: up to four models are trained, and the model is queried on
    half of the shadow records.

    Raises
    ------
    InputError
        The records are not what the model takes, are too few or stand on both sides; a trainer without
        shadow data.
    ModelError
        The model raises, or answers in another form than posteriors.
    """
    seeds = Seeds(seed)
    settings = reference_settings(shadows, offline=offline, cache=cache, backend=backend)
    if shadow is None and trainer is not None and not settings.count:
        raise InputError(
            "a trainer without shadow data",
            expected="shadow=(X, y) for it to train on, or shadows=64: reference models",
            fix="Pass shadow (command line: --shadow FILE), or skip the trainer.",
        )
    label_only = label_only or answers_class_only(model) or answers_label_only(model)
    target = LabelOnlyModel(model) if label_only else SoftmaxModel(model) if from_logits else model
    sides = audited_sides(model, members, nonmembers, canaries)
    refuse_alone(sides, deleted, shadows)
    grouped = groups_of_sides(sides.members, sides.nonmembers, groups, slices)
    data = AuditData.check(
        target,
        sides.members,
        sides.nonmembers,
        None if shadow is None else parse_records(shadow, "shadow records"),
        rng=seeds.stream("overlap"),
        drop_overlap=drop_overlap,
    )
    parsed = None if deleted is None else parse_records(deleted, "deleted records")
    data = with_deleted(data, parsed, target, drop=drop_overlap)
    grouped = checked_groups(grouped, data.target)
    trainer, data, surrogate = resolve_surrogate(trainer, model, target, data, seeds)
    shadow_trainer = trainer_like(target if label_only else model) if trainer is None else as_trainer(trainer)
    if label_only and trainer is not None:
        shadow_trainer = LabelOnlyTrainer(as_trainer(trainer))
    own = isinstance(shadow_trainer, NetworkTrainer) if trainer is None else tag_of(type(shadow_trainer))
    described = shadow_trainer.base if isinstance(shadow_trainer, LabelOnlyTrainer) else shadow_trainer
    description = None if described is None else describe(described)
    if shadow_trainer is not None and from_logits and not own and not label_only:
        shadow_trainer = with_softmax(shadow_trainer)
    if shadow_trainer is not None and not label_only:
        shadow_trainer = masked_alike(shadow_trainer, model)
    split = None if data.shadow is None else half_split(data.shadow, seeds.stream("shadow split"))
    source = shadow_source(split, shadow_trainer, shadows)
    references = reference_source(data, data.shadow, shadow_trainer, settings, seeds)
    trains = isinstance(source, TrainedShadows) or isinstance(references, TrainedReferences)
    used = description if trains else None
    ready = prepared(
        target,
        data,
        sources_of(target, data, source, domain, random_queries=random_queries)
        | further_sources(target, data, data.shadow, references)
        | _label_sources(target, data, source, label_only=label_only, variants=variants),
        seeds=seeds,
        name=name,
        settings={
            "model": model_name(model),
            "shadow trainer": used,
            "from_logits": from_logits,
            "label_only": label_only,
            "margin": asdict(margin),
            **surrogate,
        },
    )
    stronger = stronger_audit(data, data.shadow, shadow_trainer, settings, seeds)
    folder = settings.folder if settings.count else None
    of_service = _of_service(model, target, data)
    if of_service:
        ready = replace(ready, queries=ready.queries + look_again_queries(data.target), **of_service)
    return replace(
        with_more_records(
            ready,
            CanaryQueries.of(sides, target, data, delta=delta, confidence=confidence, seeds=seeds),
            DeletedQueries.of(target, data, seeds, folder),
            notes=sides.notes,
        ),
        groups=grouped,
        stronger=stronger if shadows == 1 and not sides.alone else None,
        blind=partial(check_people_fairness, data.target, grouped, seeds, folder),
        outliers=None if sides.alone else partial(outlier_ranks, data.target, seeds, folder),
        placebo=None
        if sides.alone
        else placebo_check(data, shadow_trainer, seeds, shadows=shadows, settings=settings, groups=grouped),
        margin=margin,
    )


def _label_sources(
    target: Model, data: AuditData, shadows: Source, *, label_only: bool, variants: bool
) -> dict[Any, Source]:
    """Return how answers to changed records can be had, which label-only attacks need."""
    if not label_only:
        return no_label_sources()
    if not variants:
        return no_label_sources("the budget of queries leaves none for changed records")
    return label_sources(target, data.audited, shadows)


def _of_service(model: Model, target: Model, data: AuditData) -> dict[str, Any]:
    """Return what an audit of a service has besides: a look at its end, and counts of what was sent."""
    usage = attribute(model, "usage_counts")
    if not callable(usage):
        return {}
    return {"last_look": partial(look_again, target, data.target), "usage": usage}
