"""Signals of reference models with all that can go wrong, for slow formulas to be compared with."""

from __future__ import annotations

import numpy as np


def signals(seed=0, n=40, m=9):
    """Return scaled logits of a target ``(n,)`` and of models ``(m, n)``, and what these were trained on.

    The first records have no model trained on them, one, all but one, all; the next ones have no variance on
    one side, or on both; the last of these has a target that equals all models.
    """
    rng = np.random.default_rng(seed)
    trained_on = rng.random((m, n)) < 0.4
    trained_on[:, 0], trained_on[:, 1], trained_on[:, 2], trained_on[:, 3] = False, False, True, True
    trained_on[0, 1], trained_on[0, 2] = True, False
    trained_on[:, 4:7] = np.arange(m)[:, None] % 2 == 0
    references = rng.normal(2.0 * trained_on, 1.0 + rng.random(n))
    target = rng.normal(2.0 * (rng.random(n) < 0.5), 1.5)
    references[trained_on[:, 4], 4] = 1.5
    references[:, 5] = np.where(trained_on[:, 5], 2.5, -0.5)
    references[:, 6] = target[6]
    return target, references, trained_on


def posteriors(seed=0, n=40, m=9):
    """Return `signals` as posteriors; some are exactly 0 or 1."""
    target, references, trained_on = signals(seed, n, m)
    target, references = (1 / (1 + np.exp(-values)) for values in (target, references))
    target[7:10], references[:, 8], references[:, 9], references[:3, 10] = (0.0, 1.0, 1.0), 0.0, 1.0, 1.0
    return target, references, trained_on


def sides(references, trained_on, record):
    """Return one record's signals from models that were trained on it, and from those that were not."""
    rows = [
        (float(model[record]), bool(row[record])) for model, row in zip(references, trained_on, strict=True)
    ]
    return [value for value, inside in rows if inside], [value for value, inside in rows if not inside]


def pooled_variance(references, trained_on, inside):
    """Return one side's variance over all records, around each record's own mean."""
    squares, count = 0.0, 0
    for record in range(references.shape[1]):
        side = sides(references, trained_on, record)[0 if inside else 1]
        if side:
            mean = sum(side) / len(side)
            squares, count = squares + sum((value - mean) ** 2 for value in side), count + len(side)
    return squares / count
