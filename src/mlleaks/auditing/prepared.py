"""An audit whose data are checked and whose attacks are planned, before anything costly is done."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlleaks.attacks.needs import RandomQueries
from mlleaks.auditing.canaries import CanaryQueries
from mlleaks.auditing.collecting import TargetQueries, collect
from mlleaks.auditing.deleted import evaluate_with_deleted
from mlleaks.auditing.deleted_queries import DeletedQueries
from mlleaks.auditing.evaluating import build_all, target_facts
from mlleaks.auditing.headline import choose_headline
from mlleaks.auditing.outliers import OutlierRanks
from mlleaks.auditing.over_models import scores_over_models
from mlleaks.auditing.people import with_groups
from mlleaks.auditing.placebo import Findings, PlaceboCheck
from mlleaks.auditing.planning import AttackPlan, Sources
from mlleaks.data.record_groups import RecordGroups
from mlleaks.outputs.signals import predicted_classes
from mlleaks.report import AuditReport
from mlleaks.results.audit import AuditResult
from mlleaks.results.blind_check import BlindCheck
from mlleaks.results.margin import DEFAULT_MARGIN, Margin
from mlleaks.results.provenance import record
from mlleaks.seeds import Seeds
from mlleaks.types import Observations


@dataclass(frozen=True)
class PreparedAudit:
    """An audit that is ready to run.

    Parameters
    ----------
    name : str
        What the run is called.
    observe : callable
        ``observe() -> (Observations, notes)``: queries the target about the audited records.
    plan : AttackPlan
    sources : mapping of kind of need to Source
        Those that ``plan`` was made with.
    seeds : Seeds
        Every attack and every source has a stream of its own, by name.
    class_names : tuple of str
    settings : mapping
        What else the figures depend on, for the provenance; JSON values.
    inputs : tuple
        The arrays that they depend on besides the answers, for the hash of all inputs.
    queries : int
        Records that ``observe`` sends to the target.
    notes : tuple of str
        What a reader should know besides what observing the target tells.
    stronger : callable, optional
        ``stronger() -> str or None``: what a stronger audit would take, which is measured after this one.
    blind : callable, optional
        ``blind() -> BlindCheck``: whether the two sides differ by themselves.
    outliers : callable, optional
        ``outliers() -> OutlierRanks or None``: how far each record lies from the others.
    placebo : PlaceboCheck, optional
        How the attacks are run against models that saw none of the records.
    margin : Margin
        What counts as no leak.
    canaries : CanaryQueries, optional
        Canaries that are audited besides.
    deleted : DeletedQueries, optional
        Records that should be forgotten.
    last_look : callable, optional
        ``last_look(observations) -> note or None``: whether the target is still the same at the end.
    usage : callable, optional
        ``usage() -> counts`` of what was sent to a service.
    groups : RecordGroups
        Whose record each is, and which slice it belongs to, where that is known.
    started : float
        ``time.monotonic()`` at the beginning.
    """

    name: str
    observe: Callable[[], tuple[Observations, tuple[str, ...]]]
    plan: AttackPlan
    sources: Sources
    seeds: Seeds
    class_names: tuple[str, ...]
    settings: Mapping[str, Any]
    inputs: tuple[Any, ...] = ()
    queries: int = 0
    notes: tuple[str, ...] = ()
    stronger: Callable[[], str | None] | None = None
    blind: Callable[[], BlindCheck] | None = None
    outliers: Callable[[], OutlierRanks | None] | None = None
    placebo: PlaceboCheck | None = None
    margin: Margin = DEFAULT_MARGIN
    canaries: CanaryQueries | None = None
    deleted: DeletedQueries | None = None
    last_look: Callable[[Observations], str | None] | None = None
    usage: Callable[[], Mapping[str, Any]] | None = None
    groups: RecordGroups = field(default_factory=RecordGroups)
    started: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """Return about how long the audit takes.

        Some records are sent to the target, and a model is trained on a tenth of the shadow's records, to
        measure it; training is taken to last in proportion to the records.
        """
        evidence = sum(self.sources[type(need)].seconds(need) for need in self.plan.needs)
        target = self.sources.get(RandomQueries)
        per_query = target.seconds_per_query if isinstance(target, TargetQueries) else 0.0
        placebo = 0.0 if self.placebo is None else self.placebo.models.seconds(self.seeds)
        return evidence + self.queries * per_query + (0.0 if math.isnan(placebo) else placebo)

    def _suggestion(self) -> list[str]:
        text = None if self.stronger is None else self.stronger()
        return [] if text is None else [text]

    def query_counts(self) -> dict[str, Any]:
        """Return how many records are sent to the target for each attack; empty where none is.

        Attacks share the queries about the audited records, and those that need the same share these, too.
        """
        if not self.queries:
            return {}
        by_attack = {spec.name: self.queries + self.plan.queries_of(spec) for spec in self.plan.attacks}
        total = self.queries + self.plan.cost.queries
        return {"total": total, "about the records": self.queries, "by attack": by_attack}

    def _queries_sent(self) -> dict[str, Any]:
        """Return the entry of the provenance on queries; empty where none was sent."""
        counts = self.query_counts()
        service = {} if self.usage is None else {"service": dict(self.usage())}
        return {"queries": counts | service} if counts else {}

    def _late_notes(self, target: Observations) -> list[str]:
        note = None if self.last_look is None else self.last_look(target)
        return [] if note is None else [note]

    def run(self) -> AuditReport:
        """Return the report: observe the target, collect the evidence, build and evaluate each attack."""
        target, notes = self.observe()
        evidence = collect(self.plan, self.sources, self.seeds)
        headline, odd = choose_headline(self.plan, evidence, target)
        built = build_all(self.plan, evidence, self.seeds)
        verdicts, deleted = evaluate_with_deleted(built, evidence, target, self.deleted)
        blind = None if self.blind is None else self.blind()
        findings = Findings(
            built, evidence, target, verdicts, self.seeds, self.groups.person_codes(target.ids)
        )
        placebo = None if self.placebo is None else self.placebo.run(findings, blind)
        outliers = None if self.outliers is None else self.outliers()
        result = AuditResult(
            name=self.name,
            verdicts=verdicts,
            skipped=dict(self.plan.skipped),
            target=target_facts(target),
            member=target.member,
            predicted=predicted_classes(target.outputs.posteriors),
            labels=target.outputs.labels,
            ids=target.ids,
            class_names=self.class_names,
            headline=headline,
            blind=blind,
            placebo=placebo,
            margin=self.margin,
            canaries=None if self.canaries is None else self.canaries.run(),
            deleted=deleted,
            outlier_rank=None if outliers is None else outliers.of(target.ids),
            over_models=scores_over_models(built, headline, target),
            notes=(*self._late_notes(target), *notes, *self.notes, *odd, *self._suggestion()),
            provenance=record(
                *self.inputs,
                target,
                *evidence.values(),
                *self.groups.arrays(target.ids),
                settings=self.settings,
                seed=self.seeds.root,
                seconds=time.monotonic() - self.started,
            )
            | self._queries_sent(),
        )
        return AuditReport(with_groups(result, self.groups))
