"""How an attack would score each record if another model were the target: reference models play it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlleaks.attacks.reference_attack import ReferenceAttack
from mlleaks.auditing.evaluating import BuiltAttack
from mlleaks.outputs.references import positions_of
from mlleaks.types import Floats, Observations


def scores_over_models(
    built: Sequence[BuiltAttack], headline: str | None, target: Observations
) -> Floats | None:
    """Return the score of each record ``(k, n)`` against ``k`` reference models; None without any.

    Parameters
    ----------
    built : sequence of (AttackSpec, Attack)
    headline : str or None
        The attack, by name.
    target : Observations
        Members count in models that were trained on them, non-members in models that were not. Elsewhere a
        score is nan.
    """
    attack = next((attack for spec, attack in built if spec.name == headline), None)
    players = attack.players() if isinstance(attack, ReferenceAttack) else ()
    if not isinstance(attack, ReferenceAttack) or not players:
        return None
    rows = positions_of(target.ids, attack.ids)
    scores = np.full((len(players), len(target)), np.nan)
    for model, player in enumerate(players):
        values = player.scores[rows]
        counts = (player.trained_on[rows] == target.member) & np.isfinite(values)
        scores[model, counts] = values[counts]
    return scores
