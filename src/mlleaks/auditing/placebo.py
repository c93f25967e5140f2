"""The attacks of an audit against models that saw none of the records.

Where members and non-members differ by themselves, attacks find that difference, too. A placebo shows how
much of it: a model that was trained on none of the records answers the same ones. Models that are trained on
half of the members serve, for the other half and the non-members; where nothing can be trained, reference
models do, on the records that they were not trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from mlleaks.attacks.needs import (
    AugmentedAnswers,
    BoundaryDistances,
    Evidence,
    NoisyAnswers,
    Population,
    Variants,
)
from mlleaks.attacks.reference_attack import ReferenceAttack
from mlleaks.attacks.spec import Attack, AttackSpec
from mlleaks.auditing.evaluating import BuiltAttack
from mlleaks.auditing.placebo_models import Answered, NoPlacebo, PlaceboModels, answers_in_time
from mlleaks.outputs.references import positions_of
from mlleaks.results.audit import Verdict
from mlleaks.results.blind_check import BlindCheck
from mlleaks.results.overlap_weights import OverlapWeights
from mlleaks.results.placebo import Placebo
from mlleaks.seeds import Seeds
from mlleaks.stats.contrasted import Contrasted
from mlleaks.stats.contrasts import Contrast, Scored, contrast, contrast_all
from mlleaks.types import Floats, Ints, Observations

REFERENCES = "reference models, on the records that they were not trained on"
FURTHER_QUERIES = (NoisyAnswers, AugmentedAnswers, BoundaryDistances, Variants)
"""Evidence about the target's answers to changed records, which placebo models are not asked for."""


@dataclass(frozen=True)
class Findings:
    """What an audit did and found.

    Parameters
    ----------
    built : list of (AttackSpec, Attack)
        The attacks as they were run against the target.
    evidence : Evidence
        What they were built from.
    target : Observations
    verdicts : tuple of Verdict
        Their scores against the target.
    seeds : Seeds
    persons : int array (n,), optional
        Whose record each is, in ``0..g-1``.
    """

    built: list[BuiltAttack]
    evidence: Evidence
    target: Observations
    verdicts: tuple[Verdict, ...]
    seeds: Seeds
    persons: Ints | None = None


@dataclass(frozen=True)
class PlaceboCheck:
    """What an audit needs for a placebo besides its attacks.

    Parameters
    ----------
    models : PlaceboModels
        Where there are none, reference models serve for the attacks that have them.
    weights : callable, optional
        ``weights() -> OverlapWeights``: see `mlleaks.auditing.overlap_weights`.
    """

    models: PlaceboModels
    weights: Callable[[], OverlapWeights] | None = None

    def run(self, audit: Findings, blind: BlindCheck | None) -> Placebo:
        """Return what the attacks find against models that saw none of the records.

        Parameters
        ----------
        audit : Findings
        blind : BlindCheck or None
            Whether the sides differ by themselves, as far as is known.
        """
        differs = blind is not None and blind.differs
        answered, why_not = self._answered(audit, differs=differs)
        scored: dict[str, list[Scored]] = {}
        sources: dict[str, str] = {}
        for spec, attack in audit.built:
            if answered and not _queries_more(spec):
                scored[spec.name] = list(_by_models(spec, attack, audit, answered))
                sources[spec.name] = self.models.description
            elif isinstance(attack, ReferenceAttack) and not answered:
                scored[spec.name], sources[spec.name] = list(_by_references(attack, audit.target)), REFERENCES
        attacks, p_value = contrast_all(_contrasts(audit, scored), audit.persons)
        placebo = Placebo(attacks, {name: sources[name] for name in attacks}, p_value, why_not=why_not)
        if not differs and not placebo.differs:
            return placebo
        return replace(placebo, weighted=self._weighted(audit, scored))

    def _answered(self, audit: Findings, *, differs: bool) -> tuple[list[Answered], str | None]:
        try:
            return answers_in_time(self.models, audit.seeds, differs=differs), None
        except NoPlacebo as error:
            return [], str(error)

    def _weighted(self, audit: Findings, scored: Mapping[str, list[Scored]]) -> Mapping[str, Contrasted]:
        """Return the contrasts under weights that make the sides alike; empty where there are none."""
        weights = None if self.weights is None else self.weights()
        if weights is None or not weights.enough:
            return {}
        each = np.empty(len(audit.target))
        each[audit.target.member] = weights.member_weights
        each[~audit.target.member] = weights.nonmember_weights
        return contrast_all(_contrasts(audit, scored, each), audit.persons)[0]


def _contrasts(
    audit: Findings, scored: Mapping[str, list[Scored]], weights: Floats | None = None
) -> Mapping[str, Contrast]:
    member = audit.target.member
    pairs = (
        (v.attack, contrast(member, v.scores, scored.get(v.attack, []), weights=weights))
        for v in audit.verdicts
    )
    return {name: both for name, both in pairs if both is not None}


def _by_references(attack: ReferenceAttack, target: Observations) -> Iterator[Scored]:
    """Yield the records that each reference model was not trained on, by position, with their scores."""
    places = np.full(len(attack.ids), -1)
    places[positions_of(target.ids, attack.ids)] = np.arange(len(target))
    for player in attack.players():
        unseen = ~player.trained_on & (places >= 0)
        yield places[unseen], player.scores[unseen]


def _by_models(
    spec: AttackSpec, attack: Attack, audit: Findings, answered: list[Answered]
) -> Iterator[Scored]:
    """Yield each placebo model's records with their scores; attacks on a population learn again from its."""
    learns_again = any(isinstance(need, Population) for need in spec.needs)
    for one in answered:
        own = attack
        if learns_again:
            if one.population is None:
                return
            evidence = audit.evidence.replacing(Population, one.population)
            own = spec.build(evidence, audit.seeds.stream(f"placebo {spec.name}"))
        yield one.rows, own.score(one.outputs)


def _queries_more(spec: AttackSpec) -> bool:
    return any(isinstance(need, FURTHER_QUERIES) for need in spec.needs)
