"""What compiled code takes from a fitted model without looking: indices and shapes, checked here.

Each check reads one type. What a check needs from other types has been checked before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree import DecisionTreeRegressor
from sklearn.tree._tree import Tree

from mlleaks.errors import UntrustedFile

REBUILT = {
    "IsotonicRegression": ("f_",),
    "KNeighborsClassifier": ("_tree",),
    "RadiusNeighborsClassifier": ("_tree",),
}
"""Attributes that a check builds again from others, whatever the file has in their place."""


def check(part: Any) -> None:
    """Raise `UntrustedFile` if compiled code would be led astray by what ``part`` holds."""
    if sparse.issparse(part):
        _sparse(part)
    elif look := _CHECKS.get(type(part).__name__):
        look(part)


def unsafe(what: str) -> UntrustedFile:
    """Return the error about a file that is no work of scikit-learn's own."""
    return UntrustedFile(
        f"a model file with {what}",
        expected="contents as scikit-learn itself leaves them",
        fix="Do not use this file unless you know who made it and how.",
    )


def _require(holds: Any, what: str) -> None:
    if not holds:
        raise unsafe(what)


def _inside(values: Any, stop: Any, start: Any = 0) -> bool:
    """Return whether all whole numbers lie in ``start..stop-1``."""
    return bool(np.all((np.asarray(values) >= start) & (np.asarray(values) < stop)))


def _sparse(matrix: Any) -> None:
    try:
        if matrix.format in ("csr", "csc", "bsr"):
            matrix.check_format(full_check=True)
        elif matrix.format == "dia":
            _require(len(matrix.data) == len(matrix.offsets), "a sparse matrix without its diagonals")
        else:
            _require(matrix.format == "coo", f"a sparse matrix of the format {matrix.format}")
            for index, side in zip((matrix.row, matrix.col), matrix.shape, strict=True):
                _require(_inside(index, side), "a sparse matrix with indices out of range")
    except ValueError as error:
        raise unsafe(f"a sparse matrix with indices out of range ({error})") from error


def _random_state(random: np.random.RandomState) -> None:
    state: Any = random.get_state(legacy=False)
    _require(state["bit_generator"] == "MT19937", "a random state of another generator")
    _require(_inside(state["state"]["pos"], 625), "a random state with a position out of range")


def _generator(random: np.random.Generator) -> None:
    kind = type(random.bit_generator).__name__
    _require(kind in ("PCG64", "PCG64DXSM", "SFC64"), f"a random generator of the kind {kind}")


def _tree(tree: Any) -> None:
    """Look at the nodes; each leads to later ones, so that every walk ends."""
    count = tree.node_count
    _require(count >= 1 and count == tree.capacity and tree.n_outputs >= 1, "a tree without its nodes")
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    inner = np.flatnonzero(left != -1)
    for child in (left, right):
        _require(_inside(child[inner], count, inner + 1), "a tree whose nodes lead out of it or back")
    _require(_inside(feature[inner], tree.n_features), "a tree that asks for columns out of range")


def _decision_tree(model: Any) -> None:
    fitted = vars(model).get("tree_")
    if fitted is not None:
        _require(type(fitted) is Tree, "a tree of another type")
        _require(
            fitted.n_features == vars(model).get("n_features_in_"), "a tree for another number of columns"
        )


def _boosting(model: Any) -> None:
    """Its compiled code adds up leaves of all trees in place, in an array shaped by other attributes."""
    trees = vars(model).get("estimators_")
    if trees is None:
        return
    _require(isinstance(trees, np.ndarray) and trees.ndim == 2 and trees.size, "boosting without its trees")
    columns = trees[0, 0].n_features_in_
    for tree in trees.ravel():
        _require(type(tree) is DecisionTreeRegressor, "boosting of something else than trees")
        _require(tree.tree_.n_features == columns, "boosted trees for different numbers of columns")
        _require(tree.tree_.value.shape[1:] == (1, 1), "boosted trees with more than one answer")
    first = model.init_
    is_default = (isinstance(first, str) and first == "zero") or type(first).__name__ == "DummyClassifier"
    _require(is_default, "boosting from a model of another type than scikit-learn's default")
    start = model._raw_predict_init(np.zeros((1, columns), dtype=np.float32))
    _require(start.shape == (1, trees.shape[1]), "boosting with another number of trees than of classes")


