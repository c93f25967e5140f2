"""A model predicts from a record itself how the target answers if it was not trained on it.

Source: Bertran, Tang, Kearns, Morgenstern, Roth, Wu, *Scalable Membership Inference Attacks via Quantile
Regression*, NeurIPS 2023: the distribution of the score of non-members, given the record, learned from the
target's answers about records that it was not trained on; in the Gaussian form, by mean and variance. No
shadow model is needed, and nothing about how the target was trained.

The paper regresses with a neural network. Here a random forest predicts the mean of the signal and of its
square, from which the variance follows, in one pass. Measured on seven pairs of data set and model, boosted
trees with the loss of the 99 % quantile had a lower AUC on six. Boosted trees for mean and scale ranked
members about as well, but took longer (Location, MLP: AUC .917 in 1.0 s of processor time; the forest .924
in 0.5 s). See `benchmarks/quantile_regression.py` and docs/results/quantile_regression.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlleaks.attacks.class_means import class_means
from mlleaks.attacks.false_positives import threshold_above
from mlleaks.attacks.needs import Evidence, Labels, Population, Records
from mlleaks.attacks.record_features import labelled_signals, positions, record_features
from mlleaks.attacks.spec import AttackSpec
from mlleaks.errors import InputError
from mlleaks.runtime.threads import one_thread
from mlleaks.types import Dataset, Floats, Ids, Ints, Outputs

FOLDS = 5
"""Parts of the population; each model is trained without one of them."""
TREES, LEAF = 20, 5
"""Trees per model, and the fewest records in a leaf."""
BAG = 0.7
"""The share of its records that each tree is trained on, drawn with replacement."""
LIMIT = 16.0
"""Scaled logits count within plus or minus this (posteriors of 1e-7): forests answer 0 and 1."""
SHARE = 0.1
"""The share of the mean variance in each record's: leaves of a few records can all have one signal."""


if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestRegressor


@dataclass(frozen=True)
class SignalModel:
    """A predictor of the mean and variance of a non-member's signal.

    Parameters
    ----------
    forest : RandomForestRegressor
        From features and the class's mean to the mean of the standardised signal and of its square.
    means : float array (k + 1,)
        Mean signal of each class, last of all together.
    centre, spread : float
        Mean and standard deviation of the signals it was trained on.
    variance : float
        The mean of the predicted variances.
    """

    forest: RandomForestRegressor
    means: Floats
    centre: float
    spread: float
    variance: float = 1.0

    def score(self, signals: Floats, features: Floats, labels: Ints) -> Floats:
        """Return how many standard deviations each signal lies above its predicted mean ``(n,)``."""
        mean, variance = self.predict(features, labels)
        variance = (1 - SHARE) * variance + SHARE * self.variance
        return np.asarray(((signals - self.centre) / self.spread - mean) / np.sqrt(variance))

    def predict(self, features: Floats, labels: Ints) -> tuple[Floats, Floats]:
        """Return the mean and variance of each standardised signal ``(n,)``."""
        with one_thread():
            mean, square = self.forest.predict(_inputs(features, labels, self.means)).T
        return mean, np.maximum(square - mean**2, 0)


@dataclass(frozen=True)
class CrossFitted:
    """The models of all folds.

    Parameters
    ----------
    models : tuple of SignalModel
    threshold : float
        `FPR` of the population's scores are above it, each by the model that was not trained on that record.
    """

    models: tuple[SignalModel, ...]
    threshold: float

    def score(self, signals: Floats, features: Floats, labels: Ints) -> Floats:
        """Return the mean of all models' scores ``(n,)``; higher = more likely a member.

        Parameters
        ----------
        signals : float array (n,)
            Scaled logits of the true class.
        features : float array (n, d)
        labels : int array (n,)
            True classes.
        """
        signals = np.clip(signals, -LIMIT, LIMIT)
        scores = [model.score(signals, features, labels) for model in self.models]
        return np.asarray(np.mean(scores, axis=0))


