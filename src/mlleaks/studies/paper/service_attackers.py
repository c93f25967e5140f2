"""The attackers of a prediction service: what each achieves from its answers, whatever trained its model.

`attack_service` takes any service that answers records with posteriors: a Python function, the
``predict_proba`` of a model or of `mlleaks.targets.load_target`, or a client of a remote endpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, TypeAlias

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Evidence, Labels, RandomQueries, ShadowModels
from mlleaks.attacks.spec import AttackSpec
from mlleaks.attacks.top_k import LARGEST
from mlleaks.data.protocol import TARGET, ProtocolSplit
from mlleaks.defenses import LabelOnly, TopK
from mlleaks.defenses.masked_models import Mask
from mlleaks.outputs.query import query
from mlleaks.seeds import Seeds
from mlleaks.studies.engine.study import Row, attack_rows, target_rows
from mlleaks.types import Floats, Observations, Outputs, Records

Service: TypeAlias = Callable[[Records], Any]
"""``service(records) -> posteriors (n, k)``."""


def unchanged(posteriors: Floats) -> Floats:
    """Return posteriors as they are: the service answers all of them."""
    return posteriors


ALL, TOP, LABEL = "all posteriors", "top three", "label"
MASKS: Mapping[str, Mask] = {ALL: unchanged, TOP: TopK(LARGEST), LABEL: LabelOnly()}
"""What a service may let its callers see."""


@dataclass(frozen=True)
class ServiceAnswers:
    """What a service answered.

    Parameters
    ----------
    target : Observations
        About its members and non-members.
    random_queries : Outputs
        About random records.
    """

    target: Observations
    random_queries: Outputs


@dataclass(frozen=True)
class AttackerShadows:
    """The attackers' own shadow models, observed on their members and non-members.

    Parameters
    ----------
    network : Observations
        Adversary 1's: the paper's network on records of the target's distribution.
    algorithms : tuple of Observations
        Those of the combining attack, one per algorithm; all over one set of classes.
    foreign : Observations, optional
        Adversary 2's: the paper's network on records of another domain.
    """

    network: Observations
    algorithms: tuple[Observations, ...]
    foreign: Observations | None = None


def attack_service(
    service: Service,
    split: ProtocolSplit,
    shadows: AttackerShadows,
    *,
    masks: Mapping[str, Mask] = MASKS,
    **setting: Any,
) -> list[Row]:
    """Return what each attacker achieves against a service, and its accuracies: see `attack_answers`.

    Parameters
    ----------
    service : callable
        Must have been trained on the first part of the split. It is queried once about each record of the
        first two parts and about each random record.
    split : ProtocolSplit
    shadows : AttackerShadows
    masks : mapping of str to callable
    **setting
        Further columns of the rows.

    Raises
    ------
    ModelError, InputError
        The service raises, or does not answer with posteriors of the data set's classes.
    """
    observed = query_service(service, split)
    return attack_answers(observed, shadows, split.seeds, masks=masks, **setting)


def query_service(service: Service, split: ProtocolSplit) -> ServiceAnswers:
    """Return what a service answers about the target's records and about random ones, checked.

    Parameters
    ----------
    service : callable
    split : ProtocolSplit

    Examples
    --------
    >>> import numpy as np
    >>> from mlleaks.data.protocol import protocol_split
    >>> from mlleaks.types import Dataset
    >>> data = Dataset("toy", np.arange(8.0)[:, None], np.arange(8) % 2, 2)
    >>> split = protocol_split(data, 0, largest_part=None, queries=3)
    >>> observed = query_service(lambda X: np.full((len(X), 2), 0.5), split)
    >>> len(observed.target), len(observed.random_queries)
    (4, 3)
    """
    model, k = SimpleNamespace(predict_proba=service), split.pool.n_classes
    rows = split.evaluated_rows(TARGET)
    about_records = query(model, split.pool.X[rows], n_classes=k)
    target = split.observations(TARGET, about_records, split.plan(1))
    return ServiceAnswers(target, Outputs(query(model, split.queries, n_classes=k)))


def attack_answers(
    observed: ServiceAnswers,
    shadows: AttackerShadows,
    seeds: Seeds,
    *,
    masks: Mapping[str, Mask] = MASKS,
    **setting: Any,
) -> list[Row]:
    """Return what each attacker achieves under each kind of answers, one row per metric.

    An attacker knows what the service returns, and sees the same of the shadow models that the attack is
    learned from. Attacks that read posteriors are not run where the service answers the label alone.

    Parameters
    ----------
    observed : ServiceAnswers
        What the service answered. If that is less than all posteriors, pass the masks that hide as much or
        more: an attack must see of its shadow models what it sees of the service.
    shadows : AttackerShadows
    seeds : Seeds
    masks : mapping of str to callable
        What the service lets its callers see, by names for the column ``answers``; by default `MASKS`.
    **setting
        Further columns of the rows.
    """
    rows = target_rows(observed.target, answers="", **setting)
    for kind, mask in masks.items():
        target = _masked(observed.target, mask)
        for name, (spec, evidence) in _attackers(observed, shadows, mask).items():
            if spec.reads == "posteriors" and isinstance(mask, LabelOnly):
                continue
            attack = spec.build(evidence, seeds.stream(f"attack {name}"))
            rows += attack_rows(name, attack, target, answers=kind, **setting)
    return rows


def _attackers(
    observed: ServiceAnswers, shadows: AttackerShadows, mask: Mask
) -> dict[str, tuple[AttackSpec, Evidence]]:
    """Return each attacker's attack and what it is built from."""
    learned = REGISTRY["adversary-1"]
    own = {"adversary-1": (shadows.network,), "combining": shadows.algorithms}
    foreign = {} if shadows.foreign is None else {"adversary-2": (shadows.foreign,)}
    attackers = {
        name: (learned, Evidence({ShadowModels: tuple(_masked(shadow, mask) for shadow in several)}))
        for name, several in {**own, **foreign}.items()
    }
    random_queries = replace(observed.random_queries, posteriors=mask(observed.random_queries.posteriors))
    return attackers | {
        "adversary-3": (REGISTRY["adversary-3-maximum"], Evidence({RandomQueries: random_queries})),
        "gap": (REGISTRY["gap"], Evidence({Labels: True})),
    }


def _masked(observations: Observations, mask: Mask) -> Observations:
    outputs = observations.outputs
    return replace(observations, outputs=replace(outputs, posteriors=mask(outputs.posteriors)))
