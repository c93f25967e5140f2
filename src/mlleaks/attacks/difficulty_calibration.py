"""The target's loss less what models that were not trained on the record lose on it: how hard the record is.

Source: Watson, Guo, Cormode, Sablayrolles, *On the Importance of Difficulty Calibration in Membership
Inference Attacks*, ICLR 2022, equation 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlleaks.attacks.interpolation import losses
from mlleaks.attacks.moments import mean_of
from mlleaks.attacks.needs import Labels, ReferenceModels
from mlleaks.attacks.reference_attack import Formula, reference_attack
from mlleaks.attacks.reference_checks import check_references
from mlleaks.attacks.spec import AttackSpec
from mlleaks.attacks.transformed import Transformed
from mlleaks.outputs.references import References
from mlleaks.types import Bools, Floats


def calibration_scores(target: Floats, references: Floats | Sequence[Floats], *, trained_on: Bools) -> Floats:
    """Return the target's signal less the mean of models that were not trained on the record ``(n,)``.

    Parameters
    ----------
    target : float array (n,)
        A signal that is higher for members: minus the loss, as in the paper, or a scaled logit.
    references : float array (m, n), or a sequence of m arrays
        That of each reference model; read one model at a time.
    trained_on : bool array (m, n)
        Which records each model was trained on.

    Returns
    -------
    float array (n,)
        Higher = more likely a member. A record on which all models were trained is compared with the mean of
        the other records' means.

    Raises
    ------
    InputError
        Shapes that do not fit, or values that are not finite.

    Examples
    --------
    >>> references, trained_on = np.array([[-2.0], [-4.0], [0.0]]), np.array([[False], [False], [True]])
    >>> calibration_scores(np.array([-1.0]), references, trained_on=trained_on)
    array([2.])
    """
    target = np.asarray(target, dtype=np.float64)
    check_references(target, references, trained_on)
    return target - mean_of(references, ~np.asarray(trained_on))


def _gain(signals: Floats) -> Floats:
    """Return minus the loss."""
    return -losses(signals)


def _fit(references: References, population: Floats | None) -> Formula:
    audited = references.audited
    mean = mean_of(Transformed(audited.values, _gain), ~audited.trained_on)
    return lambda target, rows: _gain(target) - mean[rows]


ATTACKS = (
    AttackSpec(
        name="difficulty-calibration",
        title="Difficulty calibration: loss against other models",
        source="Watson et al., ICLR 2022, equation 3",
        needs=(ReferenceModels(2, online=False), Labels()),
        build=lambda evidence, rng: reference_attack(evidence, _fit),
        threshold_from="reference models",
    ),
)
