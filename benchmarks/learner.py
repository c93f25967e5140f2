"""Whether LightGBM would make the combined attack stronger than scikit-learn's boosted trees.

    pip install lightgbm
    python benchmarks/learner.py

MLPs on Location and Words-20; ten of them are the target in turn, attacked with 4 and 16 of the rest.
"""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from machine import write
from scipy.stats import t

import mlleaks
from mlleaks.attacks import combined
from mlleaks.data.reference_plan import plan_references
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.outputs.signals import scaled_logit
from mlleaks.seeds import Seeds
from mlleaks.shadows import Processes, train_shadows
from mlleaks.stats.metrics import auc, roc, tpr_at_fpr

RECORDS, MODELS, TARGETS, SEED = 3000, 20, 10, 0


class LightGBM:
    """Learns as `mlleaks.attacks.combined` does, with LightGBM's trees."""

    def __init__(self, *, random_state: int, **settings: Any) -> None:
        self.model = LGBMClassifier(
            n_estimators=settings["max_iter"],
            learning_rate=settings["learning_rate"],
            num_leaves=settings["max_leaf_nodes"],
            min_child_samples=settings["min_samples_leaf"],
            reg_lambda=settings["l2_regularization"],
            feature_fraction_bynode=settings["max_features"],
            random_state=random_state,
            n_jobs=1,
            verbose=-1,
        )

    def fit(self, values: Any, member: Any) -> LightGBM:
        """Learn from the statistics ``(n, d)`` of records whose membership is known."""
        self.model.fit(values, member)
        return self

    def decision_function(self, values: Any) -> Any:
        """Return log-odds ``(n,)``."""
        return self.model.predict(values, raw_score=True)


def main() -> None:
    """Attack with both, and store the means and their paired differences."""
    ours = combined.HistGradientBoostingClassifier
    figures: dict[str, Any] = {"seed": SEED, "records": RECORDS, "targets": TARGETS}
    for name in ("location", "words-20"):
        signals, trained_on = trained(name)
        for count in (4, 16):
            runs = []
            for learner in (ours, LightGBM):
                combined.HistGradientBoostingClassifier = learner
                runs.append([attacked(signals, trained_on, 2 * i, count) for i in range(TARGETS)])
            first, second = np.array(runs)
            figures[f"{name}, {count} models"] = {
                "AUC, TPR at 1 % FPR": first.mean(axis=0).round(4).tolist(),
                "LightGBM minus these, with 95 % intervals": [difference(d) for d in (second - first).T],
            }
    write("learner", figures)


def trained(name: str) -> tuple[Any, Any]:
    """Return the scaled logits of all models about all records, and what each was trained on."""
    data = mlleaks.load_dataset(name)
    data = data.take(np.random.default_rng(SEED).permutation(len(data))[:RECORDS])
    plan = plan_references(data.y, MODELS, np.random.default_rng(SEED), size=RECORDS // 2)
    with TemporaryDirectory() as folder:
        settings = {"signal": scaled_logit, "backend": Processes(2), "group_size": 10}
        shadows = train_shadows(mlleaks.MLPTrainer(), data, plan, Seeds(SEED), folder=folder, **settings)
        signals = np.stack([np.array(shadows.answers(i)) for i in range(MODELS)])
    return signals, np.stack([plan.mask(i) for i in range(MODELS)])


def attacked(signals: Any, trained_on: Any, target: int, count: int) -> tuple[float, float]:
    """Return AUC and TPR at 1 % FPR against one model, by the first ``count`` models of other pairs."""
    rest = np.array([i for i in range(MODELS) if i // 2 != target // 2][:count])
    n = signals.shape[1]
    audited = ReferenceSignals(signals[rest], trained_on[rest], np.zeros(n, int), np.arange(n))
    attack = combined.combined_attack(References(audited, rest // 2), np.random.default_rng(SEED))
    scores, member = attack.formula(signals[target], np.arange(n)), trained_on[target]
    return auc(member, scores), tpr_at_fpr(roc(member, scores), 0.01)


def difference(values: Any) -> list[float]:
    """Return a mean with its 95 % interval over targets."""
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return [round(float(v), 4) for v in (values.mean(), values.mean() - half, values.mean() + half)]


if __name__ == "__main__":
    main()
