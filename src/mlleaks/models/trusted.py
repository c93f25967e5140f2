"""Types in skops files that hold numbers and no code."""

from __future__ import annotations

from collections.abc import Iterable

SKLEARN_TYPES = frozenset(
    {
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.MinkowskiDistance64",
        "sklearn.metrics._scorer._PassthroughScorer",
        "sklearn.model_selection._split.StratifiedKFold",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)
"""Parts of fitted scikit-learn models that skops does not list as safe; they hold numbers, no code."""

OURS = frozenset({"mlleaks.defenses.estimator.StackedDefense", "mlleaks.models.estimators.as_rows"})
"""Whole names, never prefixes: a module also holds what it has imported."""


def trusted_types(names: Iterable[str]) -> set[str]:
    """Return those types that are trusted: the ones above, and what this package defines.

    Examples
    --------
    >>> trusted_types(["mlleaks.defenses.estimator.StackedDefense", "os.system"])
    {'mlleaks.defenses.estimator.StackedDefense'}
    """
    return set(names) & (SKLEARN_TYPES | OURS)
