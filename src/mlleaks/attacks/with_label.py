"""Adversary 1 with the true class: a shadow model teaches an attack network what members look like.

Source: Salem, Zhang, Humbert, Berrang, Fritz, Backes, *ML-Leaks: Model and Data Independent Membership
Inference Attacks and Defenses on Machine Learning Models*, NDSS 2019, adversary 1. There the features are
the three largest posteriors; here the attacker knows the true class, too. Two things make most of the
difference: log-odds, which stay apart where posteriors crowd at 1, and what is usual for the class.

Measured on Location (MLP, one shadow model, five seeds): AUC .946 and TPR .20 at 1 % FPR; without the class
means .939 and .15; with raw posteriors in place of log-odds and means .905 and .02; adversary 1 without
labels .895 and .02. Boosted trees over the same features reach .944 and .17, a logistic regression with
products .933 and .15. Six more pairs of data set and model, and the machine: `benchmarks/with_label.py` and
docs/results/with_label.json.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.attack_model import fit
from mlleaks.attacks.class_means import class_means
from mlleaks.attacks.labels import true_classes
from mlleaks.attacks.needs import Evidence, Labels, ShadowModels
from mlleaks.attacks.perceptron import Perceptron
from mlleaks.attacks.spec import AttackSpec
from mlleaks.outputs.observations import concatenate
from mlleaks.outputs.posteriors import by_rows
from mlleaks.outputs.signals import log_odds
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats, Ints, Observations, Outputs

LARGEST = 20
"""How many of the largest posteriors the attack looks at; all of a shadow with fewer classes."""
LEAST = 1e-7
"""Posteriors below this count as that."""


@tagged("LabelFeatures")
@dataclass(frozen=True)
class LabelFeatures:
    """What the attack network is shown of a record.

    Parameters
    ----------
    largest : int
        How many of the largest log-odds.
    means : float array (2, k + 1)
        The mean log-odds of the true class, for each class and last for all together: of non-members, and of
        members.

    Examples
    --------
    >>> features = LabelFeatures(2, np.zeros((2, 4)))
    >>> features(np.array([[0.5, 0.25, 0.25]]), np.array([0])).round(1)
    array([[ 0. , -1.1,  0. ,  0. ,  1. ,  0. ,  0. ,  0. ,  0. ]])
    """

    largest: int
    means: Floats

    def __call__(self, posteriors: Floats, labels: Ints) -> Floats:
        """Return features ``(n, largest + 7)`` of posteriors ``(n, k)`` and true classes ``(n,)``.

        In this order: the largest log-odds, largest first; the true class's log-odds; the log of one plus the
        number of classes with larger posteriors; 1 for a correct answer, else 0; the true class's log-odds
        minus the class's mean of non-members, and that mean; the same of members.
        """
        rows = np.arange(len(labels))[:, None]
        return np.asarray(
            by_rows(lambda i: self._of(posteriors[i[:, 0]], labels[i[:, 0]]), rows, width=posteriors.shape[1])
        )

    def _of(self, posteriors: Floats, labels: Ints) -> Floats:
        rows, least = np.arange(len(labels)), np.log(LEAST)
        odds = log_odds(posteriors, least=LEAST)
        largest = -np.sort(-odds, axis=1)[:, : self.largest]
        missing = self.largest - largest.shape[1]
        largest = np.pad(largest, ((0, 0), (0, missing)), constant_values=least)
        true = odds[rows, labels]
        above = (posteriors > posteriors[rows, labels][:, None]).sum(axis=1)
        usual = self.means[:, np.minimum(labels, self.means.shape[1] - 1)]
        correct = posteriors.argmax(axis=1) == labels
        centred = [column for mean in usual for column in (true - mean, mean)]
        return np.column_stack([largest, true, np.log1p(above), correct, *centred])


def label_features(shadow: Observations, *, largest: int = LARGEST) -> LabelFeatures:
    """Return the features whose class means come from a shadow model's answers.

    Parameters
    ----------
    shadow : Observations
        With labels.
    largest : int
        How many of the largest posteriors count, from 1 on; no more than there are classes.

    Raises
    ------
    InputError
        The answers have no labels.

    Examples
    --------
    >>> answers = Outputs(np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([0, 0]))
    >>> label_features(Observations(answers, np.array([True, False]))).means.round(1)
    array([[0. , 0. , 0. ],
           [1.1, 1.1, 1.1]])
    """
    posteriors = shadow.outputs.posteriors
    labels, k = true_classes(shadow.outputs, what="shadows' answers"), posteriors.shape[1]
    true = log_odds(posteriors, least=LEAST)[np.arange(len(labels)), labels]
    sides = (~shadow.member, shadow.member)
    means = np.stack([class_means(true[side], labels[side], n_classes=k) for side in sides])
    return LabelFeatures(min(largest, k), means)


@tagged("LabelAttack")
@dataclass(frozen=True)
class LabelAttack:
    """A network over `LabelFeatures` that was shown a shadow's members and non-members.

    Parameters
    ----------
    network : Perceptron
    features : LabelFeatures
    threshold : float
        Scores above it are flagged.
    """

    network: Perceptron
    features: LabelFeatures
    threshold: float = 0.5

    def score(self, outputs: Outputs) -> Floats:
        """Return the network's probability of "member" ``(n,)``, in 0..1.

        Raises
        ------
        InputError
            The outputs have no labels.
        """
        features = self.features(outputs.posteriors, true_classes(outputs))
        return self.network.predict_proba(features)[:, 1]


def learn_with_label(
    shadow: Observations, rng: np.random.Generator, *, largest: int = LARGEST
) -> LabelAttack:
    """Return adversary 1's attack with the true class: an MLP with 64 hidden units over `LabelFeatures`.

    Parameters
    ----------
    shadow : Observations
        The labelled answers of a shadow model to its members and to non-members; those of several models are
        put together by `mlleaks.outputs.observations.concatenate`.
    rng : numpy.random.Generator
        Starts and orders the training.
    largest : int
        See `label_features`.

    Raises
    ------
    InputError
        The answers have no labels.

    Examples
    --------
    >>> p = np.linspace(0.5, 1, 200)
    >>> answers = Outputs(np.column_stack([p, 1 - p]), np.zeros(200, dtype=int))
    >>> scores = learn_with_label(Observations(answers, p > 0.75), np.random.default_rng(0)).score(answers)
    >>> bool(scores[-1] > scores[0])
    True
    """
    features = label_features(shadow, largest=largest)
    table = features(shadow.outputs.posteriors, true_classes(shadow.outputs))
    centre, scale = table.mean(axis=0), table.std(axis=0)
    scale[scale == 0] = 1
    network = fit((table - centre) / scale, shadow.member, rng)
    return LabelAttack(on_raw_features(network, centre, scale), features)


def on_raw_features(network: Perceptron, centre: Floats, scale: Floats) -> Perceptron:
    """Return the network that takes ``features`` where ``network`` takes ``(features - centre) / scale``.

    Examples
    --------
    >>> network = Perceptron(np.ones((1, 1)), np.zeros(1), np.ones(1), 0.0)
    >>> raw = on_raw_features(network, np.array([5.0]), np.array([2.0]))
    >>> raw.predict_proba(np.array([[9.0]])) == network.predict_proba(np.array([[2.0]]))
    array([[ True,  True]])
    """
    weights = network.hidden_weights / scale[:, None]
    biases = network.hidden_biases - centre @ weights
    return Perceptron(weights, biases, network.output_weights, network.output_bias)


def _build(evidence: Evidence, rng: np.random.Generator) -> LabelAttack:
    return learn_with_label(concatenate(evidence[ShadowModels]), rng)


ATTACKS = (
    AttackSpec(
        name="adversary-1-label",
        title="Adversary 1 with labels: one shadow model, log-odds and true class",
        source="Salem et al., NDSS 2019, adversary 1, with the true class",
        needs=(ShadowModels(1), Labels()),
        build=_build,
        threshold_from="attack model",
    ),
)
