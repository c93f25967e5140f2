"""Which reference models play the target in turn, and which are their references."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mlleaks.outputs.references import ReferenceSignals
from mlleaks.types import Bools, Floats, Ints

PAIRS = 8
"""Pairs of reference models that play the target, and without which the target is scored in turn."""


@dataclass(frozen=True)
class Round:
    """Models that play the target in turn, and the models that are their references.

    Parameters
    ----------
    players, references : int arrays
        Positions of models.
    order : float array (references, n), optional
        Where a player has no complement, and each record is in equally many models: for each record, of the
        references on the side that the player is not on, the first one is not used. Then as many are used on
        either side, whatever the player was trained on.
    """

    players: Ints
    references: Ints
    order: Floats | None = None

    def of(self, signals: ReferenceSignals, rows: Ints) -> ReferenceSignals:
        """Return what the references say about the records at these positions of ``signals``."""
        rest = signals.models(self.references)
        if self.order is None:
            return rest.records(rows)
        rest = rest.records(rows)
        opposite = rest.trained_on != signals.trained_on[self.players[0], rows]
        first = np.where(opposite, self.order[:, rows], 2.0).argmin(axis=0)
        keep = np.arange(len(rest.values))[:, None] != first
        values, member = (part.T[keep.T].reshape(len(rows), -1).T for part in (rest.values, rest.trained_on))
        return ReferenceSignals(values, member, rest.labels, rest.ids)


def rounds(pairs: Ints, trained_on: Bools, rng: np.random.Generator) -> list[Round]:
    """Return up to `PAIRS` rounds in which both models of a pair play, or twice as many for single models.

    Only models play that were trained on some of the records, and not on all.

    Parameters
    ----------
    pairs : int array (m,)
        Two models of one number are complementary.
    trained_on : bool array (m, n)
    rng : numpy.random.Generator

    Examples
    --------
    >>> masks = np.array([[True, False], [False, True]] * 2)
    >>> [(r.players.tolist(), r.references.tolist()) for r in rounds(np.array([0, 0, 1, 1]), masks, None)]
    [([0, 1], [2, 3]), ([2, 3], [0, 1])]
    """
    numbers, sizes = np.unique(pairs, return_counts=True)
    single = np.isin(pairs, numbers[sizes == 1])
    if single.sum() < 2 <= (sizes == 2).sum():  # with an odd number of models, the last one is no player
        complete = numbers[sizes == 2][:PAIRS]
        return [Round(np.flatnonzero(pairs == n), np.flatnonzero(pairs != n)) for n in complete]
    models = np.arange(len(pairs))
    players = models[_both_sides(trained_on)][: 2 * PAIRS]
    alone = [Round(models[i : i + 1], models[pairs != pairs[i]]) for i in players]
    if not _is_balanced(trained_on[single]):
        return alone
    return [_in_equal_numbers(turn, trained_on, rng) if single[turn.players[0]] else turn for turn in alone]


def _in_equal_numbers(turn: Round, trained_on: Bools, rng: np.random.Generator) -> Round:
    """Return the round without one reference per record, for a player whose complement is not there.

    Without its complement, the others say nothing of what a player was trained on: so they all stay.
    """
    return replace(turn, order=rng.random((len(turn.references), trained_on.shape[1]), np.float32))


def _both_sides(trained_on: Bools) -> Bools:
    """Return which models have members and non-members ``(m,)``: from others nothing can be learned."""
    return np.asarray(trained_on.any(axis=1) & ~trained_on.all(axis=1))


def _is_balanced(trained_on: Bools) -> bool:
    """Return whether records are in more nearly equal numbers of models than coin flips would put them."""
    if not len(trained_on):
        return False
    share = trained_on.mean()
    return bool(trained_on.sum(axis=0).var() < len(trained_on) * share * (1 - share) / 2)
