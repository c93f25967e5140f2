"""Whether the verdict says what is true: no leak, a leak, or members and non-members swapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Labels
from mlleaks.auditing.collecting import Saved, collect
from mlleaks.auditing.evaluating import build_all, evaluate_all, target_facts
from mlleaks.auditing.planning import Source, plan_attacks
from mlleaks.auditing.selfcheck.check import Check, at_most, guarded, status_of
from mlleaks.auditing.selfcheck.planted_leak import GAP, plant
from mlleaks.outputs.signals import predicted_classes
from mlleaks.report import AuditReport
from mlleaks.results import decision
from mlleaks.results.audit import AuditResult
from mlleaks.seeds import Seeds
from mlleaks.types import Observations, Outputs

AUDITS, RECORDS = 24, 400
MARGIN, MANY = "no leak, against the margin", 12_000
CLEAN, STRONG, WRONG = ("No detectable leak", "Undecided: no leak"), "leaks strongly", "wrong direction"


def verdict_checks() -> Iterator[Check]:
    """Yield what audits of made answers say, by the attacks that need no more than these."""
    yield from guarded("verdict", "no leak", _without_leak)
    yield from guarded("verdict", "a leak", _with_leak)
    yield from guarded("verdict", MARGIN, _against_margin)
    yield from guarded("verdict", "members and non-members swapped", _swapped)


def _without_leak() -> Iterator[Check]:
    reports = [report_on(_some(plant(0.0, 100 + seed).target)) for seed in range(AUDITS)]
    wrong = sum(report.leaks for report in reports)
    yield at_most(("verdict", "no leak", "no leak, called leaking"), wrong, AUDITS, share=decision.ALPHA)
    other = sum(not report.headline.startswith(CLEAN) for report in reports)
    share = 2 * decision.ALPHA  # or non-members look like members, at the same level
    yield at_most(("verdict", "no leak", "no leak, but another headline"), other, AUDITS, share=share)


def _with_leak() -> Iterator[Check]:
    report = report_on(plant(GAP, 200).target)
    yield _words("a leak", report, ("leaks", STRONG), leaks=True)


def _against_margin() -> Iterator[Check]:
    """Check that few records leave it open whether there is a leak that matters, and many exclude one."""
    few, many = (report_on(_answers(n)) for n in (RECORDS, MANY))
    for n, report, expected in ((RECORDS, few, decision.UNDECIDED), (MANY, many, decision.CLEAN)):
        got = report.outcome
        yield Check("verdict", MARGIN, f"no leak, {n:,} records", expected, got, status_of(got == expected))


def _answers(n: int) -> Observations:
    """Return answers that do not depend on membership."""
    rng = Seeds(0).stream(f"selfcheck margin {n}")
    outputs = Outputs(rng.dirichlet(np.ones(2), size=n), rng.integers(2, size=n), np.arange(n))
    return Observations(outputs, rng.permutation(n) % 2 == 0)


def _swapped() -> Iterator[Check]:
    target = plant(GAP, 200).target
    report = report_on(Observations(target.outputs, ~target.member))
    yield _words("members and non-members swapped", report, ("doubt", WRONG), leaks=False)


def _words(name: str, report: AuditReport, expected: tuple[str, str], *, leaks: bool) -> Check:
    """Check the severity, some words of the headline, and the decision behind them."""
    severity, part = expected
    passed = part in report.headline and report.severity == severity and report.leaks == leaks
    got = f"{report.severity}: {report.headline}"
    return Check("verdict", name, "a leak", f"{severity}: ... {part} ...", got, status_of(passed))


def _some(target: Observations) -> Observations:
    rows = np.arange(RECORDS)
    return Observations(target.outputs.take(rows), target.member[rows])


def report_on(target: Observations) -> AuditReport:
    """Return the report of an audit of answers, as `PreparedAudit.run` makes it."""
    sources: dict[Any, Source] = {Labels: Saved(value=True)}
    plan, seeds = plan_attacks(REGISTRY.values(), sources), Seeds(0)
    evidence = collect(plan, sources, seeds)
    return AuditReport(
        AuditResult(
            name="selfcheck",
            verdicts=evaluate_all(build_all(plan, evidence, seeds), evidence, target),
            skipped=dict(plan.skipped),
            target=target_facts(target),
            member=target.member,
            predicted=predicted_classes(target.outputs.posteriors),
            labels=target.outputs.labels,
            ids=target.ids,
            class_names=tuple(map(str, range(target.outputs.posteriors.shape[1]))),
            notes=(),
            provenance={},
        )
    )
