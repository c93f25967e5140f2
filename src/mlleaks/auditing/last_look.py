"""Whether a model is the same at the end of an audit as at its start: services replace models."""

from __future__ import annotations

import secrets

import numpy as np

from mlleaks.outputs.occasion import asking_again
from mlleaks.outputs.query import query
from mlleaks.outputs.stability import SAME
from mlleaks.types import MemberSplit, Model, Observations

EACH = 10
"""Members, and non-members, that are asked about once more."""


def look_again(model: Model, split: MemberSplit, target: Observations) -> str | None:
    """Return a note if some records are answered otherwise now than at the beginning of the audit.

    Parameters
    ----------
    model : Model
    split : MemberSplit
    target : Observations
        The first answers, members before non-members.

    Examples
    --------
    >>> from mlleaks.types import Dataset
    >>> from mlleaks.outputs.query import observe
    >>> class Steady:
    ...     def predict_proba(self, X):
    ...         return np.full((len(X), 2), 0.5)
    >>> side = Dataset("toy", np.zeros((5, 1)), np.zeros(5, dtype=int), 2)
    >>> split = MemberSplit(side, side)
    >>> look_again(Steady(), split, observe(Steady(), split)) is None
    True
    """
    changes = []
    for side, start in ((split.members, 0), (split.nonmembers, len(split.members))):
        rows = np.linspace(0, len(side) - 1, min(EACH, len(side))).astype(int)
        first = target.outputs.posteriors[start + rows]
        with asking_again(secrets.randbits(60)):  # an occasion of its own: no store has an answer
            now = query(model, side.take(rows).X, n_classes=first.shape[1])
        changes.append(np.abs(now - first).max(axis=1))
    change = np.concatenate(changes)
    if change.mean() <= SAME:
        return None
    return (
        f"At the end of the audit the model answered {int((change > SAME).sum())} of {len(change)} records "
        f"otherwise than at its beginning, by up to {change.max():.2g}. If it was replaced or throttled "
        "meanwhile, the figures are of more than one model: run the audit again, and ask the service's owner."
    )


def look_again_queries(split: MemberSplit) -> int:
    """Return how many queries `look_again` sends."""
    return min(EACH, len(split.members)) + min(EACH, len(split.nonmembers))
