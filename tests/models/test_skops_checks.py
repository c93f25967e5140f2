"""Model files of unknown origin: honest ones answer as they did, crafted ones are refused before that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA, KernelPCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectFromModel, SelectKBest, SelectPercentile, mutual_info_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, RadiusNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from mlleaks import InputError, UntrustedFile, save_model
from mlleaks.defenses import StackedDefense
from mlleaks.models import skops_contents
from mlleaks.models.alignment import AlignedModel
from mlleaks.models.skops_checks import checked
from mlleaks.targets import load_target

TEXTS = np.array(["red apple", "green pear", "red pear plum", "green apple"] * 15)


@cache
def numbers():
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    return np.round(rng.normal(size=(90, 4)) + y[:, None], 2), y


def saved(model, folder, name="m.skops"):
    skops.io.dump(model, folder / name)
    return str(folder / name)


def vectors(**settings):
    X, y = numbers()
    model = SVC(**settings)
    with pytest.warns(FutureWarning, match="probability"):  # deprecated, and in use
        return model.set_params(probability=True).fit(X, y)


def nearest(**settings):
    return KNeighborsClassifier(3, **settings)


HONEST = {
    "tree": DecisionTreeClassifier(max_depth=3),
    "pruned tree": DecisionTreeClassifier(max_leaf_nodes=6, ccp_alpha=0.01),
    "extra tree": ExtraTreeClassifier(max_depth=3),
    "forest": RandomForestClassifier(4, max_depth=3),
    "extra trees": ExtraTreesClassifier(4, max_depth=3),
    "boosting": GradientBoostingClassifier(n_estimators=3),
    "boosting from zero": GradientBoostingClassifier(n_estimators=3, init="zero"),
    "histograms": HistGradientBoostingClassifier(max_iter=3),
    "histograms of categories": HistGradientBoostingClassifier(
        max_iter=3, categorical_features=[True, False, False, False], min_samples_leaf=3
    ),
    "kd tree": nearest(algorithm="kd_tree"),
    "kd tree, p=3": nearest(algorithm="kd_tree", p=3),
    "ball tree": nearest(algorithm="ball_tree", weights="distance"),
    "brute": nearest(algorithm="brute"),
    "radius": RadiusNeighborsClassifier(100.0),
    "pipeline": make_pipeline(StandardScaler(), PCA(2), LogisticRegression()),
    "logarithms": make_pipeline(FunctionTransformer(np.arctan), LogisticRegression()),
    "selection": make_pipeline(SelectFromModel(RandomForestClassifier(4)), GaussianNB()),
    "calibrated": CalibratedClassifierCV(LinearSVC()),
    "isotonic": CalibratedClassifierCV(RandomForestClassifier(3), method="isotonic"),
    "perceptron": MLPClassifier((4,), max_iter=2000, tol=1e-2),
    "sgd": SGDClassifier(loss="log_loss"),
    "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}),
    "search by accuracy": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, scoring="accuracy"),
    "search by chances": GridSearchCV(
        LogisticRegression(), {"C": [0.1, 1.0]}, scoring="roc_auc_ovr", cv=KFold(3)
    ),
    "missing values": make_pipeline(SimpleImputer(add_indicator=True), LogisticRegression()),
    "bins": make_pipeline(KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"), MultinomialNB()),
    "best columns": make_pipeline(SelectKBest(k=2), LogisticRegression()),
    "best columns by information": make_pipeline(SelectPercentile(mutual_info_classif), GaussianNB()),
    "one vs rest": OneVsRestClassifier(LogisticRegression()),
    "ada": AdaBoostClassifier(n_estimators=3),
    "bagging": BaggingClassifier(nearest(), n_estimators=3),
    "voting": VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())], voting="soft"),
    "stacking": StackingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier(max_depth=2))]),
    "stacked defense": StackedDefense([("a", RandomForestClassifier(3))], random_state=0),
    "rare categories": make_pipeline(
        OneHotEncoder(min_frequency=2, handle_unknown="infrequent_if_exist", drop="first"), MultinomialNB()
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_model_answers_as_it_did(name, tmp_path):
    X, y = numbers()
    if "categories" in name:
        X = np.round(X).clip(0)
    model = HONEST[name].fit(X, y)
    loaded = load_target(saved(model, tmp_path))
    np.testing.assert_array_equal(loaded.predict_proba(X + 0.0), model.predict_proba(X + 0.0))
    own = save_model(AlignedModel(model, (0, 1, 2)), tmp_path / "m.mlleaks")
    np.testing.assert_array_equal(load_target(str(own)).predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_support_vectors_answer_as_they_did(kernel, tmp_path):
    model = vectors(kernel=kernel)
    loaded = load_target(saved(model, tmp_path))
    np.testing.assert_array_equal(loaded.predict_proba(numbers()[0]), model.predict_proba(numbers()[0]))


@pytest.mark.parametrize("reader", [CountVectorizer(), TfidfVectorizer(), HashingVectorizer(n_features=64)])
@pytest.mark.parametrize(
    "last", [LogisticRegression(), nearest(), GradientBoostingClassifier(n_estimators=2)]
)
def test_models_of_texts_answer_as_they_did(reader, last, tmp_path):
    model = make_pipeline(reader, last).fit(TEXTS, np.arange(60) % 2)
    loaded = load_target(saved(model, tmp_path))
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS))


def test_a_model_of_a_table_answers_as_it_did(tmp_path):
    table = pd.DataFrame({"n": numbers()[0][:, 0], "word": np.resize(["a", "b", "c"], 90)})
    encode = make_column_transformer((OneHotEncoder(), ["word"]), (StandardScaler(), ["n"]))
    model = make_pipeline(encode, LogisticRegression()).fit(table, numbers()[1])
    loaded = load_target(saved(model, tmp_path))
    np.testing.assert_array_equal(loaded.predict_proba(table), model.predict_proba(table))


def tampered(tree, field, value, node=0):
    """Return the state of a tree with a number of one of its nodes changed."""
    state = tree.__getstate__()
    state["nodes"] = state["nodes"].copy()
    state["nodes"][field][node] = value
    tree.__setstate__(state)


def fitted(model):
    return model.fit(*numbers())


def tree(field, value):
    model = fitted(DecisionTreeClassifier(max_depth=3))
    tampered(model.tree_, field, value)
    return model


def forest_of(columns):
    model = fitted(RandomForestClassifier(3))
    del model.estimators_[1].n_features_in_
    model.n_features_in_ = columns
    return model


def boosting(change):
    model = fitted(GradientBoostingClassifier(n_estimators=2))
    change(model)
    return model


def fewer_classes(model):
    model.init_.class_prior_ = model.init_.class_prior_[:2]


def wider(model):
    tree = fitted(DecisionTreeClassifier(max_depth=2))
    model.estimators_[1, 0] = tree


def histogram(field, value, **settings):
    model = fitted(HistGradientBoostingClassifier(max_iter=2, **settings))
    model._predictors[0][0].nodes[field][0] = value
    return model


def neighbor(attribute, change):
    model = fitted(nearest(algorithm="brute"))
    setattr(model, attribute, change(getattr(model, attribute)))
    return model


def support(attribute, change):
    model = vectors()
    setattr(model, attribute, change(getattr(model, attribute)))
    return model


def texts(change):
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(TEXTS, np.arange(60) % 2)
    change(model[0])
    return model


def one_hot(change):
    X, y = numbers()
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    change(model.fit(np.round(X), y)[0])
    return model


def sparse_coefficients():
    model = fitted(LogisticRegression()).sparsify()
    model.coef_.indices[-1] = 10**8
    return model


def random_state():
    random = np.random.RandomState(0)
    state = random.get_state(legacy=False)
    state["state"]["pos"] = 10**9
    random.set_state(state)
    return fitted(DummyClassifier(strategy="stratified", random_state=random))


def own_method():
    model = fitted(DecisionTreeClassifier())
    model._validate_X_predict = np.add  # called with the records instead of the check of their columns
    return model


def other_score(**attributes):
    model = fitted(GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring="accuracy"))
    vars(model.scorer_).update(attributes)
    return model


CRAFTED = {
    "left child beyond the tree": (lambda: tree("left_child", 10**7), "lead out of it or back"),
    "right child before the tree": (lambda: tree("right_child", -5), "lead out of it or back"),
    "a tree that walks in a circle": (lambda: tree("left_child", 0), "lead out of it or back"),
    "column out of range": (lambda: tree("feature", 10**7), "columns out of range"),
    "a tree inside a forest for other columns": (lambda: forest_of(2), "another number of columns"),
    "boosted tree of several classes": (lambda: boosting(wider), "something else than trees"),
    "boosting for fewer classes": (lambda: boosting(fewer_classes), "number of trees than of classes"),
    "boosting from another model": (
        lambda: fitted(GradientBoostingClassifier(n_estimators=2, init=GaussianNB())),
        "from a model of another type",
    ),
    "histograms: node": (lambda: histogram("left", 10**6), "lead out of it or back"),
    "histograms: circle": (lambda: histogram("right", 0), "lead out of it or back"),
    "histograms: column": (lambda: histogram("feature_idx", 10**6), "columns out of range"),
    "histograms: categories": (lambda: histogram("is_categorical", 1), "categories where there are none"),
    "neighbours: classes": (lambda: neighbor("_y", lambda y: y + 10**6), "classes out of range"),
    "neighbours: fewer classes": (lambda: neighbor("classes_", lambda c: c[:2]), "classes out of range"),
    "neighbours: too few": (
        lambda: fitted(nearest(algorithm="brute")).set_params(n_neighbors=10**4),
        "fewer records than neighbours",
    ),
    "support vectors: counts": (lambda: support("_n_support", lambda n: n * 1000), "without classes"),
    "support vectors: width": (lambda: support("support_vectors_", lambda v: v[:, :1]), "another shape"),
    "support vectors: weights": (lambda: support("_dual_coef_", lambda w: w[:, :2]), "without their weights"),
    "support vectors: intercepts": (lambda: support("_intercept_", lambda b: b[:1]), "their intercepts"),
    "support vectors: chances": (lambda: support("_probA", lambda p: p[:1]), "other probabilities"),
    "support vectors: kernel": (lambda: support("kernel", lambda _: "precomputed"), "is not checked"),
    "words": (lambda: texts(lambda t: t.vocabulary_.update(red=10**8)), "vocabulary with columns out"),
    "texts from files": (lambda: texts(lambda t: t.set_params(input="filename")), "opens the files"),
    "categories: columns": (lambda: one_hot(lambda e: e._n_features_outs.reverse()), "other columns"),
    "categories: order": (
        lambda: one_hot(lambda e: e.categories_.__setitem__(0, e.categories_[0][::-1].copy())),
        "in disorder",
    ),
    "categories: a sum": (
        lambda: one_hot(lambda e: setattr(e, "_n_features_outs", np.array(e._n_features_outs))),
        "other columns",
    ),
    "categories: dropped": (
        lambda: one_hot(lambda e: setattr(e, "_drop_idx_after_grouping", np.array([-1] * 4, dtype=object))),
        "dropped category out of range",
    ),
    "sparse coefficients": (sparse_coefficients, "indices out of range"),
    "random state": (random_state, "position out of range"),
    "a method of its own": (own_method, "_validate_X_predict of its own"),
    "a score that calls what the file says": (
        lambda: other_score(_response_method="tofile"),
        "another method than a classifier's answers",
    ),
    "a function with processes": (
        lambda: fitted(make_pipeline(FunctionTransformer(np.arctan), GaussianNB())).set_params(
            functiontransformer__kw_args={"n_jobs": 10**6}
        ),
        "sets a number of processes",
    ),
    "a type that is not reviewed": (
        lambda: fitted(make_pipeline(KernelPCA(2), GaussianNB())),
        "unknown types sklearn.decomposition._kernel_pca.KernelPCA",
    ),
}


@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_model_is_refused(name, tmp_path):
    make, says = CRAFTED[name]
    with pytest.raises(UntrustedFile, match=says):
        load_target(saved(make(), tmp_path))


def test_a_crafted_model_inside_our_own_format_is_refused_too(tmp_path):
    path = save_model(AlignedModel(tree("threshold", 0.0), (0, 1, 2)), tmp_path / "m.mlleaks")
    evil = saved(tree("left_child", 10**7), tmp_path, "evil.skops")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {"e0.skops": Path(evil).read_bytes()}).items():
            archive.writestr(name, content)
    with pytest.raises(UntrustedFile, match="lead out of it or back"):
        load_target(str(path))


def test_a_tree_that_claims_more_nodes_than_it_has_is_refused_without_a_look_at_them():
    model = fitted(DecisionTreeClassifier(max_depth=2))
    state = model.tree_.__getstate__()
    model.tree_.__setstate__(state | {"node_count": 10**9})
    with pytest.raises(UntrustedFile, match="a tree without its nodes"):
        skops_contents.check_contents(model.tree_)


def test_a_matrix_of_coordinates_out_of_range_is_refused():
    matrix = sparse.coo_array((3, 3))
    matrix.row = np.array([7])
    with pytest.raises(UntrustedFile, match="indices out of range"):
        skops_contents.check_contents(matrix)


def test_a_search_tree_is_built_again_whatever_the_file_has(tmp_path):
    X, y = numbers()
    model = nearest(algorithm="kd_tree").fit(X, y)
    expected = model.predict_proba(X)
    state = list(model._tree.__getstate__())
    state[1] = state[1] + 10**9
    model._tree.__setstate__(tuple(state))
    np.testing.assert_array_equal(load_target(saved(model, tmp_path)).predict_proba(X), expected)


def test_a_search_tree_without_records_is_dropped(tmp_path):
    model = nearest(algorithm="kd_tree").fit(*numbers())
    del model._fit_X
    assert not hasattr(load_target(saved(model, tmp_path)), "_tree")


def test_a_sparse_matrix_with_a_method_of_its_own_is_refused():
    matrix = sparse.csr_array(np.eye(3))
    matrix.indices[-1] = 10**6
    matrix.check_format = dict  # takes any settings and finds nothing
    with pytest.raises(UntrustedFile, match="check_format of its own"):
        checked(matrix)


def test_a_file_chooses_no_folder_and_no_number_of_processes(tmp_path):
    cache = tmp_path / "cache"
    inner = make_pipeline(StandardScaler(), GaussianNB(), memory=str(cache))
    model = BaggingClassifier(inner, n_estimators=2).fit(*numbers())
    shutil.rmtree(cache)
    model.n_jobs = 10**6
    loaded = load_target(saved(model, tmp_path))
    assert loaded.n_jobs == os.cpu_count()
    assert loaded.estimator.memory is None
    loaded.set_params(n_jobs=None).fit(*numbers())
    assert not cache.exists()


def test_a_model_that_could_not_be_opened_again_is_not_saved(tmp_path):
    model = AlignedModel(fitted(make_pipeline(KernelPCA(2), GaussianNB())), (0, 1, 2))
    with pytest.raises(InputError, match="could not be opened again.*KernelPCA"):
        save_model(model, tmp_path / "m.mlleaks")
    assert not list(tmp_path.iterdir())


def test_saving_leaves_the_model_as_it_is(tmp_path):
    model = fitted(nearest(n_jobs=10**3))
    before = model._tree
    save_model(AlignedModel(model, (0, 1, 2)), tmp_path / "m.mlleaks")
    assert model.n_jobs == 10**3
    assert model._tree is before


@pytest.mark.slow
def test_the_process_survives_a_crafted_tree(tmp_path):
    X, y = numbers()
    for name, part in (("m.npz", slice(0, 45)), ("o.npz", slice(45, 90))):
        np.savez(tmp_path / name, X=X[part], y=y[part])
    saved(tree("left_child", 10**12), tmp_path)
    command = [sys.executable, "-m", "mlleaks", "audit", "m.skops", "--members", "m.npz"]
    done = subprocess.run(
        [*command, "--nonmembers", "o.npz"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "error: got a model file with a tree whose nodes lead out of it or back" in done.stderr
