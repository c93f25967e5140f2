"""Quantile regression: a forest's mean and variance, boosted trees, and the pinball loss.

    python benchmarks/quantile_regression.py

All variants have the same features and folds, and learn from the target's answers about the shadow's
records. ``fpr`` is what the attack's own threshold, meant for 1 %, has on the target's non-members.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from machine import write
from one_shadow import Case, arguments, cases, mean, ranking
from sklearn.ensemble import HistGradientBoostingRegressor

from mlleaks.attacks.class_means import class_means
from mlleaks.attacks.false_positives import FPR
from mlleaks.attacks.quantile_regression import FOLDS, LIMIT, learn_from_population
from mlleaks.attacks.record_features import labelled_signals, positions, record_features
from mlleaks.runtime.threads import one_thread
from mlleaks.types import Floats, Ints

Scored = tuple[Floats, float]
Score = Callable[[Floats, Floats], Floats]
"""From signals and features to scores."""


def main() -> None:
    """Run every variant on every case."""
    options = arguments(__doc__)
    figures: dict[str, dict[str, object]] = {}
    for name in options.cases:
        rows: dict[str, list[dict[str, float]]] = {variant: [] for variant in VARIANTS}
        for seed, case in enumerate(cases(name, options.cache)):
            for variant, attack in VARIANTS.items():
                started = time.process_time()
                with one_thread():
                    scores, threshold = attack(case)
                seconds = time.process_time() - started
                fpr = float((scores[~case.target.member] > threshold).mean())
                row = ranking(case.target, scores) | {"fpr": fpr, "seconds": seconds}
                rows[variant].append(row)
            print(f"{name} seed {seed} done", file=sys.stderr)
        figures[name] = {variant: mean(row) for variant, row in rows.items()}
    write("quantile_regression", figures)


def forest(case: Case) -> Scored:
    """Score by the attack `quantile-regression`."""
    attack = learn_from_population(case.population, case.records, np.random.default_rng(0))
    return attack.score(case.target.outputs), attack.threshold


def cross_fitted(fit: Callable[[Floats, Floats], Score]) -> Callable[[Case], Scored]:
    """Return an attack with another regression in place of the forest."""

    def attack(case: Case) -> Scored:
        rng = np.random.default_rng(0)
        answered, audited = case.population, case.target.outputs
        rows, at = (positions(outputs, case.records.ids) for outputs in (answered, audited))
        X = record_features(case.records.X, rows, rng=rng)
        (signals, labels), (target, classes) = (_clipped(labelled_signals(o)) for o in (answered, audited))
        folds = rng.permutation(len(signals)) % FOLDS
        scores, own = np.zeros(len(target)), np.empty(len(signals))
        for fold in range(FOLDS):
            rest, part = folds != fold, folds == fold
            means = class_means(signals[rest], labels[rest], n_classes=case.records.n_classes)
            features = np.column_stack([X[rows], means[labels]])
            score = fit(features[rest], signals[rest])
            own[part] = score(signals[part], features[part])
            scores += score(target, np.column_stack([X[at], means[classes]])) / FOLDS
        return scores, float(np.quantile(own, 1 - FPR, method="higher"))

    return attack


def _clipped(labelled: tuple[Floats, Ints]) -> tuple[Floats, Ints]:
    signals, labels = labelled
    return np.clip(signals, -LIMIT, LIMIT), labels


def boosted(**loss: object) -> HistGradientBoostingRegressor:
    """Return untrained boosted trees."""
    return HistGradientBoostingRegressor(max_iter=60, max_leaf_nodes=8, random_state=0, **loss)


def pinball(X: Floats, signals: Floats) -> Score:
    """Predict the 99 % quantile."""
    model = boosted(loss="quantile", quantile=1 - FPR).fit(X, signals)
    return lambda target, features: target - model.predict(features)


def boosted_mean(X: Floats, signals: Floats) -> Score:
    """Predict the mean; one variance for all."""
    model = boosted().fit(X, signals)
    return lambda target, features: target - model.predict(features)


def boosted_mean_and_scale(X: Floats, signals: Floats) -> Score:
    """Predict the mean, and how far signals are from the mean that one half predicts for the other."""
    model = boosted().fit(X, signals)
    half = np.arange(len(signals)) % 2 == 0
    errors = np.empty(len(signals))
    for side in (half, ~half):
        errors[side] = np.abs(signals[side] - boosted().fit(X[~side], signals[~side]).predict(X[side]))
    scale = boosted(loss="gamma").fit(X, errors + 1e-3)
    return lambda target, features: (target - model.predict(features)) / scale.predict(features)


def class_only(X: Floats, signals: Floats) -> Score:
    """Predict the class's mean: no look at the record."""
    return lambda target, features: target - features[:, -1]


VARIANTS: dict[str, Callable[[Case], Scored]] = {
    "quantile-regression": forest,
    "class mean": cross_fitted(class_only),
    "boosted trees, 99 % quantile": cross_fitted(pinball),
    "boosted trees, mean": cross_fitted(boosted_mean),
    "boosted trees, mean and scale": cross_fitted(boosted_mean_and_scale),
}

if __name__ == "__main__":
    main()
