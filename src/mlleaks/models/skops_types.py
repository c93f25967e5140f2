"""skops, and the types that its files may hold: reviewed ones, which hold numbers and settings, no code."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from mlleaks.errors import missing_extra

SKLEARN_TYPES = frozenset(
    {
        "functools.partial",
        "numpy.dtype",
        "scipy.sparse._csc.csc_array",
        "scipy.sparse._csc.csc_matrix",
        "scipy.sparse._csr.csr_array",
        "scipy.sparse._csr.csr_matrix",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.MinkowskiDistance64",
        "sklearn.metrics._scorer._PassthroughScorer",
        "sklearn.metrics._scorer._Scorer",
        "sklearn.model_selection._split.KFold",
        "sklearn.model_selection._split.StratifiedKFold",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
        "sklearn.utils.validation.check_array",
    }
)
"""Parts of fitted models that skops does not list as safe; `untrusted` checks what they hold."""

OURS = frozenset({"mlleaks.defenses.StackedDefense", "mlleaks.models.as_rows"})
"""Whole names, never prefixes: a module also holds what it has imported."""

FUNCTIONS = frozenset(
    f"sklearn.{module}.{name}"
    for module, names in {
        "feature_selection._univariate_selection": "chi2 f_classif f_regression r_regression",
        "feature_selection._mutual_info": "mutual_info_classif mutual_info_regression",
        "metrics._classification": "accuracy_score balanced_accuracy_score brier_score_loss f1_score "
        "jaccard_score log_loss matthews_corrcoef precision_score recall_score",
        "metrics._ranking": "average_precision_score roc_auc_score top_k_accuracy_score",
    }.items()
    for name in names.split()
)
"""What steps and searches score by: functions of arrays that open nothing and call nothing they are given."""

_CLASSIFIERS = """
AdaBoostClassifier BaggingClassifier BernoulliNB CalibratedClassifierCV CategoricalNB ComplementNB
DecisionTreeClassifier DecisionTreeRegressor DummyClassifier ElasticNet ExtraTreeClassifier
ExtraTreeRegressor ExtraTreesClassifier ExtraTreesRegressor FixedThresholdClassifier GaussianNB
GradientBoostingClassifier GridSearchCV HistGradientBoostingClassifier IsotonicRegression
KNeighborsClassifier Lasso LinearDiscriminantAnalysis LinearRegression LinearSVC LogisticRegression
LogisticRegressionCV MLPClassifier MultinomialNB NuSVC OneVsRestClassifier PassiveAggressiveClassifier
Perceptron Pipeline QuadraticDiscriminantAnalysis RadiusNeighborsClassifier RandomForestClassifier
RandomForestRegressor RandomizedSearchCV Ridge RidgeClassifier RidgeClassifierCV SGDClassifier SVC
SelfTrainingClassifier StackedDefense StackingClassifier TunedThresholdClassifierCV VotingClassifier
"""
_STEPS = """
AdditiveChi2Sampler Binarizer ColumnTransformer CountVectorizer DictVectorizer FactorAnalysis FastICA
FeatureUnion FunctionTransformer GaussianRandomProjection GenericUnivariateSelect HashingVectorizer
IncrementalPCA KBinsDiscretizer KNNImputer LabelBinarizer LabelEncoder MaxAbsScaler MinMaxScaler
MissingIndicator Normalizer Nystroem OneHotEncoder OrdinalEncoder PCA PolynomialFeatures
PowerTransformer QuantileTransformer RBFSampler RFE RFECV RobustScaler SelectFdr SelectFpr
SelectFromModel SelectFwe SelectKBest SelectPercentile SequentialFeatureSelector SimpleImputer
SkewedChi2Sampler SparseRandomProjection StandardScaler TargetEncoder TfidfTransformer
TfidfVectorizer TruncatedSVD VarianceThreshold
"""
_PARTS = """
AdamOptimizer Bunch KFold SGDOptimizer StratifiedKFold TreePredictor
_BinMapper _CalibratedClassifier _PassthroughScorer _Scorer _SigmoidCalibration
ExponentialLoss HalfBinomialLoss HalfLogitLink HalfMultinomialLoss HalfSquaredError IdentityLink
Interval LogLink LogitLink MultinomialLogit
"""
REVIEWED = frozenset(f"{_CLASSIFIERS} {_STEPS} {_PARTS}".split())
"""Classes whose answers need nothing from a file but numbers that NumPy, SciPy or `contents` check.

A class joins them when somebody has read which of its attributes reach compiled code, files or functions
on the way from records to posteriors.
"""


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
    >>> trusted_types(["mlleaks.defenses.StackedDefense", "os.system"])
    {'mlleaks.defenses.StackedDefense'}
    """
    return set(names) & (SKLEARN_TYPES | FUNCTIONS | OURS)
