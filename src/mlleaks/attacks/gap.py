"""The gap attack, a baseline: every record that is classified correctly is flagged (Yeom et al. 2018).

It needs only the answered label, and catches models whose posteriors tell nothing, like a fully
grown decision tree. An attack that does not beat it has learned no more than "the model overfits".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.needs import Labels
from mlleaks.attacks.spec import AttackSpec
from mlleaks.errors import InputError
from mlleaks.outputs.signals import predicted_classes
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats, Outputs


@tagged("GapAttack")
@dataclass(frozen=True)
class GapAttack:
    """Score 1 for a correct answer, 0 for a wrong one.

    Examples
    --------
    >>> answers = Outputs(np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0]))
    >>> GapAttack().score(answers)
    array([1., 0.])
    """

    threshold: float = 0.5

    def score(self, outputs: Outputs) -> Floats:
        """Return 1.0 where the answered class is the true one, else 0.0 ``(n,)``."""
        if outputs.labels is None:
            raise InputError(
                "outputs without labels",
                expected="the true class of each record",
                fix="Pass labels, or skip the gap attack.",
            )
        return np.asarray(predicted_classes(outputs.posteriors) == outputs.labels, dtype=float)


ATTACKS = (
    AttackSpec(
        name="gap",
        title="Gap attack: flags what is classified correctly",
        source="Yeom et al., CSF 2018, section 3",
        needs=(Labels(),),
        reads="predicted class",
        build=lambda evidence, rng: GapAttack(),
    ),
)
