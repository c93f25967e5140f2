"""From a table of saved posteriors to an audit that is ready to run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Labels, Population, RandomQueries, Records, ReferenceModels, ShadowModels
from mlleaks.auditing.collecting import Missing, Saved, SavedShadows
from mlleaks.auditing.group_columns import groups_in_tables
from mlleaks.auditing.label_queries import no_label_sources
from mlleaks.auditing.placebo import PlaceboCheck
from mlleaks.auditing.placebo_models import Impossible
from mlleaks.auditing.planning import Source, plan_attacks
from mlleaks.auditing.prepared import PreparedAudit
from mlleaks.auditing.saved_references import SavedReferences, saved_references
from mlleaks.data.guards import models_without_target_records, refuse_one_sided
from mlleaks.data.tables import Table
from mlleaks.results.margin import DEFAULT_MARGIN, Margin
from mlleaks.seeds import Seeds
from mlleaks.targets import read_answers, read_random_queries

_NO_LABEL_COLUMN = "no true classes: add the column 'label'"
_NO_SHADOW_ROWS = "no shadow model's answers: add rows with another model_id"
_TARGET_RECORDS_ONLY = (
    "the shadow models' rows are about records that the target is evaluated on: add rows about others "
    "(if they are others, give them other record_ids)"
)
_NO_POPULATION = "no answers of the target to further records that it was not trained on"
_NO_REFERENCE_ROWS = "no reference models: add what other models answer about the same records (model_id)"
_MORE_MODELS = ": add what more models answer about the same records (model_id)"
_NO_RANDOM_QUERIES = (
    "Without answers to random queries, attacks whose threshold comes from them rank the records, but flag "
    "none."
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
    margin: Margin = DEFAULT_MARGIN,
    groups: str | None = None,
    slices: str | None = None,
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
    grouped = groups_in_tables(observations, table, membership, {"groups": groups, "slices": slices})
    references, more = saved_references(observations, answers.shadows)
    models = tuple(answers.shadows.values())
    if references is not None:  # models that were trained on none of their records may serve as references
        models = tuple(model for model in models if model.member.any())
    shadows, notes = models_without_target_records(models, observations)
    notes = more if references is not None and not shadows else (*notes, *more)
    k = observations.outputs.posteriors.shape[1]
    labelled = observations.outputs.labels is not None
    why = _NO_REFERENCE_ROWS if labelled else _NO_LABEL_COLUMN
    no_shadows = _TARGET_RECORDS_ONLY if answers.shadows else _NO_SHADOW_ROWS
    sources: dict[Any, Source] = {
        Labels: Saved(value=True) if labelled else Missing(_NO_LABEL_COLUMN),
        ShadowModels: SavedShadows(shadows) if shadows else Missing(no_shadows),
        ReferenceModels: Missing(why) if references is None else SavedReferences(references, _MORE_MODELS),
        Population: Missing(_NO_POPULATION),
        Records: Missing("the table has no records"),
        **no_label_sources("no model to query, only saved answers"),
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
        settings={"from_logits": from_logits, "margin": asdict(margin)},
        margin=margin,
        placebo=PlaceboCheck(Impossible("only answers are there, and no model to train")),
        groups=grouped,
    )
