"""Means over seeds, with intervals that say where they come from."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from mlleaks.stats.over_seeds import QUARTER, mean_over_seeds

WITHIN, OVER = "one run", "over seeds"

SIGNED = ("overfitting", "advantage")
"""Metrics in -1..1; all others lie in 0..1."""


def summarize(table: pd.DataFrame, *, share: float = QUARTER) -> pd.DataFrame:
    """Return the mean over seeds of each setting and metric, in the order of the table.

    With three seeds or more the interval has the variation between seeds (Student's *t*) and the sampling of
    the records that all seeds share, see `mlleaks.stats.over_seeds`. With fewer it reaches from the lowest
    to the highest end of the runs' own, and the variation between trainings is not in it. All are cut to the
    range in which the metric lies.

    Parameters
    ----------
    table : DataFrame
        ``seed, metric, value, low, high`` and columns that name the setting.
    share : float
        The share of all records that each run's figures are measured on: a quarter, where each seed cuts the
        records into four parts. 0 where the records are no sample: then the interval is about these records.

    Returns
    -------
    DataFrame
        The settings, ``metric, value, low, high, seeds`` (in how many it was defined), ``interval``.

    Examples
    --------
    >>> runs = pd.DataFrame({"seed": [0, 1, 2], "metric": "auc", "value": [0.7, 0.8, 0.9]})
    >>> runs = runs.assign(low=runs["value"] - 0.02, high=runs["value"] + 0.02)
    >>> summarize(runs)[["value", "low", "high", "seeds"]].round(3).values.tolist()
    [[0.8, 0.551, 1.0, 3.0]]
    >>> alike = runs.assign(metric="recall", value=1.0, low=0.96, high=1.0)
    >>> summarize(alike)[["value", "low", "high", "interval"]].round(3).values.tolist()
    [[1.0, 0.972, 1.0, 'over seeds']]
    """
    keys = [name for name in table.columns if name not in ("seed", "value", "low", "high")]
    groups = table.groupby(keys, sort=False, dropna=False)
    means = [dict(zip(keys, key, strict=True)) | _mean(group, share) for key, group in groups]
    return pd.DataFrame(means)


def _mean(group: pd.DataFrame, share: float) -> dict[str, object]:
    value, low, high = (group[name].to_numpy(float) for name in ("value", "low", "high"))
    mean = mean_over_seeds(value, low, high, share=share)
    if mean.seeds == 0:
        return {"value": math.nan, "low": math.nan, "high": math.nan, "seeds": 0, "interval": ""}
    signed = group["value"].min() < 0 or group["metric"].isin(SIGNED).all()
    low, high = np.clip(mean.interval(), -1.0 if signed else 0.0, 1.0)  # nan stays nan
    return {
        "value": mean.value,
        "low": float(low),
        "high": float(high),
        "seeds": mean.seeds,
        "interval": OVER if mean.has_spread else WITHIN,
    }
