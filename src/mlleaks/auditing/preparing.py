"""From what users bring to an audit that is ready to run: data checked, attacks planned."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Labels, RandomQueries, ReferenceModels, ShadowModels
from mlleaks.attacks.threshold import TOP
from mlleaks.auditing.collecting import Missing, Saved, TargetQueries, TrainedShadows
from mlleaks.auditing.fairness import check_fairness
from mlleaks.auditing.label_queries import label_sources, no_label_sources
from mlleaks.auditing.planning import Source, Sources, plan_attacks
from mlleaks.auditing.prepared import PreparedAudit
from mlleaks.auditing.reference_models import TrainedReferences
from mlleaks.auditing.reference_sources import (
    NO_SHADOW,
    NO_TRAINER,
    further_sources,
    reference_settings,
    reference_source,
)
from mlleaks.auditing.stronger import stronger_audit
from mlleaks.auditing.surrogate import resolve_surrogate
from mlleaks.data.audit_data import AuditData, check_dataset
from mlleaks.data.domains import Domain, domain_of
from mlleaks.data.guards import (
    refuse_too_few,
    without_repeats,
)
from mlleaks.data.joining import join
from mlleaks.data.records import parse_records
from mlleaks.data.splits import four_way_member_split, half_split
from mlleaks.errors import InputError
from mlleaks.models import NetworkTrainer, as_trainer, train_model, trainer_like
from mlleaks.models.alignment import AlignedModel
from mlleaks.models.label_only import LabelOnlyTrainer
from mlleaks.outputs.label_only import LabelOnlyModel, answers_class_only
from mlleaks.outputs.logits import SoftmaxModel, with_softmax
from mlleaks.outputs.query import observe
from mlleaks.outputs.stability import queries_again, query_again, refuse_unstable
from mlleaks.results.blind_check import BlindCheck
from mlleaks.seeds import Seeds
from mlleaks.shadows import Backend
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.tags import tag_of
from mlleaks.types import Dataset, MemberSplit, Model, Observations, Trainer

_NO_LABELS = "no true classes: pass members=(X, y) (command line: --label COLUMN)"


def prepare_audit(
    model: Model,
    *,
    members: Any,
    nonmembers: Any,
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
) -> PreparedAudit:
    """Return what `audit` would run: its ``plan``, and ``run()``. The parameters are those of `audit`.

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
    label_only = label_only or answers_class_only(model)
    target = LabelOnlyModel(model) if label_only else SoftmaxModel(model) if from_logits else model
    data = AuditData.check(
        target,
        parse_records(members, "members"),
        parse_records(nonmembers, "nonmembers"),
        None if shadow is None else parse_records(shadow, "shadow records"),
        rng=seeds.stream("overlap"),
        drop_overlap=drop_overlap,
    )
    trainer, data, surrogate = resolve_surrogate(trainer, model, target, data, seeds)
    shadow_trainer = trainer_like(target if label_only else model) if trainer is None else as_trainer(trainer)
    if label_only and trainer is not None:
        shadow_trainer = LabelOnlyTrainer(as_trainer(trainer))
    own = isinstance(shadow_trainer, NetworkTrainer) if trainer is None else tag_of(type(shadow_trainer))
    described = shadow_trainer.base if isinstance(shadow_trainer, LabelOnlyTrainer) else shadow_trainer
    description = None if described is None else describe(described)
    if shadow_trainer is not None and from_logits and not own and not label_only:
        shadow_trainer = with_softmax(shadow_trainer)
    split = None if data.shadow is None else half_split(data.shadow, seeds.stream("shadow split"))
    source = _shadow_source(split, shadow_trainer, shadows)
    references = reference_source(data, data.shadow, shadow_trainer, settings, seeds)
    trains = isinstance(source, TrainedShadows) or isinstance(references, TrainedReferences)
    used = description if trains else None
    return _prepared(
        target,
        data,
        _sources(target, data, source, domain)
        | further_sources(target, data, data.shadow, references)
        | (label_sources(target, data.target, source) if label_only else no_label_sources()),
        seeds=seeds,
        name=name,
        settings={
            "model": _name(model),
            "shadow trainer": used,
            "from_logits": from_logits,
            "label_only": label_only,
            **surrogate,
        },
        stronger=stronger_audit(data, data.shadow, shadow_trainer, settings, seeds) if shadows == 1 else None,
        blind=partial(check_fairness, data.target, seeds, settings.folder if settings.count else None),
    )


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
    source = _shadow_source(shadow, shadow_train, shadows)
    return _prepared(
        model,
        audited,
        _sources(model, audited, source, None)
        | further_sources(model, audited, further, references)
        | no_label_sources(),
        seeds=seeds,
        name=name,
        settings={
            "model": _name(model),
            "shadow trainer": describe(shadow_train),
            "from_logits": False,
        },
        stronger=stronger_audit(audited, further, shadow_train, settings, seeds) if shadows == 1 else None,
    )


