"""An attack classifier over attack features, learned from a shadow model (paper, adversary 1)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from mlleaks.posteriors import top_k
from mlleaks.types import AttackSpec, Floats, Held, Observations, Outputs

HIDDEN = 64
EPOCHS = 50
BATCH = 100


@dataclass(frozen=True)
class LearnedAttack:
    """A binary classifier that was shown a shadow's members and others.

    Parameters
    ----------
    classifier : object with ``predict_proba``
        Its second column is the probability of "member".
    features : callable
        ``features(posteriors (n, k)) -> (n, d)``.
    threshold : float
        Scores above it accuse.
    """

    classifier: Any
    features: Callable[[Floats], Floats] = top_k
    threshold: float = 0.5

    def score(self, outputs: Outputs) -> Floats:
        """Return the classifier's probability of "member" ``(n,)``, in 0..1."""
        return np.asarray(self.classifier.predict_proba(self.features(outputs.posteriors))[:, 1])


def learn(shadow: Observations, rng: np.random.Generator) -> LearnedAttack:
    """Return the paper's attack: one MLP with 64 hidden units over the three largest posteriors.

    Parameters
    ----------
    shadow : Observations
        A shadow model's answers to its own members and to others.
    rng : numpy.random.Generator
        Starts and orders the MLP's training.
    """
    classifier = MLPClassifier(
        hidden_layer_sizes=(HIDDEN,),
        batch_size=min(BATCH, len(shadow)),
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        random_state=int(rng.integers(2**31)),
    )
    with warnings.catch_warnings():  # the schedule ends before the tolerance is reached: meant so
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(top_k(shadow.outputs.posteriors), shadow.member)
    return LearnedAttack(classifier)


def _build(held: Held, rng: np.random.Generator) -> LearnedAttack:
    assert held.shadow is not None
    return learn(held.shadow, rng)


SPECS = (
    AttackSpec("adversary-1", "Adversary 1: one shadow model, three largest posteriors", ("shadow",), _build),
)
