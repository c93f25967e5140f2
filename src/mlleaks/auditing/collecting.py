"""The paper's adversaries. A parameter list is a threat model: it is all she may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy

import numpy as np

from mlleaks.attacks.base import Attack
from mlleaks.attacks.gap import GapAttack
from mlleaks.attacks.per_class import learn_per_class
from mlleaks.attacks.threshold import TOP, calibrate
from mlleaks.attacks.top_k import LARGEST, learn
from mlleaks.data.domains import FROM_RANGES, OWN_DOMAIN, Domain, draw_queries, is_from_ranges
from mlleaks.errors import ModelError
from mlleaks.models import train_model
from mlleaks.outputs.observations import concatenate
from mlleaks.outputs.query import observe, query
from mlleaks.outputs.signals import maximum
from mlleaks.seeds import Seeds
from mlleaks.types import Floats, MemberSplit, Model, Observations, Outputs, Records, Trainer

QUERIES = 1000
"""Random queries with which adversary 3 chooses her threshold."""


def adversary_1(shadow: MemberSplit, trainer: Trainer, seeds: Seeds, *, k: int | None = LARGEST) -> Attack:
    """Return adversary 1's attack: she has data like the target's and can train on them.

    She trains one shadow model on half of her data and learns from its three largest posteriors
    how members are answered (paper, section on adversary 1). An audit with the same seed mounts
    this very attack.

    Parameters
    ----------
    shadow : Halves
        Her data: what the shadow is trained on, and what it never sees.
    trainer : Trainer
        Her guess of how the target was trained.
    seeds : Seeds
    k : int or None
        How many of the largest posteriors she looks at; None: all.
    """
    return combining(shadow, [trainer], seeds, k=k)


def combining(
    shadow: MemberSplit, trainers: Sequence[Trainer], seeds: Seeds, *, k: int | None = LARGEST
) -> Attack:
    """Return adversary 1's attack where she does not know the target's algorithm (paper, Table 2).

    She trains one sub-shadow an algorithm, each on the same half of her data, and learns one attack
    model from the answers of all. With one algorithm she is `adversary_1`.

    Parameters
    ----------
    shadow : Halves
        Her data: what every sub-shadow is trained on, and what none ever sees.
    trainers : sequence of Trainer
        The algorithms that she thinks possible; each has a random stream of its own, so that one
        more leaves the models of those before it as they were.
    seeds : Seeds
    k : int or None
        See `adversary_1`.

    Raises
    ------
    InputError
        No trainers.
    """
    answers = [query_shadow(shadow, train, seeds.stream(_stage(i))) for i, train in enumerate(trainers)]
    return learn(concatenate(answers), seeds.stream("attack adversary-1"), k=k)


def adversary_2(elsewhere: MemberSplit, trainer: Trainer, seeds: Seeds) -> Attack:
    """Return adversary 2's attack: she has data of another domain, and does not know the model.

    She trains one shadow model on data that have nothing to do with the target's, by any algorithm,
    and takes what she learns there from the three largest posteriors over to the target (paper,
    data transferring attack). Numbers of classes may differ. The steps are those of `adversary_1`;
    what differs is what she knows. Audits mount `mlleaks.attacks.transfer.pretrained` in her name.

    Parameters
    ----------
    elsewhere : Halves
        Data of any other domain: what the shadow is trained on, and what it never sees.
    trainer : Trainer
        Any algorithm that overfits.
    seeds : Seeds
    """
    return adversary_1(elsewhere, trainer, seeds)


def shokri(shadows: Sequence[MemberSplit], trainer: Trainer, seeds: Seeds) -> Attack:
    """Return the attack of Shokri et al. (S&P 2017), the baseline of the paper's Figure 1.

    She has much data like the target's, knows its algorithm and each judged record's class. She
    trains many shadow models (the paper's comparison: ten), and for each class an attack model on
    the answers of all. An audit with the same seed mounts this very attack with its one shadow.

    Parameters
    ----------
    shadows : sequence of Halves
        One for each shadow model: what it is trained on, and what it never sees. They may overlap.
    trainer : Trainer
        How the target was trained.
    seeds : Seeds
        Each shadow has a stream of its own.

    Raises
    ------
    InputError
        No shadows, or shadows with different numbers of classes.
    """
    answers = [query_shadow(halves, trainer, seeds.stream(_stage(i))) for i, halves in enumerate(shadows)]
    return learn_per_class(concatenate(answers), seeds.stream("attack shokri"))


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
    noise = query_randomly(target, domain, seeds.stream("noise"), queries=queries)
    return calibrate(noise, statistic, top=top)


def gap() -> Attack:
    """Return the baseline's attack: nothing to learn or choose; she knows the judged records' classes."""
    return GapAttack()


def query_shadow(
    shadow: MemberSplit, trainer: Trainer, rng: np.random.Generator, *, from_logits: bool = False
) -> Observations:
    """Return how a shadow model answers its own members and others."""
    model = train_model(trainer, deepcopy(shadow.members), rng)
    return observe(model, shadow, from_logits=from_logits)


def query_randomly(
    target: Model,
    domain: Domain,
    rng: np.random.Generator,
    *,
    queries: int = QUERIES,
    like: Records | None = None,
    n_classes: int | None = None,
    from_logits: bool = False,
) -> Outputs:
    """Return how the target answers random queries over the feature domain.

    Parameters
    ----------
    target : Model
    domain : Domain
    rng : numpy.random.Generator
    queries : int
    like : array (n, ...), sparse matrix (n, d) or DataFrame, optional
        Records whose features the queries must have.
    n_classes : int, optional
        The width that the answers must have.
    from_logits : bool
        See `observe`.

    Raises
    ------
    InputError
        See `queries.drawn`; or the answers are not posteriors.
    ModelError
        The domain or the target raises.
    """
    X = draw_queries(domain, queries, rng, like=like)
    what = "answers to random queries"
    try:
        return Outputs(query(target, X, n_classes=n_classes, from_logits=from_logits, what=what))
    except ModelError as error:
        if not is_from_ranges(domain):
            raise
        got = f"{error.got} (asked about {FROM_RANGES})"
        raise ModelError(got, expected=error.expected, fix=f"{error.fix} {OWN_DOMAIN}") from error


def _stage(number: int) -> str:
    """Return the name of a shadow's random stream; the first is that of an audit's only shadow."""
    return "shadow" if number == 0 else f"shadow {number}"
