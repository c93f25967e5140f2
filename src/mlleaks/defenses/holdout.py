"""Members that no weight was fitted to: how they lower attacks' figures, and the figures without them.

A defense that holds records out of training has members that are answered like non-members. An audit
counts them as members, so every attack misses them, whether or not the defense protects the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

CHANCE = {"auc": 0.5, "tpr@1%fpr": 0.01, "tpr@0.1%fpr": 0.001}
"""What an attack reaches of these by guessing."""


def without_held_out(row: Mapping[str, Any], share: float) -> dict[str, Any]:
    """Return a measurement as it is of the members that weights were fitted to.

    With a share ``s`` of members that are answered like non-members, an AUC or a TPR at a fixed FPR is
    ``(1 - s)`` times that of the others plus ``s`` times chance.

    Parameters
    ----------
    row : mapping
        ``metric, value, low, high``; rows of metrics that are not in `CHANCE` are returned as they are.
    share : float
        Of the members that were held out, in [0, 1).

    Examples
    --------
    >>> without_held_out({"metric": "auc", "value": 0.86, "low": 0.59, "high": 0.95}, 0.1)["value"]
    0.9
    """
    chance = CHANCE.get(row["metric"])
    if chance is None or share == 0:
        return dict(row)
    ends = ((key, chance + (row[key] - chance) / (1 - share)) for key in ("value", "low", "high"))
    return {**row, **{key: float(np.clip(np.round(end, 12), 0.0, 1.0)) for key, end in ends}}
