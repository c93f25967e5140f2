"""A prediction service in this process: it searches for the best algorithm and tells nobody which it took.

This is what a paid service does with its customers' records. Only the customer's training part takes part in
the search.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mlleaks.data.protocol import TARGET
from mlleaks.models import as_trainer, of_rows
from mlleaks.models.model_search import search_trainer
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.memo import key_of, memoize
from mlleaks.storage.versions import versions
from mlleaks.studies.engine.context import StudyContext
from mlleaks.types import Dataset, Trainer

MLP = "MLP"
"""The service's algorithm that is the same as the paper's network, with other settings."""
BUDGET = 100_000
"""Trees times features that boosting may take, so that it costs about as much on every data set."""
FEWEST_ROUNDS, MOST_ROUNDS = 5, 100


@dataclass(frozen=True)
class ServiceTraining:
    """How a service trains its model.

    Parameters
    ----------
    algorithm : str
        Without its settings, for example ``"random forest"``.
    trainer : Trainer
    """

    algorithm: str
    trainer: Trainer


def service_candidates(data: Dataset) -> dict[str, Trainer]:
    """Return what the service chooses among: algorithms of scikit-learn with a few settings each.

    These are not the surrogates of `mlleaks.auditing.surrogate`, one per algorithm, because a search by
    accuracy compares settings, too.

    Parameters
    ----------
    data : Dataset
        The training records. Images become rows.

    Returns
    -------
    dict of str to Trainer
        By ``"algorithm (settings)"``.

    Examples
    --------
    >>> import numpy as np
    >>> list(service_candidates(Dataset("toy", np.zeros((2, 3)), np.array([0, 1]), 2)))[1:3]
    ['random forest (min_samples_leaf=3)', 'histogram boosting (max_iter=100)']
    """
    return {name: as_trainer(of_rows(estimator)) for name, estimator in _estimators(data).items()}


def _estimators(data: Dataset) -> dict[str, Any]:
    from sklearn.base import clone
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    rounds = boosting_rounds(data)
    boosting = HistGradientBoostingClassifier(
        learning_rate=0.3, max_iter=rounds, l2_regularization=1.0, early_stopping=False
    )
    network = MLPClassifier((64,), learning_rate_init=0.005, tol=1e-3, n_iter_no_change=5, max_iter=500)
    return {
        **{
            f"random forest (min_samples_leaf={leaf})": RandomForestClassifier(min_samples_leaf=leaf)
            for leaf in (1, 3)
        },
        # one setting: it costs as much as all others together
        f"histogram boosting (max_iter={rounds})": boosting,
        **{f"logistic regression (C={C})": LogisticRegression(C=C, max_iter=1000) for C in (0.1, 10.0)},
        **{f"{MLP} (alpha={alpha})": clone(network).set_params(alpha=alpha) for alpha in (1e-4, 1.0)},
    }


def boosting_rounds(data: Dataset) -> int:
    """Return how many rounds of boosting the budget allows: each grows a tree per class, one for two classes.

    Examples
    --------
    >>> import numpy as np
    >>> boosting_rounds(Dataset("wide", np.zeros((1, 500)), np.array([0]), 20))
    10
    """
    trees = data.n_classes if data.n_classes > 2 else 1
    features = int(math.prod(data.X.shape[1:]))
    return min(MOST_ROUNDS, max(FEWEST_ROUNDS, BUDGET // (trees * features)))


def find_service(context: StudyContext, dataset: str, seed: int) -> ServiceTraining:
    """Return the algorithm that the service trains on a data set's target part; a search is made once.

    Parameters
    ----------
    context : StudyContext
        Its store holds the result, as it holds models' answers.
    dataset, seed
        Which split of which data set.
    """
    split = context.split(dataset, seed)
    members = split.pool.take(context.plan(dataset, seed).members(TARGET))
    candidates = service_candidates(members)
    code = ["mlleaks.models.model_search"]
    key = key_of(code, describe(candidates), members.X, members.y, members.n_classes, seed, versions())

    def search() -> list[dict[str, Any]]:
        result = search_trainer(candidates, members, split.seeds.stream("service search"))
        return [{"name": result.name, "accuracies": dict(result.accuracies), "skipped": dict(result.skipped)}]

    [row] = memoize(context.store / "searches", key, search)
    return ServiceTraining(algorithm_of(row["name"]), candidates[row["name"]])


def algorithm_of(name: str) -> str:
    """Return a candidate's algorithm without its settings.

    Examples
    --------
    >>> algorithm_of("random forest (min_samples_leaf=3)")
    'random forest'
    """
    return name.partition(" (")[0]
