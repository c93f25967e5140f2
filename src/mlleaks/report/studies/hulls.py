"""Outlines of groups of points in a plane."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import ConvexHull, QhullError

from mlleaks.types import Floats

INNER = 0.9
"""The share of a group's points that its outline holds: those that are nearest to its median."""


def hull_rows(points: pd.DataFrame, x: str, group: str) -> pd.DataFrame:
    """Return the corners of each group's convex hull in their order, the first one again at the end.

    The farthest tenth of a group does not count: a few points far away would make all outlines alike.

    Parameters
    ----------
    points : DataFrame
        Columns ``x``, ``y`` and ``group``.
    x, group : str

    Examples
    --------
    >>> square = pd.DataFrame({"x": [0, 0, 2, 2, 1], "y": [0, 2, 0, 2, 1], "who": "all"})
    >>> hull_rows(square, "x", "who")[["x", "y", "corner"]].to_numpy().tolist()
    [[0.0, 0.0, 0.0], [2.0, 0.0, 1.0], [2.0, 2.0, 2.0], [0.0, 2.0, 3.0], [0.0, 0.0, 4.0]]
    """
    parts = []
    for name, rows in points.groupby(group, sort=False):
        places = rows[[x, "y"]].to_numpy(float)
        corners = _corners(_inner(places))
        parts.append(
            pd.DataFrame(corners, columns=[x, "y"]).assign(**{group: name, "corner": range(len(corners))})
        )
    return pd.concat(parts, ignore_index=True)


def _inner(places: Floats) -> Floats:
    distance = np.linalg.norm(places - np.median(places, axis=0), axis=1)
    return places[distance <= np.quantile(distance, INNER)] if len(places) > 1 / (1 - INNER) else places


def _corners(places: Floats) -> Floats:
    try:
        corners = places[ConvexHull(places).vertices]
    except (QhullError, ValueError):  # fewer than three points, or all on a line
        corners = places
    first = int(np.lexsort(corners.T[::-1])[0])
    turned = np.roll(corners, -first, axis=0)
    return np.concatenate([turned, turned[:1]])
