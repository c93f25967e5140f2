"""Checks of fitted trees and of what is boosted from them, for `skops_contents`.

Each raises `UntrustedFile` where compiled code would read or write out of bounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree import DecisionTreeRegressor
from sklearn.tree._tree import Tree

from mlleaks.models.skops_require import inside, require


def check_tree(tree: Any) -> None:
    """Look at the nodes: each leads to later ones, so that every walk ends."""
    count = tree.node_count
    require(count >= 1 and count == tree.capacity and tree.n_outputs >= 1, "a tree without its nodes")
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    inner = np.flatnonzero(left != -1)
    for child in (left, right):
        require(inside(child[inner], count, inner + 1), "a tree whose nodes lead out of it or back")
    require(inside(feature[inner], tree.n_features), "a tree that asks for columns out of range")


def check_decision_tree(model: Any) -> None:
    """Look at the number of columns that the fitted tree is for."""
    fitted = vars(model).get("tree_")
    if fitted is not None:
        require(type(fitted) is Tree, "a tree of another type")
        require(
            fitted.n_features == vars(model).get("n_features_in_"), "a tree for another number of columns"
        )


def check_boosting(model: Any) -> None:
    """Look at all trees: compiled code adds up their leaves in an array shaped by other attributes."""
    trees = vars(model).get("estimators_")
    if trees is None:
        return
    require(isinstance(trees, np.ndarray) and trees.ndim == 2 and trees.size, "boosting without its trees")
    columns = trees[0, 0].n_features_in_
    for tree in trees.ravel():
        require(type(tree) is DecisionTreeRegressor, "boosting of something else than trees")
        require(tree.tree_.n_features == columns, "boosted trees for different numbers of columns")
        require(tree.tree_.value.shape[1:] == (1, 1), "boosted trees with more than one answer")
    first = model.init_
    is_default = (isinstance(first, str) and first == "zero") or type(first).__name__ == "DummyClassifier"
    require(is_default, "boosting from a model of another type than scikit-learn's default")
    start = model._raw_predict_init(np.zeros((1, columns), dtype=np.float32))
    require(start.shape == (1, trees.shape[1]), "boosting with another number of trees than of classes")


def check_histogram_boosting(model: Any) -> None:
    """Look at every tree of histogram boosting, and at the columns that it hands to them."""
    predictors = vars(model).get("_predictors")
    if predictors is None:
        return
    categorical = np.asarray(model._bin_mapper.is_categorical_).astype(bool)
    require(categorical.ndim == 1, "boosting without its columns")
    require(_columns(model) == len(categorical), "boosting for another number of columns")
    for predictor in (one for several in predictors for one in several):
        require(type(predictor) is TreePredictor, "boosting of something else than trees")
        _predictor(predictor, categorical)


def _columns(model: Any) -> Any:
    """Return how many columns histogram boosting hands to its trees."""
    if (reading := model._preprocessor) is None:
        return model.n_features_in_
    require(type(reading) is ColumnTransformer, "another reader of columns")
    total = 0
    for _, step, columns in reading.transformers_:
        if isinstance(step, str) and step == "drop":
            continue
        require(
            type(step).__name__ in ("OrdinalEncoder", "FunctionTransformer"), "another encoder of columns"
        )
        mask = np.asarray(columns)
        require(mask.dtype == bool and mask.shape == (model.n_features_in_,), "columns that are no mask")
        total += int(mask.sum())
    return total


def _predictor(predictor: Any, categorical: Any) -> None:
    nodes, bits = predictor.nodes, predictor.raw_left_cat_bitsets
    require(nodes.ndim == 1 and len(nodes), "a tree without its nodes")
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    splits = nodes[inner]
    for side in ("left", "right"):
        require(inside(splits[side], len(nodes), inner + 1), "a tree whose nodes lead out of it or back")
    require(inside(splits["feature_idx"], len(categorical)), "a tree that asks for columns out of range")
    sets = splits[splits["is_categorical"] != 0]
    if len(sets):
        require(categorical[sets["feature_idx"]].all(), "a tree with categories where there are none")
        require(bits.ndim == 2 and bits.shape[1] == 8, "a tree without its sets of categories")
        require(inside(sets["bitset_idx"], len(bits)), "a tree with sets of categories out of range")
