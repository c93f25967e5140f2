"""What it costs to evaluate 30 attacks, part by part, and to write the report about them.

    python benchmarks/evaluating.py

The attacks' scores are of six shapes: continuous; rounded to two decimals; 449 in 1,000 records with one
value; one value that holds all but 200 records (the largest number of random labellings); ten values; two.
Half of them leak. The floor is one sort of the scores: without it there is no ROC.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import seconds, write

from mlleaks.attacks.needs import Labels, Need, ReferenceModels, ShadowModels
from mlleaks.attacks.spec import AttackSpec
from mlleaks.auditing.evaluating import evaluate, target_facts
from mlleaks.report import AuditReport
from mlleaks.results import runs
from mlleaks.results.audit import AuditResult
from mlleaks.stats import intervals, significance
from mlleaks.stats.metrics import FPRS, roc
from mlleaks.types import Bools, Floats, Observations, Outputs

ATTACKS, CLASSES, REPEATS = 30, 10, 5
NEEDS: tuple[tuple[Need[Any], ...], ...] = (
    (),
    (Labels(),),
    (ShadowModels(1),),
    (ReferenceModels(64), Labels()),
    (ReferenceModels(64, online=False), Labels()),
)
SHAPES: Mapping[str, Callable[[Floats, np.random.Generator], Floats]] = {
    "continuous": lambda scores, _: scores,
    "two decimals": lambda scores, _: scores.round(2),
    "449 in 1,000 tied": lambda scores, rng: np.where(rng.random(len(scores)) < 0.449, -9.0, scores),
    "one value but for 200": lambda scores, _: np.maximum(scores, np.sort(scores)[-200]),
    "ten values": lambda scores, _: np.clip(scores.round(), -4, 5),
    "two values": lambda scores, _: (scores > 0).astype(float),
}


@dataclass(frozen=True)
class Fixed:
    """An attack whose scores are known."""

    scores: Floats
    threshold: float = 0.5

    def score(self, outputs: Outputs) -> Floats:
        """Return the scores."""
        return self.scores


def main() -> None:
    """Measure each number of records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[1000, 5000, 100_000])
    write("evaluating", {"seed": 0, "records": {str(n): measured(n) for n in parser.parse_args().records}})


def measured(n: int) -> dict[str, Any]:
    """Return the milliseconds per attack by shape and part, and the seconds of a report of 30 attacks."""
    rng = np.random.default_rng(0)
    target = observations(n, rng)
    vectors: dict[str, list[Floats]] = {shape: [] for shape in SHAPES}
    for i in range(ATTACKS // len(SHAPES)):
        for shape, make in SHAPES.items():
            vectors[shape].append(make(rng.normal(size=n) + (i % 2) * target.member, rng))
    parts = {shape: milliseconds(target, scores) for shape, scores in vectors.items()}
    return {
        "milliseconds per attack": parts,
        "seconds for a report": report_seconds(target, vectors),
    }


def observations(n: int, rng: np.random.Generator) -> Observations:
    """Return made answers to ``n`` records, half of them members."""
    posteriors = rng.dirichlet(np.ones(CLASSES), size=n)
    return Observations(Outputs(posteriors, rng.integers(CLASSES, size=n)), rng.permutation(n) % 2 == 0)


def milliseconds(target: Observations, vectors: list[Floats]) -> dict[str, float]:
    """Return the time of each part: the best of `REPEATS` for each vector, and of these the median."""
    rows = [best_times(target, scores) for scores in vectors]
    return {name: round(1e3 * statistics.median(row[name] for row in rows), 3) for name in rows[0]}


def best_times(target: Observations, scores: Floats) -> dict[str, float]:
    """Return the shortest time of each part of an evaluation, and of the whole."""
    attack = Fixed(scores)
    spec = AttackSpec("made", "Made", "", (), lambda *_: attack)
    work = parts_of(target.member, scores) | {"evaluate": lambda: evaluate(spec, attack, target)}
    return {name: min(seconds(part) for _ in range(REPEATS)) for name, part in work.items()}


def parts_of(member: Bools, scores: Floats) -> dict[str, Callable[[], object]]:
    """Return the parts of an evaluation."""
    curve = roc(member, scores)
    return {
        "floor: one sort": lambda: np.sort(scores),
        "roc": lambda: roc(member, scores),
        "interval of the AUC": lambda: intervals.area(curve),
        "intervals of the TPRs": lambda: [intervals.tpr_at_fpr(curve, fpr) for fpr in FPRS],
        **{f"{name} test": lambda test=test: test(curve) for name, test in significance.TESTS.items()},  # type: ignore[misc]
    }


def report_seconds(target: Observations, vectors: Mapping[str, list[Floats]]) -> dict[str, Any]:
    """Return how long the stages of a saved report take, and how large its files are."""
    scores = [vector for shape in vectors.values() for vector in shape]
    verdicts = tuple(
        evaluate(
            AttackSpec(
                f"made-{i}",
                f"Made {i}: {i} of {ATTACKS}",
                "",
                NEEDS[i % len(NEEDS)],
                lambda *_: Fixed(scores[0]),
            ),
            Fixed(vector),
            target,
        )
        for i, vector in enumerate(scores)
    )
    names = tuple(map(str, range(CLASSES)))
    facts = {"created": "", "settings": {}, "versions": {}}
    outputs = target.outputs
    predicted = outputs.posteriors.argmax(axis=1)
    ids = np.arange(len(target))
    result = AuditResult(
        "made",
        verdicts,
        {},
        target_facts(target),
        target.member,
        predicted,
        outputs.labels,
        ids,
        names,
        (),
        facts,
    )
    report = AuditReport(result)
    report.to_html()  # the first page of a process imports Altair
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        timed = {
            "sentences and warnings": seconds(lambda: (report.headline, report.sentences, report.warnings)),
            "page": seconds(report.to_html),
            "arrays and result": seconds(lambda: runs.save_run(result, run)),
            "AuditReport.save": seconds(lambda: report.save(Path(folder) / "saved")),
        }
        sizes = {
            f"MB of {path.name}": round(path.stat().st_size / 1e6, 2)
            for path in (Path(folder) / "saved").iterdir()
        }
    return {name: round(time, 3) for name, time in timed.items()} | sizes


if __name__ == "__main__":
    main()
