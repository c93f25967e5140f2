"""Observations of several models as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlleaks.errors import InputError
from mlleaks.types import Observations, Outputs


def concatenate(parts: Sequence[Observations]) -> Observations:
    """Return the observations of several models over one set of classes as one, in their order.

    Parameters
    ----------
    parts : sequence of Observations
        At least one; all with posteriors ``(n, k)`` of one ``k``. Their labels are kept if all
        have them. A record that several models answered stands in the result that often.

    Raises
    ------
    InputError
        No parts, or parts with different numbers of classes.

    Examples
    --------
    >>> a = Observations(Outputs(np.eye(2), ids=np.array([7, 8])), np.array([True, False]))
    >>> both = concatenate([a, a])
    >>> both.member.tolist(), both.ids.tolist()
    ([True, False, True, False], [7, 8, 7, 8])
    """
    widths = {part.outputs.posteriors.shape[1] for part in parts}
    if len(widths) != 1:
        raise InputError(
            f"models with {' and '.join(map(str, sorted(widths)))} classes" if widths else "no models",
            expected="the answers of at least one model, and of models over one set of classes",
            fix="Pass models that were trained for the same classes.",
        )
    labels = [part.outputs.labels for part in parts if part.outputs.labels is not None]
    return Observations(
        Outputs(
            np.concatenate([part.outputs.posteriors for part in parts]),
            np.concatenate(labels) if len(labels) == len(parts) else None,
            np.concatenate([part.ids for part in parts]),
        ),
        np.concatenate([part.member for part in parts]),
    )
