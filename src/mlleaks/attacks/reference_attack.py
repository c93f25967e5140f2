"""What all attacks with reference models share: records are looked up by id, thresholds come from the models.

A reference model can play the target: what it was trained on is known, and the others, without it and its
complement, are its reference models. So a threshold is chosen without a look at the target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from mlleaks.attacks.false_positives import threshold_above
from mlleaks.attacks.needs import Evidence, Population, ReferenceModels
from mlleaks.errors import InputError
from mlleaks.outputs.references import References, positions_of
from mlleaks.outputs.signals import scaled_logit
from mlleaks.types import Bools, Floats, Ids, Ints, Outputs

Formula: TypeAlias = Callable[[Floats, Ints], Floats]
"""From the target's scaled logits ``(q,)`` and the records' positions ``(q,)`` to scores ``(q,)``."""
Fit: TypeAlias = Callable[[References, Floats | None], Formula]
"""From reference models, and the target's scaled logits on their further records if known, to a formula."""

Mode: TypeAlias = Literal["online", "offline"]
"""Whether models that were trained on the audited records count."""

PLAYERS = 4
"""Pairs of reference models that play the target, for a threshold and a placebo."""


class Player(NamedTuple):
    """A reference model that plays the target.

    Parameters
    ----------
    trained_on : bool array (n,)
        Which of the audited records it was trained on.
    scores : float array (n,)
        How the attack scores them against it.
    """

    trained_on: Bools
    scores: Floats


@dataclass(frozen=True)
class ReferenceAttack:
    """An attack that compares the target with reference models, record by record.

    Parameters
    ----------
    ids : array (n,)
        The records that the reference models were queried on.
    formula : callable
        See `Formula`.
    threshold : float
        Scores above it are flagged; nan where there are too few models to choose it.
    players : callable
        ``players() -> sequence of Player``: the attack against reference models that play the target. None
        where there are too few models.
    """

    ids: Ids
    formula: Formula
    threshold: float
    players: Callable[[], Sequence[Player]] = tuple

    def score(self, outputs: Outputs) -> Floats:
        """Return one score per record ``(n,)``; higher = more likely a member.

        Raises
        ------
        InputError
            Outputs without labels or ids, or records that the reference models were not queried on.
        """
        if outputs.labels is None or outputs.ids is None:
            raise InputError(
                "outputs without labels or ids",
                expected="the true class and the id of each record",
                fix="Pass both, or skip attacks with reference models.",
            )
        rows = positions_of(outputs.ids, self.ids)
        return np.asarray(self.formula(scaled_logit(outputs.posteriors, outputs.labels), rows))


def reference_attack(evidence: Evidence, fit: Fit, *, least: int = 1) -> ReferenceAttack:
    """Return the attack that ``fit`` makes of the reference models, with a threshold at 1 % FPR.

    ``least`` is how many reference models the attack needs: see `players_of`.
    """
    references = evidence[ReferenceModels]
    formula = fit(references, population_signals(references, evidence.get(Population)))
    players = players_of(references, fit, least=least)
    return ReferenceAttack(references.audited.ids, formula, threshold(players), lambda: players)


def population_signals(references: References, population: Outputs | None) -> Floats | None:
    """Return the target's scaled logits on the references' further records, nan where it was not queried."""
    if population is None or references.further is None:
        return None
    assert population.labels is not None
    assert population.ids is not None
    signals = np.full(len(references.further), np.nan)
    rows = positions_of(population.ids, references.further.ids)
    signals[rows] = scaled_logit(population.posteriors, population.labels)
    return signals


def players_of(references: References, fit: Fit, *, least: int = 1) -> tuple[Player, ...]:
    """Return the scores of the audited records against reference models that play the target.

    Up to `PLAYERS` pairs play, each attacked with the other pairs. None with a single pair, or where the
    others are fewer than ``least``. With one model on each side there is no variance: scores of a likelihood
    ratio are then no measure of those of the target.
    """
    if references.n_models - np.bincount(references.pairs).max() < least:
        return ()
    trained_on = references.audited.trained_on
    return tuple(Player(trained_on[model], scores) for model, scores in played(references, fit, PLAYERS))


def threshold(players: Sequence[Player]) -> float:
    """Return the score that `FPR` of the records exceed that a reference model was not trained on.

    Nan without such records.
    """
    unseen = (player.scores[~player.trained_on] for player in players)
    return threshold_above(np.concatenate([np.empty(0), *unseen]))


def played(references: References, fit: Fit, pairs: int) -> Iterator[tuple[int, Floats]]:
    """Yield reference models that play the target, each with its scores on all audited records ``(n,)``.

    The reference models of such a target are all others but its complement, which would tell what it was
    trained on.

    Parameters
    ----------
    references : References
    fit : callable
        See `Fit`.
    pairs : int
        How many pairs play, the first ones.
    """
    everything = np.arange(len(references.audited))
    numbers = np.unique(references.pairs)
    for pair in numbers[:pairs] if len(numbers) > 1 else ():
        rest, further = references.without_pair(pair), references.further
        formula = fit(rest, None) if further is None else None  # one for both models
        for model in np.flatnonzero(references.pairs == pair):
            if further is not None:
                inside = further.trained_on[model]
                formula = fit(rest, np.where(inside, np.nan, further.values[model]))
            assert formula is not None
            yield int(model), formula(references.audited.values[model], everything)