def _sources(model: Model, data: AuditData, shadows: Source, domain: Domain | None) -> dict[Any, Source]:
    """Return how evidence can be had where the target can be queried."""
    parts = _parts(data, shadows)
    random_records = domain_of(*(part.X for part in parts)) if domain is None else domain
    return {
        Labels: Saved(value=True) if data.labelled else Missing(_NO_LABELS),
        RandomQueries: TargetQueries(model, random_records, like=data.target.members),
        ShadowModels: shadows,
    }


def _parts(data: AuditData, shadows: Source) -> list[Dataset]:
    """Return all records that take part."""
    splits = [data.target, *([shadows.split] if isinstance(shadows, TrainedShadows) else ())]
    return [part for split in splits for part in (split.members, split.nonmembers)]


def _prepared(
    model: Model,
    data: AuditData,
    sources: Sources,
    *,
    seeds: Seeds,
    name: str,
    settings: dict[str, Any],
    stronger: Callable[[], str | None] | None,
    blind: Callable[[], BlindCheck] | None = None,
) -> PreparedAudit:
    """Return the audit of a model that can be queried."""
    references = sources[ReferenceModels]
    trained = references if isinstance(references, TrainedReferences) else None
    parts, again = _parts(data, sources[ShadowModels]), queries_again(data.target)
    return PreparedAudit(
        name=str(name),
        observe=partial(_observe, model, data, seeds),
        plan=plan_attacks(REGISTRY.values(), sources),
        sources=sources,
        seeds=seeds,
        class_names=data.class_names,
        settings=settings
        | {
            "shadow records": sum(map(len, parts[2:])),
            **({} if trained is None else trained.facts),
            "random queries": RandomQueries.count,
            "repeated queries": again,
            "top share of random queries": TOP,
        },
        inputs=tuple(value for part in parts for value in (part.X, part.y)),
        queries=sum(map(len, parts[:2])) + again,
        notes=() if trained is None else trained.notes,
        stronger=stronger,
        blind=blind,
    )


def _observe(model: Model, data: AuditData, seeds: Seeds) -> tuple[Observations, tuple[str, ...]]:
    """Return the target's answers and notes; some records are queried again to see whether it is stable."""
    target = observe(model, data.target, labelled=data.labelled)
    again = query_again(model, data.target, target, seeds.stream("repeated queries"))
    return target, (*data.notes, *refuse_unstable(again))


def _shadow_source(split: MemberSplit | None, trainer: Trainer | None, shadows: int) -> Source:
    if shadows == 0:
        return Missing("no shadow models: shadows=0 (command line: --shadows 0)")
    if split is None:
        return Missing(NO_SHADOW)
    return Missing(NO_TRAINER) if trainer is None else TrainedShadows(split, trainer)


def _name(model: Model) -> str:
    """Return the type of a model, of a wrapper of ours that of the estimator within."""
    inner = model.estimator if isinstance(model, AlignedModel | LabelOnlyModel) else model
    return type(inner).__name__
