"""From what users bring to an audit that is ready to run: data checked, attacks planned."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Labels, RandomQueries, ShadowModels
from mlleaks.attacks.threshold import TOP
from mlleaks.auditing.collecting import Missing, Saved, SavedShadows, TargetQueries, TrainedShadows
from mlleaks.auditing.planning import Source, Sources, plan_attacks
from mlleaks.auditing.prepared import PreparedAudit
from mlleaks.data.audit_data import AuditData, check_dataset
from mlleaks.data.domains import Domain, domain_of
from mlleaks.data.guards import (
    models_without_target_records,
    refuse_one_sided,
    refuse_too_few,
    without_repeats,
)
from mlleaks.data.records import parse_records
from mlleaks.data.splits import four_way_member_split, half_split
from mlleaks.data.tables import Table
from mlleaks.errors import InputError
from mlleaks.models import NetworkTrainer, as_trainer, train_model, trainer_like
from mlleaks.models.alignment import AlignedModel
from mlleaks.outputs.logits import SoftmaxModel, with_softmax
from mlleaks.outputs.query import observe
from mlleaks.outputs.stability import queries_again, query_again, refuse_unstable
from mlleaks.seeds import Seeds
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.tags import tag_of
from mlleaks.targets import read_answers, read_random_queries
from mlleaks.types import Dataset, MemberSplit, Model, Observations, Trainer

_NO_LABELS = "no true classes: pass members=(X, y) (command line: --label COLUMN)"
_NO_SHADOW = "no shadow data: pass shadow=(X, y) (command line: --shadow FILE)"
_NO_LABEL_COLUMN = "no true classes: add the column 'label'"
_NO_SHADOW_ROWS = "no shadow model's answers: add rows with another model_id"
_TARGET_RECORDS_ONLY = (
    "the shadow models' rows are about records that the target is evaluated on: add rows about others "
    "(if they are others, give them other record_ids)"
)
_NO_TRAINER = (
    "the model cannot be cloned by scikit-learn, and the paper's MLP needs PyTorch: "
    "pip install 'mlleaks[torch]', or pass trainer="
)
_NO_RANDOM_QUERIES = (
    "Without answers to random queries, attacks whose threshold comes from them rank the records, but flag "
    "none."
)


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
    drop_overlap: bool = False,
    from_logits: bool = False,
) -> PreparedAudit:
    """Return what `audit` would run: its ``plan``, and ``run()``. The parameters are those of `audit`.

    Two queries are sent to the model to learn the form of its answers.

    Raises
    ------
    InputError
        The records are not what the model takes, are too few or stand on both sides; a trainer without
        shadow data.
    ModelError
        The model raises, or answers in another form than posteriors.
    """
    seeds = Seeds(seed)
    if shadow is None and trainer is not None:
        raise InputError(
            "a trainer without shadow data",
            expected="shadow=(X, y) for it to train on",
            fix="Pass shadow (command line: --shadow FILE), or skip the trainer.",
        )
    target = SoftmaxModel(model) if from_logits else model
    data = AuditData.check(
        target,
        parse_records(members, "members"),
        parse_records(nonmembers, "nonmembers"),
        None if shadow is None else parse_records(shadow, "shadow records"),
        rng=seeds.stream("overlap"),
        drop_overlap=drop_overlap,
    )
    shadow_trainer = trainer_like(model) if trainer is None else as_trainer(trainer)
    own = isinstance(shadow_trainer, NetworkTrainer) if trainer is None else tag_of(type(shadow_trainer))
    description = None if shadow_trainer is None else describe(shadow_trainer)
    if shadow_trainer is not None and from_logits and not own:
        shadow_trainer = with_softmax(shadow_trainer)
    split = None if data.shadow is None else half_split(data.shadow, seeds.stream("shadow split"))
    shadows = _shadow_source(split, shadow_trainer)
    used = description if isinstance(shadows, TrainedShadows) else None
    return _prepared(
        target,
        data,
        _sources(target, data, shadows, domain),
        seeds=seeds,
        name=name,
        settings={"model": _name(model), "shadow trainer": used, "from_logits": from_logits},
    )


def prepare_trainer(
    data: Dataset,
    trainer: Trainer | Any,
    *,
    shadow_trainer: Trainer | Any = None,
    seed: int = 0,
    name: str = "audit",
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
    return _prepared(
        model,
        audited,
        _sources(model, audited, TrainedShadows(shadow, shadow_train), None),
        seeds=seeds,
        name=name,
        settings={
            "model": _name(model),
            "shadow trainer": describe(shadow_train),
            "from_logits": False,
        },
    )


def prepare_posteriors(
    table: Table,
    *,
    membership: Table | None = None,
    random_queries: Table | None = None,
    target: str | None = None,
    seed: int = 0,
    name: str = "audit",
    from_logits: bool = False,
) -> PreparedAudit:
    """Return what `audit_posteriors` would run. The parameters are those of `audit_posteriors`.

    Raises
    ------
    InputError
        The table does not hold what it should: see `mlleaks.targets.table.read_answers`.
    """
    answers = read_answers(table, membership=membership, target=target, from_logits=from_logits)
    observations = answers.target
    refuse_one_sided(observations)
    shadows, notes = models_without_target_records(tuple(answers.shadows.values()), observations)
    k = observations.outputs.posteriors.shape[1]
    labelled = observations.outputs.labels is not None
    no_shadows = _TARGET_RECORDS_ONLY if answers.shadows else _NO_SHADOW_ROWS
    sources: dict[Any, Source] = {
        Labels: Saved(value=True) if labelled else Missing(_NO_LABEL_COLUMN),
        ShadowModels: SavedShadows(shadows) if shadows else Missing(no_shadows),
    }
    if random_queries is None:
        notes = (*notes, _NO_RANDOM_QUERIES)
    else:
        saved = read_random_queries(random_queries, n_classes=k, from_logits=from_logits)
        sources[RandomQueries] = Saved(saved)
    return PreparedAudit(
        name=str(name),
        observe=lambda: (observations, notes),
        plan=plan_attacks(REGISTRY.values(), sources),
        sources=sources,
        seeds=Seeds(seed),
        class_names=tuple(map(str, range(k))),
        settings={"from_logits": from_logits},
    )


def _sources(model: Model, data: AuditData, shadows: Source, domain: Domain | None) -> Sources:
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
    model: Model, data: AuditData, sources: Sources, *, seeds: Seeds, name: str, settings: dict[str, Any]
) -> PreparedAudit:
    """Return the audit of a model that can be queried."""
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
            "random queries": RandomQueries.count,
            "repeated queries": again,
            "top share of random queries": TOP,
        },
        inputs=tuple(value for part in parts for value in (part.X, part.y)),
        queries=sum(map(len, parts[:2])) + again,
    )


def _observe(model: Model, data: AuditData, seeds: Seeds) -> tuple[Observations, tuple[str, ...]]:
    """Return the target's answers and notes; some records are queried again to see whether it is stable."""
    target = observe(model, data.target, labelled=data.labelled)
    again = query_again(model, data.target, target, seeds.stream("repeated queries"))
    return target, (*data.notes, *refuse_unstable(again))


def _shadow_source(split: MemberSplit | None, trainer: Trainer | None) -> Source:
    if split is None:
        return Missing(_NO_SHADOW)
    return Missing(_NO_TRAINER) if trainer is None else TrainedShadows(split, trainer)


def _name(model: Model) -> str:
    """Return the type of a model, of a wrapper of ours that of the estimator within."""
    inner = model.estimator if isinstance(model, AlignedModel) else model
    return type(inner).__name__
