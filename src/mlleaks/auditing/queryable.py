"""What all audits of a model that can be queried share: its sources of evidence, and the prepared audit."""

from __future__ import annotations

from functools import partial
from typing import Any

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Labels, RandomQueries, ReferenceModels, ShadowModels
from mlleaks.attacks.threshold import TOP
from mlleaks.auditing.collecting import Missing, Saved, TargetQueries, TrainedShadows
from mlleaks.auditing.planning import Source, Sources, plan_attacks
from mlleaks.auditing.prepared import PreparedAudit
from mlleaks.auditing.reference_models import TrainedReferences
from mlleaks.auditing.reference_sources import NO_SHADOW, NO_TRAINER
from mlleaks.data.audit_data import AuditData
from mlleaks.data.domains import Domain, domain_of
from mlleaks.models.alignment import AlignedModel
from mlleaks.outputs.label_only import LabelOnlyModel
from mlleaks.outputs.query import observe
from mlleaks.outputs.stability import queries_again, query_again, refuse_unstable
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, MemberSplit, Model, Observations, Trainer

_NO_LABELS = "no true classes: pass members=(X, y) (command line: --label COLUMN)"

_NO_RANDOM = "the budget of queries leaves none for random records"


def sources_of(
    model: Model, data: AuditData, shadows: Source, domain: Domain | None, *, random_queries: bool = True
) -> dict[Any, Source]:
    """Return how evidence can be had where the target can be queried."""
    parts = parts_of(data, shadows)
    random_records = domain_of(*(part.X for part in parts)) if domain is None else domain
    return {
        Labels: Saved(value=True) if data.labelled else Missing(_NO_LABELS),
        RandomQueries: TargetQueries(model, random_records, like=data.target.members)
        if random_queries
        else Missing(_NO_RANDOM),
        ShadowModels: shadows,
    }


def parts_of(data: AuditData, shadows: Source) -> list[Dataset]:
    """Return all records that take part."""
    splits = [data.target, *([shadows.split] if isinstance(shadows, TrainedShadows) else ())]
    return [part for split in splits for part in (split.members, split.nonmembers)]


def prepared(
    model: Model,
    data: AuditData,
    sources: Sources,
    *,
    seeds: Seeds,
    name: str,
    settings: dict[str, Any],
) -> PreparedAudit:
    """Return the audit of a model that can be queried."""
    references = sources[ReferenceModels]
    trained = references if isinstance(references, TrainedReferences) else None
    parts, again = parts_of(data, sources[ShadowModels]), queries_again(data.target)
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
    )


def _observe(model: Model, data: AuditData, seeds: Seeds) -> tuple[Observations, tuple[str, ...]]:
    """Return the target's answers and notes; some records are queried again to see whether it is stable."""
    target = observe(model, data.target, labelled=data.labelled)
    again = query_again(model, data.target, target, seeds.stream("repeated queries"))
    return target, (*data.notes, *refuse_unstable(again))


def shadow_source(split: MemberSplit | None, trainer: Trainer | None, shadows: int) -> Source:
    """Return where the one shadow model comes from: ``split`` are the attacker's records."""
    if shadows == 0:
        return Missing("no shadow models: shadows=0 (command line: --shadows 0)")
    if split is None:
        return Missing(NO_SHADOW)
    return Missing(NO_TRAINER) if trainer is None else TrainedShadows(split, trainer)


def model_name(model: Model) -> str:
    """Return the type of a model, of a wrapper of ours that of the estimator within."""
    inner = model.estimator if isinstance(model, AlignedModel | LabelOnlyModel) else model
    return type(inner).__name__
