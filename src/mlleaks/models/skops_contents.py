"""Indices and shapes that compiled code takes from a fitted model unchecked: they are checked here.

Each check reads one type. What a check needs from other types has been checked before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone

from mlleaks.models.skops_require import inside, require, unsafe
from mlleaks.models.skops_trees import (
    check_boosting,
    check_decision_tree,
    check_histogram_boosting,
    check_tree,
)

REBUILT = {
    "IsotonicRegression": ("f_",),
    "KNeighborsClassifier": ("_tree",),
    "RadiusNeighborsClassifier": ("_tree",),
}
"""Attributes that a check builds again from others, whatever the file has in their place."""


def check_contents(part: Any) -> None:
    """Raise `UntrustedFile` if compiled code would read or write out of bounds because of ``part``."""
    if sparse.issparse(part):
        _sparse(part)
    elif look := _CHECKS.get(type(part).__name__):
        look(part)


def _sparse(matrix: Any) -> None:
    try:
        if matrix.format in ("csr", "csc", "bsr"):
            matrix.check_format(full_check=True)
        elif matrix.format == "dia":
            require(len(matrix.data) == len(matrix.offsets), "a sparse matrix without its diagonals")
        else:
            require(matrix.format == "coo", f"a sparse matrix of the format {matrix.format}")
            for index, side in zip((matrix.row, matrix.col), matrix.shape, strict=True):
                require(inside(index, side), "a sparse matrix with indices out of range")
    except ValueError as error:
        raise unsafe(f"a sparse matrix with indices out of range ({error})") from error


def _random_state(random: np.random.RandomState) -> None:
    state: Any = random.get_state(legacy=False)
    require(state["bit_generator"] == "MT19937", "a random state of another generator")
    require(inside(state["state"]["pos"], 625), "a random state with a position out of range")


def _generator(random: np.random.Generator) -> None:
    kind = type(random.bit_generator).__name__
    require(kind in ("PCG64", "PCG64DXSM", "SFC64"), f"a random generator of the kind {kind}")


def _neighbors(model: Any) -> None:
    """Fit it again on its own records: the search tree and all shapes are then scikit-learn's work."""
    vars(model).pop("_tree", None)
    records = vars(model).get("_fit_X")
    if records is None:
        return
    wanted = vars(model).get("n_neighbors") or 1  # none where a radius says it
    require(wanted <= records.shape[0], "fewer records than neighbours")
    codes, classes = np.asarray(model._y), np.asarray(model.classes_)
    require(model.outputs_2d_ is False and codes.ndim == 1, "neighbours with several classes per record")
    require(codes.dtype.kind == "i" and inside(codes, len(classes)), "neighbours of classes out of range")
    again = clone(model).fit(records, classes[codes])
    require(np.array_equal(again.classes_, classes), "neighbours without records of some classes")
    vars(model).update(vars(again))


def _isotonic(model: Any) -> None:
    if "X_thresholds_" in vars(model):
        model._build_f(model.X_thresholds_, model.y_thresholds_)
    else:
        vars(model).pop("f_", None)


def _support_vectors(model: Any) -> None:
    counts = vars(model).get("_n_support")
    if counts is None:
        return
    require(
        model._impl in ("c_svc", "nu_svc") and model.kernel in ("linear", "poly", "rbf", "sigmoid"),
        "support vectors for a kernel or task that is not checked",
    )
    vectors, weights, n = model.support_vectors_, model._dual_coef_, len(model.support_)
    k = len(counts)
    pairs = k * (k - 1) // 2
    require(
        sparse.issparse(vectors) == sparse.issparse(weights) == model._sparse, "support vectors half sparse"
    )
    require(k >= 2 and inside(counts, n + 1) and int(np.sum(counts)) == n, "support vectors without classes")
    require(vectors.shape == (n, model.n_features_in_), "support vectors of another shape than its records")
    weighed = weights.data.size if model._sparse else weights.size
    require(weights.shape == (k - 1, n) and weighed == (k - 1) * n, "support vectors without their weights")
    require(model._intercept_.shape == (pairs,), "support vectors without their intercepts")
    for chances in (model._probA, model._probB):
        require(chances.size in (0, pairs), "support vectors with other probabilities than classes")
    require(model._probA.size == model._probB.size, "support vectors with half of their probabilities")


