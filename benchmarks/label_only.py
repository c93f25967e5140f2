"""What label-only attacks find, and with how many queries per record, beside the gap attack.

    python benchmarks/label_only.py

A target and a shadow are trained on the four parts of the paper's protocol. The attacks see the answered
class alone. "Correct records" are those that the target classifies correctly: among them the gap attack
ranks nothing. On Location and Adult, whose features are mostly two-valued, the distance is the share of
features that must be replaced; on digits and CIFAR-10 it is a length. Figures and their 95 % intervals are
those of the first seed; the means are over all seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean
from time import perf_counter
from typing import Any

import numpy as np
from machine import write
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks import attacks
from mlleaks.attacks.needs import AugmentedAnswers, BoundaryDistances, Evidence, Labels, NoisyAnswers
from mlleaks.auditing.collecting import TrainedShadows
from mlleaks.auditing.evaluating import evaluate
from mlleaks.auditing.label_queries import label_sources
from mlleaks.data.splits import four_way_member_split
from mlleaks.models import as_trainer, train_model
from mlleaks.models.scikit_learn import of_rows
from mlleaks.outputs.query import observe
from mlleaks.outputs.signals import predicted_classes
from mlleaks.seeds import Seeds
from mlleaks.types import Observations

SEEDS = (0, 1)
ATTACKS = {
    "label-noise": (NoisyAnswers, (16, 64)),
    "label-augmentation": (AugmentedAnswers, (16, 64)),
    "boundary-distance": (BoundaryDistances, (64, 250)),
}
"""Each attack's need, and its queries per record."""


@dataclass(frozen=True)
class Case:
    """A data set, how many of its records take part, and a trainer."""

    data: str
    records: int
    model: str
    trainer: Any


CASES = (
    Case("digits", 1200, "decision tree", DecisionTreeClassifier()),
    Case("digits", 1200, "1-nearest neighbour", KNeighborsClassifier(1)),
    Case("digits", 1200, "MLP of scikit-learn", MLPClassifier((64,), max_iter=500)),
    Case("location", 2400, "the paper's MLP", mlleaks.MLPTrainer()),
    Case("adult", 2000, "decision tree", DecisionTreeClassifier()),
    Case("adult", 2000, "the paper's MLP", mlleaks.MLPTrainer()),
    Case("cifar10", 600, "logistic regression", of_rows(LogisticRegression(max_iter=200))),
)


def main() -> None:
    """Audit each case with each seed."""
    write("label_only", [row for case in CASES for row in measured(case)])


def measured(case: Case) -> list[dict[str, Any]]:
    """Return a row for each attack and budget."""
    runs = [audited(case, seed) for seed in SEEDS]
    return [
        {"data": case.data, "records": case.records, "model": case.model}
        | runs[0][key]
        | {
            "AUC by seed": [run[key]["AUC"] for run in runs],
            "mean AUC": round(mean(run[key]["AUC"] for run in runs), 4),
            "mean TPR at 1 % FPR": round(mean(run[key]["TPR at 1 % FPR"] for run in runs), 4),
        }
        for key in runs[0]
    ]


def audited(case: Case, seed: int) -> dict[Any, dict[str, Any]]:
    """Return the figures of one target and one shadow, by attack and budget."""
    seeds, trainer = Seeds(seed), as_trainer(case.trainer)
    data = mlleaks.load_dataset(case.data)
    data = data.take(seeds.stream("records").permutation(len(data))[: case.records])
    target, shadow = four_way_member_split(data, seeds.stream("split"))
    model = train_model(trainer, target.members, seeds.stream("target"))
    observations = observe(model, target)
    sources = label_sources(model, target, TrainedShadows(shadow, trainer))
    rows = {("gap", 1): figures("gap", Evidence({Labels: True}), observations) | {"queries per record": 1}}
    for name, (kind, budgets) in ATTACKS.items():
        for budget in budgets:
            need = kind(budget)
            if sources[kind].missing(need) is not None:
                continue
            started = perf_counter()
            evidence = Evidence({Labels: True, kind: sources[kind].collect(need, seeds)})
            rows[name, budget] = figures(name, evidence, observations) | {
                "queries per record": sources[kind].cost(need).queries // len(observations),
                "seconds": round(perf_counter() - started, 1),
            }
    return rows


def figures(name: str, evidence: Evidence, observations: Observations) -> dict[str, Any]:
    """Return what an attack achieves on all records, and on those that are classified correctly."""
    spec = attacks.REGISTRY[name]
    attack = spec.build(evidence, np.random.default_rng(0))
    whole = evaluate(spec, attack, observations).estimates
    labels = observations.outputs.labels
    right = predicted_classes(observations.outputs.posteriors) == labels
    correct = evaluate(spec, attack, observations.take(np.flatnonzero(right))).estimates["auc"]
    return {
        "attack": name,
        "AUC": round(whole["auc"].value, 4),
        "AUC interval": interval(whole["auc"]),
        "TPR at 1 % FPR": round(whole["tpr@1%fpr"].value, 4),
        "TPR interval": interval(whole["tpr@1%fpr"]),
        "accuracy at the shadow's threshold": round(whole["accuracy"].value, 4),
        "AUC on correct records": round(correct.value, 4),
        "its interval": interval(correct),
    }


def interval(estimate: Any) -> list[float]:
    return [round(estimate.low, 4), round(estimate.high, 4)]


if __name__ == "__main__":
    main()
