"""How sure other models are of a record's class, from the scores that an audit stores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlleaks.attacks import difficulty_calibration, loss
from mlleaks.types import Floats


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
    if loss.ATTACKS[0].name not in scores or difficulty_calibration.ATTACKS[0].name not in scores:
        return None
    mean = np.asarray(scores[loss.ATTACKS[0].name]) - scores[difficulty_calibration.ATTACKS[0].name]
    return np.asarray(np.exp(np.minimum(mean, 0.0)))