def _histogram_boosting(model: Any) -> None:
    predictors = vars(model).get("_predictors")
    if predictors is None:
        return
    categorical = np.asarray(model._bin_mapper.is_categorical_).astype(bool)
    _require(categorical.ndim == 1, "boosting without its columns")
    _require(_columns(model) == len(categorical), "boosting for another number of columns")
    for predictor in (one for several in predictors for one in several):
        _require(type(predictor) is TreePredictor, "boosting of something else than trees")
        _predictor(predictor, categorical)


def _columns(model: Any) -> Any:
    """Return how many columns histogram boosting hands to its trees."""
    if (reading := model._preprocessor) is None:
        return model.n_features_in_
    _require(type(reading) is ColumnTransformer, "another reader of columns")
    total = 0
    for _, step, columns in reading.transformers_:
        if isinstance(step, str) and step == "drop":
            continue
        _require(
            type(step).__name__ in ("OrdinalEncoder", "FunctionTransformer"), "another encoder of columns"
        )
        mask = np.asarray(columns)
        _require(mask.dtype == bool and mask.shape == (model.n_features_in_,), "columns that are no mask")
        total += int(mask.sum())
    return total


def _predictor(predictor: Any, categorical: Any) -> None:
    nodes, bits = predictor.nodes, predictor.raw_left_cat_bitsets
    _require(nodes.ndim == 1 and len(nodes), "a tree without its nodes")
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    splits = nodes[inner]
    for side in ("left", "right"):
        _require(_inside(splits[side], len(nodes), inner + 1), "a tree whose nodes lead out of it or back")
    _require(_inside(splits["feature_idx"], len(categorical)), "a tree that asks for columns out of range")
    sets = splits[splits["is_categorical"] != 0]
    if len(sets):
        _require(categorical[sets["feature_idx"]].all(), "a tree with categories where there are none")
        _require(bits.ndim == 2 and bits.shape[1] == 8, "a tree without its sets of categories")
        _require(_inside(sets["bitset_idx"], len(bits)), "a tree with sets of categories out of range")


def _neighbors(model: Any) -> None:
    """Fit it again on its own records: the search tree and all shapes are then scikit-learn's work."""
    vars(model).pop("_tree", None)
    records = vars(model).get("_fit_X")
    if records is None:
        return
    wanted = vars(model).get("n_neighbors") or 1  # none where a radius says it
    _require(wanted <= records.shape[0], "fewer records than neighbours")
    codes, classes = np.asarray(model._y), np.asarray(model.classes_)
    _require(model.outputs_2d_ is False and codes.ndim == 1, "neighbours with several classes a record")
    _require(codes.dtype.kind == "i" and _inside(codes, len(classes)), "neighbours of classes out of range")
    again = clone(model).fit(records, classes[codes])
    _require(np.array_equal(again.classes_, classes), "neighbours without records of some classes")
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
    _require(
        model._impl in ("c_svc", "nu_svc") and model.kernel in ("linear", "poly", "rbf", "sigmoid"),
        "support vectors for a kernel or task that is not checked",
    )
    vectors, weights, n = model.support_vectors_, model._dual_coef_, len(model.support_)
    k = len(counts)
    pairs = k * (k - 1) // 2
    _require(
        sparse.issparse(vectors) == sparse.issparse(weights) == model._sparse, "support vectors half sparse"
    )
    _require(
        k >= 2 and _inside(counts, n + 1) and int(np.sum(counts)) == n, "support vectors without classes"
    )
    _require(vectors.shape == (n, model.n_features_in_), "support vectors of another shape than its records")
    weighed = weights.data.size if model._sparse else weights.size
    _require(weights.shape == (k - 1, n) and weighed == (k - 1) * n, "support vectors without their weights")
    _require(model._intercept_.shape == (pairs,), "support vectors without their intercepts")
    for chances in (model._probA, model._probB):
        _require(chances.size in (0, pairs), "support vectors with other probabilities than classes")
    _require(model._probA.size == model._probB.size, "support vectors with half of their probabilities")


