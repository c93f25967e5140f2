"""What ``--dry-run`` prints: the attacks, what they need, what is skipped, what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from mlleaks.cli.console import console
from mlleaks.report.attack_groups import skipped_in_words
from mlleaks.report.duration import duration

if TYPE_CHECKING:
    from mlleaks.attacks.spec import AttackSpec
    from mlleaks.auditing.planning import AttackPlan
    from mlleaks.auditing.prepared import PreparedAudit


def print_plan(prepared: PreparedAudit) -> None:
    """Print what an audit would do; nothing is written."""
    screen, plan = console(), prepared.plan
    table = Table(box=None, pad_edge=False)
    by_attack = prepared.query_counts().get("by attack", {})
    for title in ("attack", "what it is", "needs", *(["queries"] if by_attack else [])):
        table.add_column(title, justify="right" if title == "queries" else "left")
    for spec in plan.attacks:
        queries = [f"{by_attack[spec.name]:,}"] if by_attack else []
        table.add_row(spec.name, spec.title, _needs(spec, prepared), *queries)
    screen.print(table)
    for sentence in skipped_in_words(plan.skipped):
        screen.print(f"  {sentence}", style="yellow", soft_wrap=True)
    if how := prepared.settings.get("shadow trainer"):
        screen.print(f"\nShadow model: {how.partition('(')[0]}", end="")
    if choice := prepared.settings.get("surrogate"):
        models, queries = len(choice["resemblance"]), choice["queries"]
        screen.print(
            f"\nIt answers most like the target: {models} models and {queries:,} queries to see it", end=""
        )
    cost = plan.cost
    placebo = 0 if prepared.placebo is None else prepared.placebo.models.count
    besides = f", and {placebo} for the placebo" if placebo else ""
    screen.print(f"\nModels to train: {cost.models}{besides}")
    about = ", ".join([f"{prepared.queries:,} about the records", *_further_queries(plan)])
    screen.print(f"Queries to send: {prepared.queries + cost.queries:,} ({about})")
    screen.print(f"Time: {duration(prepared.seconds())}")


def _further_queries(plan: AttackPlan) -> list[str]:
    """Return how many queries go beyond one for each record, by what they are for."""
    from mlleaks.attacks.needs import Population, RandomQueries

    names = {RandomQueries: "random", Population: "about other records"}
    sent = (
        (cost.queries, names.get(type(need), str(need)))
        for need, cost in zip(plan.needs, plan.costs, strict=True)
    )
    return [f"{queries:,} {what}" for queries, what in sent if queries]


def _needs(spec: AttackSpec, prepared: PreparedAudit) -> str:
    """Return what an attack is given, and what it does without."""
    from mlleaks.attacks.needs import merge_needs

    kinds = {type(need) for need in prepared.plan.needs}
    parts = [str(need) for need in merge_needs([*spec.needs, *spec.uses]) if type(need) in kinds]
    without = [f"no threshold without {need}" for need in spec.uses if type(need) not in kinds]
    return ", ".join([*(parts or ["nothing but the answers"]), *without])
