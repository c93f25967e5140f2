"""The true classes that an attack cannot do without."""

from __future__ import annotations

from mlleaks.errors import InputError
from mlleaks.types import Ints, Outputs


def true_classes(outputs: Outputs, *, what: str = "outputs") -> Ints:
    """Return the true class of each record ``(n,)``.

    Parameters
    ----------
    outputs : Outputs
    what : str
        What to call them in an error.

    Raises
    ------
    InputError
        The outputs have no labels.

    Examples
    --------
    >>> import numpy as np
    >>> true_classes(Outputs(np.eye(2), np.array([0, 1])))
    array([0, 1])
    """
    if outputs.labels is None:
        raise InputError(
            f"{what} without labels",
            expected="the true class of each record",
            fix="Pass labels, or skip attacks that need them.",
        )
    return outputs.labels