def _vocabulary(model: Any) -> None:
    """Look at the column of each word: SciPy takes them as they are."""
    vocabulary = vars(model).get("vocabulary_")
    if vocabulary is not None:
        _require(type(vocabulary) is dict, "a vocabulary that is no table of words")
        columns = np.sort(np.array(list(vocabulary.values()), dtype=np.int64))
        _require(
            np.array_equal(columns, np.arange(len(vocabulary))), "a vocabulary with columns out of range"
        )


def _hashing(model: Any) -> None:
    _require(type(model.n_features) is int and _inside(model.n_features, 2**31, 1), "hashing without columns")


def _one_hot(model: Any) -> None:
    """Look at the numbers that become columns of a sparse matrix without another look."""
    if "categories_" not in vars(model):
        return
    widths, dropped = [], model._drop_idx_after_grouping
    grouping = model._infrequent_enabled
    for i, names in enumerate(model.categories_):
        _require(_in_order(names), "categories in disorder")
        width = _grouped(model, i, len(names)) if grouping else len(names)
        drop = None if dropped is None else dropped[i]
        _require(drop is None or _inside(drop, width), "a dropped category out of range")
        widths.append(width - (drop is not None))
    _require(dropped is None or len(dropped) == len(widths), "a dropped category of no column")
    columns = model._n_features_outs
    _require(type(columns) is list and columns == widths, "categories with other columns than their own")


def _in_order(names: Any) -> bool:
    """Return whether categories are names, or numbers in which a search finds its way."""
    if names.dtype.kind in "OUS":
        return True
    return names.dtype.kind in "biuf" and np.array_equal(names, np.sort(names), equal_nan=True)


def _grouped(model: Any, i: int, n: int) -> int:
    """Return how many columns a feature has whose rare categories share one."""
    rare, groups = model._infrequent_indices[i], model._default_to_infrequent_mappings[i]
    _require((rare is None) == (groups is None), "rare categories without a column")
    if rare is None:
        return n
    whole = rare.dtype.kind == groups.dtype.kind == "i"
    _require(
        whole and len(rare) and _inside(rare, n) and groups.shape == (n,), "rare categories out of range"
    )
    width = n - len(rare) + 1
    _require(_inside(groups, width), "rare categories out of range")
    return width


def _scorer(scorer: Any) -> None:
    """Look at the method that it calls by name, on whatever it is handed."""
    called = scorer._response_method
    names = called if isinstance(called, list | tuple) else (called,)
    methods = {"predict", "predict_proba", "decision_function"}
    _require(methods.issuperset(names), "a score that calls another method than a classifier's answers")


_CHECKS: dict[str, Callable[[Any], None]] = {
    "CountVectorizer": _vocabulary,
    "DecisionTreeClassifier": _decision_tree,
    "DecisionTreeRegressor": _decision_tree,
    "DictVectorizer": _vocabulary,
    "ExtraTreeClassifier": _decision_tree,
    "ExtraTreeRegressor": _decision_tree,
    "Generator": _generator,
    "GradientBoostingClassifier": _boosting,
    "HashingVectorizer": _hashing,
    "HistGradientBoostingClassifier": _histogram_boosting,
    "IsotonicRegression": _isotonic,
    "KNeighborsClassifier": _neighbors,
    "NuSVC": _support_vectors,
    "OneHotEncoder": _one_hot,
    "RadiusNeighborsClassifier": _neighbors,
    "RandomState": _random_state,
    "SVC": _support_vectors,
    "TfidfVectorizer": _vocabulary,
    "Tree": _tree,
    "_Scorer": _scorer,
}
