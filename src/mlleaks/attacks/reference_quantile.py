"""How many models that were not trained on a record have a larger loss on it than the target.

Source: Ye, Maddi, Murakonda, Bindschaedler, Shokri, *Enhanced Membership Inference Attacks against Machine
Learning Models*, CCS 2022: attack R, a threshold per record from models that were not trained on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlleaks.attacks.interpolation import LARGEST, losses, share_larger
from mlleaks.attacks.needs import Labels, ReferenceModels
from mlleaks.attacks.reference_attack import Formula, reference_attack
from mlleaks.attacks.reference_checks import check_references
from mlleaks.attacks.spec import AttackSpec
from mlleaks.outputs.references import References
from mlleaks.types import Bools, Floats


def reference_quantile_scores(
    target: Floats, references: Floats | Sequence[Floats], *, trained_on: Bools
) -> Floats:
    """Return the share of reference models with a larger loss on each record ``(n,)``, in 0..1.

    Only models count that were not trained on the record. The share is interpolated, so that also records
    with a loss below that of all models are ranked: by how far it is below. Higher = more likely a member.

    Parameters
    ----------
    target : float array (n,)
        The target's scaled logits.
    references : float array (m, n), or a sequence of m arrays
        Those of each reference model; read one model at a time.
    trained_on : bool array (m, n)
        Which records each model was trained on.

    Raises
    ------
    InputError
        Shapes that do not fit, or values that are not finite.

    Notes
    -----
    Of ``m`` models the score is 1 less ``k / (m + 1)`` where the target's loss is their ``k``-th smallest; of
    equal ones the middle counts. A record without such a model is ranked by its loss alone.

    Examples
    --------
    >>> references, trained_on = np.array([[0.0], [2.0], [9.0]]), np.array([[False], [False], [True]])
    >>> reference_quantile_scores(np.array([2.0]), references, trained_on=trained_on)
    array([0.66666667])
    """
    target = np.asarray(target, dtype=np.float64)
    check_references(target, references, trained_on)
    return _score(target, references, ~np.asarray(trained_on))


def _score(target: Floats, references: Floats | Sequence[Floats], counted: Bools) -> Floats:
    loss = losses(target)
    smaller, equal = np.zeros((2, len(loss)), dtype=np.int64)
    low, high = np.zeros(len(loss)), np.full(len(loss), LARGEST)
    for values, counts in zip(references, counted, strict=True):
        other = losses(values)
        below, above = (other < loss) & counts, (other > loss) & counts
        np.maximum(low, other, out=low, where=below)
        np.minimum(high, other, out=high, where=above)
        smaller += below
        equal += counts & ~below & ~above
    return share_larger((counted.sum(axis=0), smaller, equal), loss, (low, high))


def _fit(references: References, population: Floats | None) -> Formula:
    audited = references.audited
    return lambda target, rows: _score(
        target, [values[rows] for values in audited.values], ~audited.trained_on[:, rows]
    )


ATTACKS = (
    AttackSpec(
        name="reference-quantile",
        title="Attack R: reference models with a larger loss",
        source="Ye et al., CCS 2022, attack R",
        needs=(ReferenceModels(4, online=False), Labels()),
        build=lambda evidence, rng: reference_attack(evidence, _fit),
        threshold_from="reference models",
    ),
)
