"""Whether attacks stay blind where training leaves no trace: all that need no further queries per record.

    python benchmarks/null_reference_audits.py

In every simulated audit a record's signals do not depend on who was trained on it, so members and non-members
are exchangeable. Then an AUC is 1/2 on average with a known variance, and the members above the k-th largest
score of the non-members follow a negative hypergeometric distribution: both give exact bounds for the mean
over all audits. Signals are those of networks (a normal distribution around how hard a record is) or of
forests (votes of 100 trees: many posteriors are exactly 1).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from math import floor, sqrt
from typing import Any

import numpy as np
from machine import write
from scipy.special import expit

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import (
    Evidence,
    Labels,
    Population,
    RandomQueries,
    Records,
    ReferenceModels,
    ShadowModels,
)
from mlleaks.attacks.spec import AttackSpec
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.outputs.signals import scaled_logit
from mlleaks.stats import intervals, metrics
from mlleaks.types import Dataset, Observations, Outputs

SEED = 2026
RECORDS, FURTHER, MODELS, CLASSES, TREES = 400, 300, 8, 3, 100
FPR = 0.01
DEVIATIONS = 3.3
"""Beyond so many standard errors a mean is called out of bounds: one in a thousand is by chance."""


def main() -> None:
    """Simulate, attack, compare with the bounds, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    figures = {kind: simulate(kind, runs) for kind in ("network", "forest")}
    write("null_reference_audits", {"seed": SEED, "runs": runs, "bounds": bounds(runs), **figures})


def specs() -> list[AttackSpec]:
    """Return the attacks that need no more than this simulation has."""
    available = {ReferenceModels, Population, Labels, ShadowModels, RandomQueries, Records}
    return [spec for spec in REGISTRY.values() if {type(need) for need in spec.needs} <= available]


def simulate(kind: str, runs: int) -> dict[str, Any]:
    """Return what each attack achieves over all audits of one kind."""
    results: dict[str, list[dict[str, float]]] = {spec.name: [] for spec in specs()}
    for run in range(runs):
        rng = np.random.default_rng([SEED, run])
        evidence, target = audit(kind, rng)
        for spec in specs():
            results[spec.name].append(attacked(spec, evidence, target))
    return {name: summary(rows) for name, rows in results.items()}


def audit(kind: str, rng: np.random.Generator) -> tuple[Evidence, Observations]:
    """Return evidence and a target: neither its answers nor the reference models' depend on membership."""
    answers = signals(kind, rng)
    n = RECORDS + FURTHER
    labels, ids = rng.integers(CLASSES, size=n), np.arange(n)
    half = np.stack([rng.permutation(RECORDS) % 2 == 0 for _ in range(MODELS // 2)])
    trained_on = np.stack([half, ~half], axis=1).reshape(MODELS, RECORDS)
    values = np.stack(
        [scaled_logit(p, labels) for p in (posteriors(next(answers), labels) for _ in range(MODELS))]
    )
    references = References(
        ReferenceSignals(values[:, :RECORDS], trained_on, labels[:RECORDS], ids[:RECORDS]),
        np.repeat(np.arange(MODELS // 2), 2),
        ReferenceSignals(
            values[:, RECORDS:], np.zeros((MODELS, FURTHER), dtype=bool), labels[RECORDS:], ids[RECORDS:]
        ),
    )
    outputs = Outputs(posteriors(next(answers), labels), labels, ids)
    items = {ReferenceModels: references, Population: outputs.take(ids[RECORDS:]), Labels: True}
    items |= {RandomQueries: Outputs(posteriors(next(answers), labels)[:FURTHER])}
    items |= {
        ShadowModels: (shadow(kind, rng),),
        Records: Dataset("made", rng.normal(size=(n, 5)), labels, CLASSES),
    }
    return Evidence(items), Observations(outputs.take(ids[:RECORDS]), rng.permutation(RECORDS) % 2 == 0)


def shadow(kind: str, rng: np.random.Generator) -> Observations:
    """Return what a shadow model answers about records of its own, of which training left no trace either."""
    labels = rng.integers(CLASSES, size=RECORDS + FURTHER)
    outputs = Outputs(posteriors(next(signals(kind, rng)), labels), labels, np.arange(len(labels)))
    return Observations(outputs, rng.permutation(len(labels)) % 2 == 0)


def signals(kind: str, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield one model after another's posteriors of the true class; records differ in how hard they are."""
    hard = rng.normal(1.5, 2.0, size=RECORDS + FURTHER)
    spread = rng.gamma(2.0, 0.5, size=len(hard))
    while True:
        p = expit(rng.normal(hard, spread))
        yield p if kind == "network" else rng.binomial(TREES, p) / TREES


def posteriors(true: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return posteriors ``(n, k)`` with that of the true class, the rest divided equally."""
    p = np.repeat((1 - true)[:, None] / (CLASSES - 1), CLASSES, axis=1)
    p[np.arange(len(labels)), labels] = true
    return p


def attacked(spec: AttackSpec, evidence: Evidence, target: Observations) -> dict[str, float]:
    """Return one attack's figures on one target."""
    attack = spec.build(evidence, np.random.default_rng(0))
    scores, member = attack.score(target.outputs), target.member
    auc = intervals.auc(member, scores)
    flagged = scores > attack.threshold
    return {
        "auc": auc.value,
        "covered": auc.low <= 0.5 <= auc.high,
        "tpr": metrics.tpr_at_fpr(metrics.roc(member, scores), FPR),
        "flagged members": float(flagged[member].mean()),
        "flagged non-members": float(flagged[~member].mean()),
    }


def bounds(runs: int, deviations: float = DEVIATIONS) -> dict[str, list[float]]:
    """Return between what the means over all audits lie if scores are exchangeable and all different.

    Equal scores make the variance of an AUC smaller, and fewer members lie strictly above a score.
    """
    n = RECORDS // 2
    k = floor(FPR * n) + 1
    error = deviations * sqrt((2 * n + 1) / (12 * n * n) / runs)
    mean, variance = k * n / (n + 1), k * n * (2 * n + 1) * (n + 1 - k) / ((n + 1) ** 2 * (n + 2))
    spread = deviations * sqrt(variance / runs)
    return {"auc": [0.5 - error, 0.5 + error], "tpr": [(mean - spread) / n, (mean + spread) / n]}


def summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Return the means of all audits, whether they are within bounds, and how often intervals cover 1/2."""
    mean = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    limits = bounds(len(rows))
    covered = intervals.share(sum(bool(row["covered"]) for row in rows), len(rows))
    return {
        "auc": round(mean["auc"], 4),
        "auc within bounds": limits["auc"][0] <= mean["auc"] <= limits["auc"][1],
        "tpr at 1 % fpr": round(mean["tpr"], 4),
        "tpr within bounds": mean["tpr"] <= limits["tpr"][1],
        "auc intervals with 1/2": [round(x, 3) for x in (covered.value, covered.low, covered.high)],
        "flagged members": round(mean["flagged members"], 4),
        "flagged non-members": round(mean["flagged non-members"], 4),
    }


if __name__ == "__main__":
    main()