def fit_population(
    signals: Floats, features: Floats, labels: Ints, *, rng: np.random.Generator
) -> CrossFitted:
    """Return models of the signal of records that the target was not trained on.

    Parameters
    ----------
    signals : float array (m,)
        Scaled logits of the true class; those outside of plus or minus `LIMIT` count as that.
    features : float array (m, d)
        Of the records, finite.
    labels : int array (m,)
        True classes.
    rng : numpy.random.Generator
        Cuts the folds and starts the forests.

    Raises
    ------
    InputError
        There are fewer than two records.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, labels = rng.normal(size=(600, 1)), np.zeros(600, dtype=int)
    >>> models = fit_population(3 * x[:, 0] + rng.normal(size=600), x, labels, rng=rng)
    >>> high, low = models.score(np.array([3.0, 3.0]), np.array([[-1.0], [1.0]]), np.array([0, 0]))
    >>> bool(high > models.threshold > low)
    True
    """
    if len(signals) < 2:
        raise InputError(
            f"a population of {len(signals)} records",
            expected="two or more, for 1 % FPR some hundreds",
            fix="Pass more records that the target was not trained on.",
        )
    signals = np.clip(signals, -LIMIT, LIMIT)
    folds = rng.permutation(len(signals)) % min(FOLDS, len(signals))
    models, scores = [], np.empty(len(signals))
    for fold in range(int(folds.max()) + 1):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        model = _fit(signals[inside], features[inside], labels[inside], rng)
        scores[outside] = model.score(signals[outside], features[outside], labels[outside])
        models.append(model)
    return CrossFitted(tuple(models), threshold_above(scores))


def _fit(signals: Floats, features: Floats, labels: Ints, rng: np.random.Generator) -> SignalModel:
    from sklearn.ensemble import RandomForestRegressor

    means = class_means(signals, labels, n_classes=int(labels.max()) + 1)
    centre, spread = float(signals.mean()), float(signals.std()) or 1.0
    standard = (signals - centre) / spread
    forest = RandomForestRegressor(
        TREES,
        min_samples_leaf=LEAF,
        max_features=1 / 3,
        max_samples=max(1, int(BAG * len(signals))),
        random_state=int(rng.integers(2**31)),
    )
    with one_thread():
        forest.fit(_inputs(features, labels, means), np.column_stack([standard, standard**2]))
    model = SignalModel(forest, means, centre, spread)
    variance = float(model.predict(features, labels)[1].mean())
    return SignalModel(forest, means, centre, spread, variance or 1.0)


def _inputs(features: Floats, labels: Ints, means: Floats) -> Floats:
    """Return what a forest is shown: the record's features and its class's mean signal."""
    usual = means[np.minimum(labels, len(means) - 1)]
    return np.column_stack([features, usual]).astype(np.float32)


@dataclass(frozen=True)
class QuantileRegressionAttack:
    """Score a record by how much larger its signal is than predicted for a non-member like it.

    Parameters
    ----------
    ids : array (r,)
        What the records are called.
    features : float array (r, d)
        Of these records.
    models : CrossFitted
    """

    ids: Ids
    features: Floats
    models: CrossFitted

    @property
    def threshold(self) -> float:
        """About 1 % of non-members score higher."""
        return self.models.threshold

    def score(self, outputs: Outputs) -> Floats:
        """Return the standard deviations above the predicted mean ``(n,)``, the mean over folds.

        Raises
        ------
        InputError
            Outputs without labels or ids, or of records that are not there.
        """
        signals, labels = labelled_signals(outputs)
        return self.models.score(signals, self.features[positions(outputs, self.ids)], labels)


def learn_from_population(
    population: Outputs, records: Dataset, rng: np.random.Generator
) -> QuantileRegressionAttack:
    """Return the attack that a population teaches.

    Parameters
    ----------
    population : Outputs
        The target's answers, with labels and ids, to records that it was not trained on.
    records : Dataset
        The records themselves: those of the population and those that are audited, by id.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        Outputs without labels or ids, of records that are not there, or of fewer than two records.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> records = Dataset("made", rng.normal(size=(100, 3)), np.zeros(100, dtype=int), 2)
    >>> p = rng.uniform(size=100)
    >>> answers = Outputs(np.column_stack([p, 1 - p]), records.y, records.ids)
    >>> attack = learn_from_population(answers.take(np.arange(50)), records, rng)
    >>> attack.score(answers).shape
    (100,)
    """
    rows = positions(population, records.ids)
    features = record_features(records.X, rows, rng=rng)
    signals, labels = labelled_signals(population)
    models = fit_population(signals, features[rows], labels, rng=rng)
    return QuantileRegressionAttack(records.ids, features, models)


def _build(evidence: Evidence, rng: np.random.Generator) -> QuantileRegressionAttack:
    return learn_from_population(evidence[Population], evidence[Records], rng)


ATTACKS = (
    AttackSpec(
        name="quantile-regression",
        title="Quantile regression: signal against a prediction",
        source="Bertran et al., NeurIPS 2023",
        needs=(Population(), Records(), Labels()),
        build=_build,
        threshold_from="population",
    ),
)
