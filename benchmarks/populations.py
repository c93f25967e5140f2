"""Members and non-members whose true AUC and TPR are known, to measure how often intervals cover."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

Shares = tuple[tuple[float, float], ...]
"""Weights and means of a mixture of normal distributions with variance one."""


@dataclass(frozen=True)
class Population:
    """Normal mixtures, of which an attack may see only a coarse version.

    Parameters
    ----------
    name : str
    members, nonmembers : Shares
    edges : float array, optional
        Scores are the numbers of edges below: as many values as edges, and one more.
    lowest, highest : float
        Scores beyond these are equal to them.
    """

    name: str
    members: Shares
    nonmembers: Shares = ((1.0, 0.0),)
    edges: tuple[float, ...] = ()
    lowest: float = -math.inf
    highest: float = math.inf

    def sample(self, n: int, m: int, rng: np.random.Generator) -> np.ndarray:
        """Return the latent scores of ``n`` members, then of ``m`` non-members."""
        return np.concatenate([_sample(self.members, n, rng), _sample(self.nonmembers, m, rng)])

    def scores(self, latent: np.ndarray) -> np.ndarray:
        """Return what the attack sees of them."""
        if self.edges:
            return np.searchsorted(self.edges, latent).astype(float)
        return np.clip(latent, self.lowest, self.highest)

    def cut(self, fpr: float) -> float:
        """Return the latent score of the best threshold whose true false-positive rate is at most ``fpr``."""
        if self.edges:
            return next((edge for edge in self.edges if _above(self.nonmembers, edge) <= fpr), math.inf)
        cut = brentq(lambda c: _above(self.nonmembers, c) - fpr, -20, 80, xtol=1e-13)
        return math.inf if cut >= self.highest else max(cut, self.lowest)

    def rates(self, cut: float) -> tuple[float, float]:
        """Return the shares of members and non-members above a cut."""
        return _above(self.members, cut), _above(self.nonmembers, cut)

    def auc(self) -> float:
        """Return the true AUC, ties half."""
        if self.edges:
            places = np.array(self.edges)
        else:
            places = np.linspace(-9, 70, 400_001)
            places = places[(places > self.lowest) & (places < self.highest)]
        tpr, fpr = (np.r_[1.0, _above(side, places), 0.0] for side in (self.members, self.nonmembers))
        return float(((tpr[1:] + tpr[:-1]) / 2) @ -np.diff(fpr))


def normal(shift: float) -> Population:
    return Population(f"shift {shift:g}", ((1.0, shift),))


def heavy_tail(shift: float) -> Population:
    return Population(f"shift {shift:g}, 10 % by 4 more", ((0.9, shift), (0.1, shift + 4)))


def values(count: int, shift: float) -> Population:
    edges = tuple(np.linspace(-2.5, 2.5 + shift, count - 1).tolist())
    return Population(f"shift {shift:g}, {count} values", ((1.0, shift),), edges=edges)


def one_value_at_the_bottom(share: float) -> Population:
    cut = float(norm.isf(1 - share))
    return Population(f"shift 1, lowest {share:.0%} tie", ((1.0, 1.0),), lowest=cut)


def one_value_at_the_top(share: float) -> Population:
    cut = float(norm.isf(share))
    return Population(f"shift 1, highest {share:.0%} tie", ((1.0, 1.0),), highest=cut)


def jump(share: float) -> Population:
    """Return members of whom 30 % lie above, 30 % just below a cluster of non-members, the rest far below."""
    members = ((0.3, 60.0), (0.3, 20.0), (0.4, 0.0))
    return Population(f"TPR jumps at {share:.0%} FPR", members, ((share, 40.0), (1 - share, 0.0)))


def _sample(shares: Shares, count: int, rng: np.random.Generator) -> np.ndarray:
    weights, means = zip(*shares, strict=True)
    return rng.normal(size=count) + np.array(means)[rng.choice(len(means), count, p=weights)]


def _above(shares: Shares, cut: float | np.ndarray) -> float | np.ndarray:
    return sum(weight * norm.sf(cut - mean) for weight, mean in shares)
