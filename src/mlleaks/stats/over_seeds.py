"""The interval of a mean over seeds, where each seed cuts the same records anew and trains anew.

Three things make such a mean uncertain, and seeds that share their records show only two of them:

- the trainings differ: this is in the spread between seeds;
- the cuts differ: this is in the spread between seeds, too;
- the records are a sample themselves, the same for all seeds: no number of seeds shows it.

So Student's *t* over seeds alone is too narrow. A cut holds a share ``f`` of the records. The sampling
variance ``w**2`` of a figure on one cut has two parts: ``f * w**2``, which all seeds share, and
``(1 - f) * w**2``, by which cuts of the same records differ. The interval adds the shared part to Student's
*t*, in squares, and is never narrower than sampling alone makes the mean: ``w * sqrt(f + (1 - f) / seeds)``.
Therefore it has a width even if all seeds agree.

A difference between two versions on the same cuts is less uncertain than its two figures: most of what the
records do to one, they do to the other. How much is left shows in the spread of the difference. If cuts alone
made that spread, the shared part would be ``spread**2 * f / (1 - f)``; trainings make it larger. So the
shared part of a difference is the smaller of this and of what the two figures' own intervals allow.

Source for the correction by ``f / (1 - f)``: C. Nadeau, Y. Bengio, Machine Learning 52 (2003).
`benchmarks/over_seeds.py` simulates the coverage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.stats import norm, t

from mlleaks.stats.estimate import Estimate
from mlleaks.stats.sample_size import first_number, runs_needed
from mlleaks.stats.shares import LEVEL
from mlleaks.types import Floats

ENOUGH = 3
"""The smallest number of seeds whose spread is used."""
QUARTER = 0.25
"""The largest share of the records that a target's members, or its non-members, are: see `ProtocolSplit`."""
MOST = 10_000
"""More seeds than this are not proposed."""
SAME = 1e-9
"""Spreads below this are 0 but for rounding."""


