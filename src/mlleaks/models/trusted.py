"""skops, and the types in its files that hold numbers and no code."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from mlleaks.errors import missing_extra

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


_BRIDGES = tuple(f"sklearn.externals.array_api_compat.{name}" for name in ("torch", "cupy", "dask"))
"""Each imports the array library that it is for."""


def skops_io() -> Any:
    """Return ``skops.io``, imported without any array library that happens to be installed.

    skops asks scikit-learn for all its estimators, and scikit-learn tries every package of its own in
    search of them, its bridges to PyTorch and others too. That takes seconds and finds none.

    Raises
    ------
    MissingExtra
        skops is not installed.
    """
    hidden: dict[str, Any] = {name: None for name in _BRIDGES if name not in sys.modules}
    sys.modules.update(hidden)  # None: Python says that there is no such module
    try:
        from skops import io
    except ModuleNotFoundError as error:
        raise missing_extra("skops", "skops") from error
    finally:
        for name in hidden:
            del sys.modules[name]
    return io


def trusted_types(names: Iterable[str]) -> set[str]:
    """Return those types that are trusted: the ones above, and what this package defines.

    Examples
    --------
    >>> trusted_types(["mlleaks.defenses.estimator.StackedDefense", "os.system"])
    {'mlleaks.defenses.estimator.StackedDefense'}
    """
    return set(names) & (SKLEARN_TYPES | OURS)
