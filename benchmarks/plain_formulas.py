"""LiRA and RMIA in plain NumPy, straight from the papers' equations: what `peers.py` compares ours with.

Sources: Carlini et al., *Membership Inference Attacks From First Principles*, IEEE S&P 2022, algorithm 1 and
equation (4); Zarifzadeh, Liu, Shokri, *Low-Cost High-Power Membership Inference Attacks*, ICML 2024,
equations (2) to (4). Everything is in memory at once; no constant is chosen, and there is no threshold.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

BLOCK = 500
"""Records that RMIA compares with the population at a time."""


def lira(target: np.ndarray, references: np.ndarray, trained_on: np.ndarray, *, each: bool) -> np.ndarray:
    """Return the log-ratio of two normal densities ``(n,)`` of scaled logits, ``references (m, n)``.

    ``each`` record has its own variances; else all share one per side.
    """
    sides = (np.where(side, references, np.nan) for side in (trained_on, ~trained_on))
    inside, outside = (
        norm.logpdf(
            target,
            np.nanmean(side, axis=0),
            np.nanstd(side, axis=0) if each else np.nanstd(side - np.nanmean(side, axis=0)),
        )
        for side in sides
    )
    return inside - outside


def lira_offline(target: np.ndarray, references: np.ndarray, trained_on: np.ndarray) -> np.ndarray:
    """Return minus the log-probability of a larger signal without training on the record ``(n,)``."""
    side = np.where(trained_on, np.nan, references)
    mean = np.nanmean(side, axis=0)
    return -norm.logsf(target, mean, np.nanstd(side - mean))


def rmia(
    target: np.ndarray, references: np.ndarray, target_z: np.ndarray, references_z: np.ndarray
) -> np.ndarray:
    """Return the share of population records that lose against each record ``(n,)``: all pairs, gamma 1.

    Posteriors of the true class, ``references (m, n)``, ``references_z (m, z)``.
    """
    ratios = target / references.mean(axis=0)
    ratios_z = target_z / references_z.mean(axis=0)
    parts = np.array_split(ratios, max(1, len(ratios) // BLOCK))
    return np.concatenate([(part[:, None] > ratios_z).mean(axis=1) for part in parts])


def rmia_offline(
    target: np.ndarray,
    references: np.ndarray,
    trained_on: np.ndarray,
    target_z: np.ndarray,
    references_z: np.ndarray,
    trained_on_z: np.ndarray,
    *,
    a: float = 0.3,
) -> np.ndarray:
    """Return `rmia` where only models count that were not trained on a record."""
    out = [
        np.nanmean(np.where(inside, np.nan, values), axis=0)
        for values, inside in ((references, trained_on), (references_z, trained_on_z))
    ]
    prior, prior_z = (((1 + a) * mean + (1 - a)) / 2 for mean in out)
    return rmia(target, prior[None], target_z, prior_z[None])
