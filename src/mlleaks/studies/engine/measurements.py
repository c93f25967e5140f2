"""What a study measured, for the check of its claim: means over seeds, and intervals of what is made of them.

A claim speaks of figures that are made of many rows: a mean of differences over data sets, a median, a
maximum. Such a figure is computed from the means over seeds. Its interval has three parts:

- between seeds: the figure is computed again with each seed's own rows; the spread is Student's *t*, with the
  seed as the unit, so it does not matter how many rows a seed has or which of them share records;
- the records that all seeds share, see `mlleaks.stats.over_seeds`;
- rows that were measured in fewer than three seeds: each is moved to the ends of its own interval, and the
  changes are added in squares. The variation between trainings is unknown there, and not in the interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mlleaks.results.reproduction import BOTH
from mlleaks.stats.aggregation import summarize
from mlleaks.stats.over_seeds import ENOUGH, SAME, SeedDifference
from mlleaks.studies.engine.rows import RepeatedTable
from mlleaks.types import Bools, Floats, Ints

Statistic: TypeAlias = Callable[..., "float | Floats | pd.Series[float]"]
"""A number, or several of which the mean is taken, from a table of means; nan where it is undefined."""


@dataclass(frozen=True)
class Measurements:
    """The rows of all runs of a study.

    Parameters
    ----------
    tidy : DataFrame
        ``dataset, seed, metric, value, low, high`` and columns that name the setting, one row per
        measurement.
    """

    tidy: pd.DataFrame

    @cached_property
    def table(self) -> pd.DataFrame:
        """The means over seeds, see `mlleaks.stats.aggregation.summarize`."""
        return summarize(self.tidy)

    def only(self, **where: Any) -> Measurements:
        """Return the measurements whose columns have the given values, each one value or several.

        Examples
        --------
        >>> rows = pd.DataFrame({"dataset": ["a", "b"], "seed": 0, "metric": "auc", "value": [0.5, 0.7]})
        >>> Measurements(rows).only(dataset="b").tidy["value"].tolist()
        [0.7]
        """
        tidy = self.tidy
        for name, wanted in where.items():
            several = isinstance(wanted, Collection) and not isinstance(wanted, str)
            tidy = tidy[tidy[name].isin(list(wanted) if several else [wanted])]
        return Measurements(tidy)

    @cached_property
    def averaged(self) -> Measurements:
        """The same, with precision and recall averaged over both classes in place of those of the members.

        Examples
        --------
        >>> rows = pd.DataFrame({"metric": ["precision", BOTH, "accuracy"], "value": [0.5, 0.6, 0.7]})
        >>> Measurements(rows).averaged.tidy.to_dict("list")
        {'metric': ['precision', 'accuracy', 'recall'], 'value': [0.6, 0.7, 0.7]}
        """
        tidy = self.tidy[~self.tidy["metric"].isin(("precision", "recall"))]
        metric = tidy["metric"]
        both = tidy[metric == BOTH].assign(metric="precision")
        recall = tidy[metric == "accuracy"].assign(metric="recall")
        return Measurements(pd.concat([tidy[metric != BOTH], both, recall]).sort_index(kind="stable"))

    @property
    def once(self) -> list[str]:
        """The data sets with fewer than `ENOUGH` seeds."""
        seeds = self.tidy.groupby("dataset", sort=False)["seed"].nunique()
        return [str(name) for name in seeds.index[seeds < ENOUGH]]

    def estimate(self, statistic: Statistic, *arguments: object) -> SeedDifference:
        """Return a figure of the means over seeds, with all that its interval needs.

        All rows are moved, so select what the figure depends on with `only` first: that is faster.

        Parameters
        ----------
        statistic : callable
            ``statistic(table, *arguments)``, with ``table`` as `table` is, but for its intervals: a number,
            or several of which the mean is taken.
        *arguments

        Examples
        --------
        >>> rows = pd.DataFrame({"dataset": "a", "seed": [0, 1, 2], "value": [0.5, 0.6, 0.7]})
        >>> rows = rows.assign(metric="auc", low=rows["value"] - 0.02, high=rows["value"] + 0.02)
        >>> mean = Measurements(rows).estimate(lambda table: table["value"])
        >>> low, high = mean.interval()
        >>> round(mean.value, 3), round(low, 3), round(high, 3)
        (0.6, 0.351, 0.849)
        """
        rows = _Rows.of(self.tidy, lambda table: statistic(table, *arguments))
        value = rows.figure(rows.means)
        if math.isnan(value):
            return SeedDifference(math.nan, math.nan, 0, math.nan, math.nan)
        often = rows.counts >= ENOUGH
        seeds = int(rows.counts[often].min()) if often.any() else 0
        spread = rows.spread() if seeds else 0.0
        # where seeds disagree, their spread says more than the rows' own intervals, which know of no pairs
        own = rows.moved(often) if seeds else 0.0
        return SeedDifference(value, spread, max(seeds, 1), own, own, fixed=rows.moved(~often))


@dataclass(frozen=True)
class _Rows:
    """The rows of a table as arrays ``(r, s)`` by setting and seed, and a figure of their means."""

    keys: RepeatedTable
    values: Floats
    below: Floats
    above: Floats
    statistic: Statistic

    @classmethod
    def of(cls, tidy: pd.DataFrame, statistic: Statistic) -> _Rows:
        names = [name for name in tidy.columns if name not in ("seed", "value", "low", "high")]
        setting = tidy.groupby(names, sort=False, dropna=False).ngroup()
        keys = (
            tidy.assign(setting=setting).drop_duplicates("setting").set_index("setting")[names].sort_index()
        )
        seeds, columns = np.unique(tidy["seed"], return_inverse=True)
        arrays = []
        for name in ("value", "low", "high"):
            array = np.full((len(keys), len(seeds)), math.nan)
            array[setting, columns] = tidy[name].to_numpy(float)
            arrays.append(array)
        values, low, high = arrays
        below, above = (_means(np.maximum(side, 0)) for side in (values - low, high - values))
        return cls(RepeatedTable.of(keys), values, np.nan_to_num(below), np.nan_to_num(above), statistic)

    @property
    def means(self) -> Floats:
        return _means(self.values)

    @property
    def counts(self) -> Ints:
        return np.asarray((~np.isnan(self.values)).sum(axis=1))

    def figure(self, values: Floats) -> float:
        self.keys["value"] = values
        return float(np.mean(np.asarray(self.statistic(self.keys), dtype=float)))

    def spread(self) -> float:
        """Return the standard deviation of the figure with each seed's own rows; others keep their means."""
        often = self.counts >= ENOUGH
        there: Sequence[int] = np.flatnonzero((~np.isnan(self.values[often])).any(axis=0)).tolist()
        figures = []
        for seed in there:
            own = np.where(often & ~np.isnan(self.values[:, seed]), self.values[:, seed], self.means)
            figures.append(self.figure(own))
        spread = float(np.std(figures, ddof=1))
        return 0.0 if spread < SAME else spread

    def moved(self, which: Bools) -> float:
        """Return how far the figure moves when rows move to the ends of their intervals, in squares."""
        means, total = self.means, 0.0
        middle = self.figure(means)
        for row in np.flatnonzero(which & ~np.isnan(means) & (self.below + self.above > 0)):
            moves = [0.0]
            for shift in (-self.below[row], self.above[row]):
                changed = means.copy()
                changed[row] += shift
                moves.append(abs(self.figure(changed) - middle))
            total += float(np.nanmax(moves)) ** 2
        return math.sqrt(total)


def _means(values: Floats) -> Floats:
    """Return each row's mean of what is no nan; nan where all are."""
    some = ~np.isnan(values)
    counts = some.sum(axis=1)
    totals = np.where(some, values, 0.0).sum(axis=1)
    means = np.full(len(values), math.nan)
    return np.asarray(np.divide(totals, counts, out=means, where=counts > 0))