def _vocabulary(model: Any) -> None:
    """Look at the column of each word: SciPy takes them as they are."""
    vocabulary = vars(model).get("vocabulary_")
    if vocabulary is not None:
        require(type(vocabulary) is dict, "a vocabulary that is no table of words")
        columns = np.sort(np.array(list(vocabulary.values()), dtype=np.int64))
        require(np.array_equal(columns, np.arange(len(vocabulary))), "a vocabulary with columns out of range")


def _hashing(model: Any) -> None:
    require(type(model.n_features) is int and inside(model.n_features, 2**31, 1), "hashing without columns")


def _one_hot(model: Any) -> None:
    """Look at the numbers that become columns of a sparse matrix without another look."""
    if "categories_" not in vars(model):
        return
    widths, dropped = [], model._drop_idx_after_grouping
    grouping = model._infrequent_enabled
    for i, names in enumerate(model.categories_):
        require(_in_order(names), "categories in disorder")
        width = _grouped(model, i, len(names)) if grouping else len(names)
        drop = None if dropped is None else dropped[i]
        require(drop is None or inside(drop, width), "a dropped category out of range")
        widths.append(width - (drop is not None))
    require(dropped is None or len(dropped) == len(widths), "a dropped category of no column")
    columns = model._n_features_outs
    require(type(columns) is list and columns == widths, "categories with other columns than their own")


def _in_order(names: Any) -> bool:
    """Return whether categories are names, or numbers in which a search finds its way."""
    if names.dtype.kind in "OUS":
        return True
    return names.dtype.kind in "biuf" and np.array_equal(names, np.sort(names), equal_nan=True)


def _grouped(model: Any, i: int, n: int) -> int:
    """Return how many columns a feature has whose rare categories share one."""
    rare, groups = model._infrequent_indices[i], model._default_to_infrequent_mappings[i]
    require((rare is None) == (groups is None), "rare categories without a column")
    if rare is None:
        return n
    whole = rare.dtype.kind == groups.dtype.kind == "i"
    require(whole and len(rare) and inside(rare, n) and groups.shape == (n,), "rare categories out of range")
    width = n - len(rare) + 1
    require(inside(groups, width), "rare categories out of range")
    return width


def _scorer(scorer: Any) -> None:
    """Look at the method that it calls by name, on whatever it is handed."""
    called = scorer._response_method
    names = called if isinstance(called, list | tuple) else (called,)
    methods = {"predict", "predict_proba", "decision_function"}
    require(methods.issuperset(names), "a score that calls another method than a classifier's answers")


_CHECKS: dict[str, Callable[[Any], None]] = {
    "CountVectorizer": _vocabulary,
    "DecisionTreeClassifier": check_decision_tree,
    "DecisionTreeRegressor": check_decision_tree,
    "DictVectorizer": _vocabulary,
    "ExtraTreeClassifier": check_decision_tree,
    "ExtraTreeRegressor": check_decision_tree,
    "Generator": _generator,
    "GradientBoostingClassifier": check_boosting,
    "HashingVectorizer": _hashing,
    "HistGradientBoostingClassifier": check_histogram_boosting,
    "IsotonicRegression": _isotonic,
    "KNeighborsClassifier": _neighbors,
    "NuSVC": _support_vectors,
    "OneHotEncoder": _one_hot,
    "RadiusNeighborsClassifier": _neighbors,
    "RandomState": _random_state,
    "SVC": _support_vectors,
    "TfidfVectorizer": _vocabulary,
    "Tree": check_tree,
    "_Scorer": _scorer,
}
