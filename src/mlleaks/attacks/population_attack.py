"""How many records that the target was not trained on have a larger loss than this one.

Source: Ye, Maddi, Murakonda, Bindschaedler, Shokri, *Enhanced Membership Inference Attacks against Machine
Learning Models*, CCS 2022: attack P, a threshold per target from records of the population; here per class,
too, as Song and Mittal, USENIX Security 2021, do with thresholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.interpolation import losses_of, share_larger_among
from mlleaks.attacks.needs import Evidence, Labels, Population
from mlleaks.attacks.spec import AttackSpec
from mlleaks.errors import InputError
from mlleaks.types import Floats, Ints, Outputs

ENOUGH = 100
"""A class with fewer records in the population is compared with the whole population: 1 % of 100 is one."""
FPR = 0.01
"""The false-positive rate that the threshold aims at."""


def population_scores(target: Floats, labels: Ints, *, population: Floats, population_labels: Ints) -> Floats:
    """Return the share of the population of each record's class with a larger loss ``(n,)``, in 0..1.

    Interpolated between losses; see `mlleaks.attacks.interpolation`. A class of fewer than `ENOUGH` records
    is compared with the whole population. Higher = more likely a member.

    Parameters
    ----------
    target : float array (n,)
        The target's losses in nats, 0 or more.
    labels : int array (n,)
        True classes.
    population : float array (z,)
        The target's losses on records that it was not trained on.
    population_labels : int array (z,)

    Raises
    ------
    InputError
        No population, a loss that is negative or not a number, or shapes that do not fit.

    Examples
    --------
    >>> population, classes = np.linspace(0.0, 1.0, 101), np.zeros(101, dtype=int)
    >>> population_scores(np.array([0.5]), np.array([0]), population=population, population_labels=classes)
    array([0.5])
    """
    target, population = (np.asarray(values, dtype=np.float64) for values in (target, population))
    _check(target, labels, "the target's losses")
    _check(population, population_labels, "the population's losses")
    if not len(population):
        raise InputError(
            "an empty population",
            expected="losses on records that the target was not trained on",
            fix="Pass the target's losses on such records.",
        )
    return _Ranks.of(population, population_labels).score(target, labels)


@dataclass(frozen=True)
class _Ranks:
    """The population's losses, sorted: of all records, and of each class that has enough."""

    everyone: Floats
    classes: Mapping[int, Floats]

    @classmethod
    def of(cls, population: Floats, labels: Ints) -> _Ranks:
        values, counts = np.unique(labels, return_counts=True)
        classes = {int(c): np.sort(population[labels == c]) for c in values[counts >= ENOUGH]}
        return cls(np.sort(population), classes)

    def score(self, target: Floats, labels: Ints) -> Floats:
        scores = share_larger_among(target, self.everyone)
        for label, losses in self.classes.items():
            rows = np.flatnonzero(labels == label)
            scores[rows] = share_larger_among(target[rows], losses)
        return scores


def _check(values: Floats, labels: Ints, what: str) -> None:
    if values.ndim != 1 or np.shape(labels) != values.shape or not (values >= 0).all():
        raise InputError(
            f"{what} of shape {values.shape} with labels of shape {np.shape(labels)}"
            + ("" if (values >= 0).all() else ", some negative or not a number"),
            expected="one loss of 0 or more and one class per record",
            fix="Pass minus the logarithm of the true class's posterior, and the true class.",
        )


@dataclass(frozen=True)
class PopulationAttack:
    """The target's losses, ranked among those of the population."""

    ranks: _Ranks
    threshold: float = 1 - FPR

    def score(self, outputs: Outputs) -> Floats:
        """Return one score per record ``(n,)``, in 0..1; higher = more likely a member."""
        return self.ranks.score(*_labelled_losses(outputs))


def _labelled_losses(outputs: Outputs) -> tuple[Floats, Ints]:
    if outputs.labels is None:
        raise InputError(
            "outputs without labels",
            expected="the true class of each record",
            fix="Pass labels, or skip the attack with a population.",
        )
    return losses_of(outputs.posteriors, outputs.labels), outputs.labels


def _build(evidence: Evidence, rng: np.random.Generator) -> PopulationAttack:
    return PopulationAttack(_Ranks.of(*_labelled_losses(evidence[Population])))


ATTACKS = (
    AttackSpec(
        name="population",
        title="Attack P: other records with a larger loss",
        source="Ye et al., CCS 2022, attack P",
        needs=(Population(), Labels()),
        build=_build,
        threshold_from="population",
    ),
)
