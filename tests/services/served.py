"""The models that all services serve, and what they answer in process."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from tests.services.weights import load_linear, load_network, logits, save_linear, save_network

CLASSES, FEATURES, MEMBERS = 30, 446, 300  # as many classes and features as Location has


@dataclass(frozen=True)
class Served:
    """Records, half of which the models were trained on, and the models."""

    folder: Path  # with the models' weights
    X: np.ndarray  # (600, 446), 0 or 1
    y: np.ndarray  # (600,)
    member: np.ndarray  # (600,), bool

    @cached_property
    def linear(self):
        """The logistic regression, in process."""
        return load_linear(self.folder)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """The logistic regression's answers, (600, 30)."""
        return self.linear.predict_proba(self.X)

    @cached_property
    def labels(self) -> np.ndarray:
        """The logistic regression's labels, (600,)."""
        return self.linear.predict(self.X)

    @cached_property
    def logits(self) -> np.ndarray:
        """The PyTorch network's answers, (600, 30)."""
        return logits(load_network(self.folder), self.X)

    @cached_property
    def network_probabilities(self) -> np.ndarray:
        """The same as probabilities, (600, 30)."""
        return softmax(self.logits.astype(float), axis=1)

    def save_named(self, folder: Path) -> np.ndarray:
        """Write the logistic regression with names as classes, and return the names, (30,)."""
        named = load_linear(self.folder)
        named.classes_ = np.array([f"place {i:02d}" for i in range(CLASSES)])
        save_linear(folder, named)
        return named.classes_


def make_served(folder: Path) -> Served:
    """Train both models on made records: each class has a pattern, and a third of the bits are flipped."""
    rng = np.random.default_rng(0)
    patterns = rng.random((CLASSES, FEATURES)) < 0.3
    y = rng.integers(CLASSES, size=2 * MEMBERS)
    X = (patterns[y] ^ (rng.random((2 * MEMBERS, FEATURES)) < 0.37)).astype(float)
    member = rng.permutation(2 * MEMBERS) < MEMBERS
    save_linear(folder, LogisticRegression(max_iter=200).fit(X[member], y[member]))
    network = MLPClassifier((32,), activation="tanh", max_iter=60, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        save_network(folder, network.fit(X[member], y[member]))
    return Served(folder, X, y, member)
