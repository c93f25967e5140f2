"""Means over seeds, with intervals that say where they come from."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from mlleaks.stats.intervals import t_half_width

WITHIN, OVER = "one run", "over seeds"
SAME = 1e-9
"""Values closer than this are equal but for rounding."""

SIGNED = ("overfitting", "advantage")
"""Metrics in -1..1; all others lie in 0..1."""


def summarize(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over seeds of each setting and metric, in the order of the table.

    With three seeds or more the interval is Student's *t* over seeds, cut to the range in which the
    metric lies. With fewer, or if all seeds agree, it reaches from the lowest to the highest end of the
    runs' own: equal values show that seeds matter little, not that the figure is exact.

    Parameters
    ----------
    table : DataFrame
        ``seed, metric, value, low, high`` and columns that name the setting.

    Returns
    -------
    DataFrame
        The settings, ``metric, value, low, high, seeds`` (in how many it was defined), ``interval``.

    Examples
    --------
    >>> runs = pd.DataFrame({"seed": [0, 1, 2], "metric": "auc", "value": [0.7, 0.8, 0.9]})
    >>> runs = runs.assign(low=0.0, high=1.0)
    >>> summarize(runs)[["value", "low", "high", "seeds"]].round(3).values.tolist()
    [[0.8, 0.552, 1.0, 3.0]]
    >>> alike = runs.assign(metric="recall", value=1.0, low=[0.96, 0.97, 0.96])
    >>> summarize(alike)[["value", "low", "high", "interval"]].values.tolist()
    [[1.0, 0.96, 1.0, 'one run']]
    """
    keys = [name for name in table.columns if name not in ("seed", "value", "low", "high")]
    groups = table.groupby(keys, sort=False, dropna=False)
    means = [dict(zip(keys, key, strict=True)) | _mean(group) for key, group in groups]
    return pd.DataFrame(means)


def _mean(group: pd.DataFrame) -> dict[str, object]:
    defined = group[group["value"].notna()]
    n, values = len(defined), defined["value"].to_numpy(float)
    if n == 0:
        return {"value": math.nan, "low": math.nan, "high": math.nan, "seeds": 0, "interval": ""}
    mean = float(values.mean())
    if n < 3 or np.ptp(values) < SAME:
        own = {"low": float(defined["low"].min()), "high": float(defined["high"].max())}
        return {"value": mean, **own, "seeds": n, "interval": WITHIN}
    half = float(t_half_width(values.std(ddof=1), n))
    signed = values.min() < 0 or defined["metric"].isin(SIGNED).all()
    least = -1.0 if signed else 0.0
    low, high = max(least, mean - half), min(1.0, mean + half)
    return {"value": mean, "low": low, "high": high, "seeds": n, "interval": OVER}