@dataclass(frozen=True)
class SeedMean:
    """A mean over seeds, with all that its interval needs at any level.

    Parameters
    ----------
    value : float
    spread : float
        Standard deviation between seeds, 0 or more; not used with fewer than `ENOUGH` seeds.
    seeds : int
        In how many the figure is defined.
    below, above : float
        From the value to the ends of one run's own 95 % interval, 0 or more.
    share : float
        The share of all records that one run's figure is measured on, in [0, 1].
    fixed : float
        From the value to the ends of a 95 % interval of what does not vary between seeds, 0 or more: figures
        that were measured in fewer than `ENOUGH` seeds.

    Examples
    --------
    >>> mean = SeedMean(0.8, 0.01, 3, below=0.02, above=0.02)
    >>> low, high = mean.interval()
    >>> round(low, 3), round(high, 3)
    (0.773, 0.827)
    >>> agreed = SeedMean(1.0, 0.0, 3, below=0.02, above=0.0)
    >>> round(agreed.interval()[0], 3)
    0.986
    """

    value: float
    spread: float
    seeds: int
    below: float
    above: float
    share: float = QUARTER
    fixed: float = 0.0

    @property
    def has_spread(self) -> bool:
        """Whether there are seeds enough for the variation between trainings to be in the interval."""
        return self.seeds >= ENOUGH

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return the ends of the two-sided interval; nan if the value is.

        With fewer than `ENOUGH` seeds it is that of one run: the variation between trainings is not in it.
        """
        return self.value - self._half(self.below, level), self.value + self._half(self.above, level)

    def half_width(self, level: float = LEVEL) -> float:
        """Return the larger of the distances from the value to the two ends of its interval."""
        return max(self._half(self.below, level), self._half(self.above, level))

    def seeds_for(self, half_width: float, level: float = LEVEL) -> int | None:
        """Return how many seeds would make the interval reach at most so far to each side.

        Further seeds are assumed to differ as much as these.

        Returns
        -------
        int or None
            None where no number of seeds is enough, because all of them share the same records, and where
            the spread is unknown.

        Examples
        --------
        >>> SeedMean(0.8, 0.01, 3, below=0.004, above=0.004).seeds_for(0.01)
        7
        >>> SeedMean(0.8, 0.01, 3, below=0.04, above=0.04).seeds_for(0.01) is None
        True
        """
        if not self.has_spread or math.isnan(self.value):
            return None

        def is_narrow(n: int) -> bool:
            return replace(self, seeds=n).half_width(level) < half_width

        if not is_narrow(MOST):
            return None
        return first_number(
            is_narrow, least=runs_needed(self.spread, half_width, (1 + level) / 2, least=ENOUGH)
        )

    def _half(self, own: float, level: float) -> float:
        own, fixed = self._scaled(own, level), self._scaled(self.fixed, level)
        if not self.has_spread:
            return math.hypot(own, fixed)
        between = float(t.ppf((1 + level) / 2, self.seeds - 1)) * self.spread
        return math.hypot(self._over_seeds(between, own), fixed)

    def _over_seeds(self, between: float, own: float) -> float:
        """Return the half-width from those of a single seed: by the spread between seeds, and its own."""
        shared = math.sqrt(self.share) * own
        return max(math.hypot(between / math.sqrt(self.seeds), shared), self._sampling(own))

    def _sampling(self, own: float) -> float:
        """Return the half-width that sampling alone gives the mean."""
        return math.sqrt(self.share + (1 - self.share) / self.seeds) * own

    @staticmethod
    def _scaled(half: float, level: float) -> float:
        """Return a half-width at another level than 95 %, as if it were of a normal distribution."""
        return half if level == LEVEL else half * float(norm.ppf((1 + level) / 2) / norm.ppf((1 + LEVEL) / 2))


class SeedDifference(SeedMean):
    """The mean over seeds of a difference between two versions on the same cuts.

    Its ``below`` and ``above`` are those of two independent figures, which is too much where they share
    their records.

    Examples
    --------
    >>> apart = SeedDifference(0.05, 0.002, 3, below=0.04, above=0.04)
    >>> alone = SeedMean(0.05, 0.002, 3, below=0.04, above=0.04)
    >>> round(apart.interval()[0], 3), round(alone.interval()[0], 3)
    (0.043, 0.022)
    """

    def _over_seeds(self, between: float, own: float) -> float:
        if self.spread < SAME:  # coarse figures: no spread to learn from
            return self._sampling(own)
        shared = math.sqrt(self.share) * own
        if self.share < 1:
            shared = min(shared, between * math.sqrt(self.share / (1 - self.share)))
        return math.hypot(between / math.sqrt(self.seeds), shared)


def difference_over_seeds(runs: Sequence[Estimate], *, share: float = QUARTER) -> SeedDifference:
    """Return the mean over seeds of a difference, one run per seed.

    Parameters
    ----------
    runs : sequence of Estimate
        Each seed's difference with a 95 % interval as of two independent figures, see
        `mlleaks.stats.shares.difference`; nan where it is undefined.
    share : float
        See `SeedMean`.

    Examples
    --------
    >>> runs = [Estimate(0.1, 0.06, 0.14, ""), Estimate(0.11, 0.07, 0.15, ""), Estimate(0.12, 0.08, 0.16, "")]
    >>> low, high = difference_over_seeds(runs).interval()
    >>> round(low, 3), round(high, 3)
    (0.078, 0.142)
    """
    mean = mean_over_seeds(
        [r.value for r in runs], [r.low for r in runs], [r.high for r in runs], share=share
    )
    return SeedDifference(**{f.name: getattr(mean, f.name) for f in fields(mean)})


def mean_over_seeds(
    values: Sequence[float] | Floats,
    low: Sequence[float] | Floats,
    high: Sequence[float] | Floats,
    *,
    share: float = QUARTER,
) -> SeedMean:
    """Return the mean of the runs that have a value, one run per seed.

    With fewer than `ENOUGH` of them its ``below`` and ``above`` reach to the lowest and highest end of the
    runs' own intervals; else they are the means of the runs' own.

    Parameters
    ----------
    values, low, high : float arrays (s,)
        Each run's figure with its 95 % interval; nan where it is undefined. Unknown ends are unknown with few
        runs, and count as the value with `ENOUGH`.
    share : float
        See `SeedMean`.

    Examples
    --------
    >>> mean_over_seeds([0.7, 0.8, 0.9], [0.65, 0.75, 0.85], [0.75, 0.85, 0.95]).interval()[0].__round__(3)
    0.55
    """
    v, a, b = (np.asarray(x, dtype=float) for x in (values, low, high))
    some = ~np.isnan(v)
    v, a, b = v[some], a[some], b[some]
    n = len(v)
    if n == 0:
        return SeedMean(math.nan, math.nan, 0, math.nan, math.nan, share)
    mean = float(v.mean())
    down, up = np.maximum(v - a, 0), np.maximum(b - v, 0)
    if n < ENOUGH:
        return SeedMean(mean, 0.0, n, mean - float((v - down).min()), float((v + up).max()) - mean, share)
    below, above = (float(np.nan_to_num(side).mean()) for side in (down, up))
    return SeedMean(mean, float(v.std(ddof=1)), n, below, above, share)
