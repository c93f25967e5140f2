"""The paper's adversaries. A parameter list is a threat model: it is all she may see."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlleaks.attacks.label_gap import LabelGapAttack
from mlleaks.attacks.learned import learn
from mlleaks.attacks.threshold import TOP, calibrate
from mlleaks.models import aligned, ask, observe
from mlleaks.posteriors import maximum
from mlleaks.queries import Domain
from mlleaks.seeds import Seeds
from mlleaks.types import Attack, Floats, Halves, Model, Observations, Outputs, Trainer

QUERIES = 1000
"""Random queries with which adversary 3 chooses her threshold."""


def adversary_1(shadow: Halves, trainer: Trainer, seeds: Seeds) -> Attack:
    """Return adversary 1's attack: she has data like the target's and can train on them.

    She trains one shadow model on half of her data and learns from its three largest posteriors
    how members are answered (paper, section on adversary 1). On data of any other domain this is
    adversary 2. An audit with the same seed mounts this very attack.

    Parameters
    ----------
    shadow : Halves
        Her data: what the shadow is trained on, and what it never sees.
    trainer : Trainer
        Her guess of how the target was trained.
    seeds : Seeds
    """
    answers = shadow_answers(shadow, trainer, seeds.stream("shadow"))
    return learn(answers, seeds.stream("attack adversary-1"))


def adversary_3(
    target: Model,
    domain: Domain,
    seeds: Seeds,
    *,
    statistic: Callable[[Floats], Floats] = maximum,
    top: float = TOP,
    queries: int = QUERIES,
) -> Attack:
    """Return adversary 3's attack: no data, no training, only queries to the target.

    An audit with the same seed and domain mounts this very attack.

    Parameters
    ----------
    target : Model
    domain : Domain
        Draws random records; the ranges of the features are public.
    seeds : Seeds
    statistic : callable
        `posteriors.maximum`, `posteriors.standard_deviation` or `posteriors.negative_entropy`.
    top : float
        The share of random queries that lies above her threshold.
    queries : int
        How many random queries she spends.
    """
    noise = noise_answers(target, domain, seeds.stream("noise"), queries=queries)
    return calibrate(noise, statistic, top=top)


def label_gap() -> Attack:
    """Return the baseline's attack: nothing to learn or choose; she knows the judged records' classes."""
    return LabelGapAttack()


def shadow_answers(
    shadow: Halves, trainer: Trainer, rng: np.random.Generator, *, from_logits: bool = False
) -> Observations:
    """Return how a shadow model answers its own members and others."""
    model = aligned(trainer(shadow.members, rng), shadow.members.n_classes)
    return observe(model, shadow, from_logits=from_logits)


def noise_answers(
    target: Model,
    domain: Domain,
    rng: np.random.Generator,
    *,
    queries: int = QUERIES,
    from_logits: bool = False,
) -> Outputs:
    """Return how the target answers random queries over the feature domain."""
    return Outputs(ask(target, domain(queries, rng), from_logits=from_logits))
