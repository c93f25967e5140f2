"""Adversary 1 with labels: which features and which learner, on several data sets and models.

    python benchmarks/with_label.py

Every variant learns from one shadow model and is evaluated on one target per seed. None is tuned for a data
set. Beside them stand the attacks that it is compared with; `seconds` is the processor time to learn and
score.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from machine import write
from one_shadow import Case, arguments, cases, mean, ranking
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.attack_model import fit
from mlleaks.attacks.needs import Evidence, Labels, ShadowModels
from mlleaks.attacks.with_label import label_features, learn_with_label
from mlleaks.outputs.signals import top_k, true_posterior
from mlleaks.runtime.threads import one_thread
from mlleaks.types import Floats, Outputs

CENTRED = 4
"""The last columns of the features: log-odds against the class's means, and these means."""


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
                    scores = attack(case)
                seconds = time.process_time() - started
                rows[variant].append(ranking(case.target, scores) | {"seconds": seconds})
            print(f"{name} seed {seed} done", file=sys.stderr)
        figures[name] = {variant: mean(row) for variant, row in rows.items()}
    write("with_label", figures)


def registered(name: str) -> Callable[[Case], Floats]:
    """Return an attack of the registry."""

    def scores(case: Case) -> Floats:
        evidence = Evidence({ShadowModels: (case.shadow,), Labels: True})
        return REGISTRY[name].build(evidence, np.random.default_rng(0)).score(case.target.outputs)

    return scores


def largest(count: int) -> Callable[[Case], Floats]:
    """Return the attack that looks at this many of the largest posteriors."""
    return lambda case: learn_with_label(case.shadow, np.random.default_rng(0), largest=count).score(
        case.target.outputs
    )


def tables(case: Case, *, columns: slice) -> tuple[Floats, Floats]:
    """Return some columns of the attack's features, of the shadow's answers and of the target's."""
    features = label_features(case.shadow)
    both = (case.shadow.outputs, case.target.outputs)
    shadow, target = (features(o.posteriors, o.labels)[:, columns] for o in both)
    return shadow, target


def without_class_means(case: Case) -> Floats:
    """Score by the network without what is usual for a class."""
    shadow, target = tables(case, columns=slice(None, -CENTRED))
    return network(case, shadow, target)


def raw_posteriors(case: Case) -> Floats:
    """Score by the network over three raw posteriors, the true class's posterior, and correctness."""
    return network(case, *(_raw(o) for o in (case.shadow.outputs, case.target.outputs)))


def _raw(outputs: Outputs) -> Floats:
    p, labels = outputs.posteriors, outputs.labels
    assert labels is not None
    return np.column_stack([top_k(p), true_posterior(p, labels), p.argmax(axis=1) == labels])


def network(case: Case, shadow: Floats, target: Floats) -> Floats:
    """Score by the attack network over standardised features."""
    scaler = StandardScaler().fit(shadow)
    model = fit(scaler.transform(shadow), case.shadow.member, np.random.default_rng(0))
    return np.asarray(model.predict_proba(scaler.transform(target))[:, 1])


def boosted(case: Case) -> Floats:
    """Score by gradient-boosted trees over the same features."""
    shadow, target = tables(case, columns=slice(None))
    model = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=8, l2_regularization=1.0, random_state=0
    )
    return np.asarray(model.fit(shadow, case.shadow.member).decision_function(target))


def logistic(case: Case) -> Floats:
    """Score by a logistic regression with all products of two features."""
    shadow, target = tables(case, columns=slice(None))
    model = make_pipeline(
        StandardScaler(), PolynomialFeatures(2), StandardScaler(), LogisticRegression(max_iter=200)
    )
    return np.asarray(model.fit(shadow, case.shadow.member).decision_function(target))


VARIANTS: dict[str, Callable[[Case], Floats]] = {
    **{
        name: registered(name)
        for name in (
            "adversary-1-label",
            "adversary-1",
            "shokri",
            "loss",
            "class-confidence",
            "class-entropy",
            "class-modified-entropy",
        )
    },
    **{f"{count} largest": largest(count) for count in (3, 10)},
    "without class means": without_class_means,
    "raw posteriors": raw_posteriors,
    "boosted trees": boosted,
    "logistic regression": logistic,
}

if __name__ == "__main__":
    main()
