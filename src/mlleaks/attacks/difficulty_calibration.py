"""The target's loss less what models that were not trained on the record lose on it: how hard the record is.

Source: Watson, Guo, Cormode, Sablayrolles, *On the Importance of Difficulty Calibration in Membership
Inference Attacks*, ICLR 2022, equation 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mlleaks.attacks.interpolation import losses
from mlleaks.attacks.loss import ATTACKS as LOSS_ATTACKS
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


def posterior_without(scores: Mapping[str, Floats]) -> Floats | None:
    """Return the true class's posterior in models that were not trained on the record ``(n,)``, in 0..1.

    It follows from the scores of two attacks: the target's log posterior (loss attack) less the gain over
    these models is their mean log posterior. So the result is the geometric mean over models.

    Parameters
    ----------
    scores : mapping of str to float array (n,)
        Of an audit's attacks by name.

    Returns
    -------
    float array (n,) or None
        Low = a hard record, or a wrong label. None without both attacks.

    Examples
    --------
    >>> posterior_without({"loss": np.log([0.5]), "difficulty-calibration": np.log([0.5]) - np.log([0.25])})
    array([0.25])
    """
    if LOSS_ATTACKS[0].name not in scores or ATTACKS[0].name not in scores:
        return None
    mean = np.asarray(scores[LOSS_ATTACKS[0].name]) - scores[ATTACKS[0].name]
    return np.asarray(np.exp(np.minimum(mean, 0.0)))


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
