"""What canaries show: of mechanisms whose epsilon is known, and of models that were trained on real data.

    python benchmarks/canaries.py --audits 400 --seeds 5

A known mechanism answers each canary with its coin and Gaussian noise, so all six attacks see the same leak
in different ways; one of them is chosen as in any audit. Trained models: each seed plants canaries anew and
trains anew, on the same half of the data set; accuracies are those on the other half, with canaries in the
training data and without. DP-SGD says what epsilon it has spent at delta 1e-5.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from machine import write
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks.auditing.preparing import prepare_audit
from mlleaks.data.canary_set import CanarySet
from mlleaks.defenses.dp_sgd import PrivateTrainer
from mlleaks.models import MLPTrainer, as_trainer
from mlleaks.results.canaries import CanaryAudit
from mlleaks.stats import intervals
from mlleaks.stats.gaussian_dp import gaussian_mu
from mlleaks.types import Dataset, Model, Trainer

SEED, DELTA = 2026, 1e-5
KNOWN, SIZES = (0.0, 4.38, 10.0), (300, 1000)
PLANTED = {"digits": 400, "location": 1000}


def main() -> None:
    """Simulate, train, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audits", type=int, default=400, help="of each known mechanism")
    parser.add_argument("--seeds", type=int, default=5, help="of each model")
    args = parser.parse_args()
    mechanisms = [known_row(epsilon, n, args.audits) for epsilon in KNOWN for n in SIZES]
    models = [
        model_row(name, title, trainer, args.seeds)
        for name in PLANTED
        for title, trainer in trainers(name).items()
    ]
    models += [model_row(name, "forest", forest(), args.seeds, ignored=True) for name in PLANTED]
    figures = {"delta": DELTA, "level": 0.95, "seed": SEED, "known mechanisms": mechanisms, "models": models}
    write("canaries", figures)


class Noisy:
    """Answers each canary, which is nothing but its number, with its coin and Gaussian noise."""

    def __init__(self, planted: CanarySet, mu: float, rng: np.random.Generator) -> None:
        self.logits, self.y = rng.normal(mu * planted.included, 1), planted.y

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return posteriors of two classes."""
        rows = X[:, 0]
        p = expit(self.logits[rows])[:, None]
        return np.where(np.arange(2) == self.y[rows, None], p, 1 - p)


def known_row(epsilon: float, n: int, audits: int) -> dict[str, Any]:
    """Return the bounds of a mechanism that is ``(epsilon, DELTA)``-DP and no better."""
    rng = np.random.default_rng([SEED, round(100 * epsilon), n])
    mu = gaussian_mu(epsilon, DELTA) if epsilon else 0.0
    runs = [audited(Noisy(p := numbers(n, rng), mu, rng), p, i) for i in range(audits)]
    return {"epsilon": epsilon, "canaries": n, "audits": audits, "methods": methods(runs, epsilon)}


def numbers(n: int, rng: np.random.Generator) -> CanarySet:
    """Return canaries without content."""
    names = np.arange(n).astype(str)
    return CanarySet(np.arange(n)[:, None], rng.integers(2, size=n), names, rng.random(n) < 0.5)


def audited(model: Model, planted: CanarySet, seed: int) -> CanaryAudit:
    """Return what an audit finds about the canaries."""
    queries = prepare_audit(model, canaries=planted, seed=seed, delta=DELTA).canaries
    assert queries is not None
    return queries.run()


def methods(runs: list[CanaryAudit], epsilon: float | None) -> list[dict[str, Any]]:
    """Return the bounds of each method over several audits, and how often they exceed the true epsilon."""
    rows = []
    for i, bound in enumerate(runs[0].bounds):
        values = np.array([run.bounds[i].epsilon for run in runs])
        row = {"method": bound.method, "highest possible": round(runs[0].highest[i], 2)}
        row |= {f: round(float(getattr(values, f)()), 3) for f in ("mean", "min", "max")}
        if epsilon is not None:
            above = intervals.share(int((values > epsilon).sum()), len(values))
            row |= {"above the truth": above.value, "interval": [round(above.low, 4), round(above.high, 4)]}
        rows.append(row)
    return rows


def forest() -> Trainer:
    """Return a forest of default settings."""
    return as_trainer(RandomForestClassifier())


def trainers(name: str) -> dict[str, Trainer]:
    """Return how models are trained; DP-SGD on the smaller data set only, where it takes seconds."""
    mlp = MLPTrainer()
    short = mlp.with_settings(replace(mlp.settings, epochs=10))
    private = {f"MLP, DP-SGD, epsilon {e:g}": PrivateTrainer(base=short, epsilon=e) for e in (2.0, 8.0)}
    return {
        "1-nearest neighbor": as_trainer(KNeighborsClassifier(1)),
        "decision tree": as_trainer(DecisionTreeClassifier()),
        "random forest": forest(),
        "logistic regression": as_trainer(LogisticRegression(max_iter=2000)),
        "MLP": mlp,
        **(private if name == "digits" else {}),
    }


def model_row(
    name: str, title: str, trainer: Trainer, seeds: int, *, ignored: bool = False
) -> dict[str, Any]:
    """Return the bounds of a way of training; ``ignored``: the canaries are not in the training data."""
    data = mlleaks.load_dataset(name)
    rows = np.random.default_rng(SEED).permutation(len(data))
    real, rest = data.take(rows[: len(data) // 2]), data.take(rows[len(data) // 2 :])
    runs, accuracies, clean = [], [], []
    for seed in range(seeds):
        training, planted = mlleaks.canaries(real, PLANTED[name], seed=seed)
        model = trained(trainer, real if ignored else training, seed)
        runs.append(audited(model, planted, seed))
        accuracies.append(accuracy(model, rest))
        clean.append(accuracy(trained(trainer, real, seed), rest))
    spent = getattr(model, "epsilon", None)
    return {
        "data": name,
        "model": f"{title}, trained without the canaries" if ignored else title,
        "records": len(real),
        "canaries": PLANTED[name],
        "seeds": seeds,
        "epsilon spent": spent and round(spent, 3),
        "methods": methods(runs, 0.0 if ignored else spent),
        "accuracy": round(float(np.mean(accuracies)), 4),
        "accuracy without canaries": round(float(np.mean(clean)), 4),
        "attacks": [run.bounds[0].attack for run in runs],
    }


def trained(trainer: Callable[..., Model], data: Dataset, seed: int) -> Model:
    """Return a model; the seed is that of all random choices of its training."""
    return trainer(data, np.random.default_rng([SEED, seed]))


def accuracy(model: Model, data: Dataset) -> float:
    """Return the share of records that are classified correctly."""
    return float((np.asarray(model.predict_proba(data.X)).argmax(axis=1) == data.y).mean())


if __name__ == "__main__":
    main()
