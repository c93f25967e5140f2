"""An attack classifier over attack features, learned from a shadow model (paper, adversary 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from mlleaks.attacks.attack_model import fit
from mlleaks.attacks.needs import Evidence, ShadowModels
from mlleaks.attacks.spec import AttackSpec
from mlleaks.errors import InputError
from mlleaks.outputs.observations import concatenate
from mlleaks.outputs.signals import top_k
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats, Observations, Outputs

LARGEST = 3
"""How many of the largest posteriors the paper's attack looks at."""


@tagged("LearnedAttack")
@dataclass(frozen=True)
class LearnedAttack:
    """A binary classifier that was shown a shadow's members and non-members.

    Parameters
    ----------
    classifier : object with ``predict_proba``
        Its second column is the probability of "member".
    features : callable
        ``features(posteriors (n, k)) -> (n, d)``.
    threshold : float
        Scores above it are flagged.
    """

    classifier: Any
    features: Callable[[Floats], Floats] = top_k
    threshold: float = 0.5

    def score(self, outputs: Outputs) -> Floats:
        """Return the classifier's probability of "member" ``(n,)``, in 0..1."""
        return np.asarray(self.classifier.predict_proba(self.features(outputs.posteriors))[:, 1])


def learn(shadow: Observations, rng: np.random.Generator, *, k: int | None = LARGEST) -> LearnedAttack:
    """Return the paper's attack: one MLP with 64 hidden units over the ``k`` largest posteriors.

    Parameters
    ----------
    shadow : Observations
        A shadow model's answers to its own members and to non-members; those of several models are
        put together by `mlleaks.outputs.observations.concatenate`.
    rng : numpy.random.Generator
        Starts and orders the MLP's training.
    k : int or None
        How many posteriors it looks at, largest first (the paper's Figure 4: 1, 2, 3, 10, all);
        None: as many as the shadow has classes. A target with fewer classes is filled up with
        zeros, of one with more the ``k`` largest count.

    Raises
    ------
    InputError
        ``k`` is below one.

    Examples
    --------
    >>> p = np.linspace(0.5, 1, 100)
    >>> answers = Outputs(np.column_stack([p, 1 - p]))
    >>> shadow = Observations(answers, p > 0.75)
    >>> scores = learn(shadow, np.random.default_rng(0), k=1).score(answers)
    >>> bool(scores[-1] > scores[0])
    True
    """
    if k is not None and k < 1:
        raise InputError(f"k={k}", expected="at least one posterior, or None for all", fix="Pass another k.")
    features = partial(top_k, k=shadow.outputs.posteriors.shape[1] if k is None else k)
    return LearnedAttack(fit(features(shadow.outputs.posteriors), shadow.member, rng), features)


def _build(evidence: Evidence, rng: np.random.Generator) -> LearnedAttack:
    return learn(concatenate(evidence[ShadowModels]), rng)


ATTACKS = (
    AttackSpec(
        name="adversary-1",
        title="Adversary 1: one shadow model, three largest posteriors",
        source="Salem et al., NDSS 2019, adversary 1",
        needs=(ShadowModels(1),),
        build=_build,
        threshold_from="attack model",
    ),
)
