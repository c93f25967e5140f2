"""Records as points: similar ones lie near each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from mlleaks.data.descriptors import Descriptors
from mlleaks.data.quantities import CLASS
from mlleaks.types import Floats

DIMENSIONS = 128
"""Points of more dimensions are projected at random on so many."""
FARTHEST = 3.0
"""So many standard deviations from the mean a column counts at most: else rare categories would decide."""


def points_of(descriptors: Descriptors, rng: np.random.Generator) -> Floats:
    """Return one point per record ``(n, k)``, so that similar records lie near each other.

    Numbers count by their ranks, and the class does not. With more than `DIMENSIONS` columns, Gaussian
    random projections keep distances to about a tenth.

    Source: W. Johnson, J. Lindenstrauss, Contemporary Mathematics 26 (1984).
    """
    counted = ~descriptors.spread & np.array([name != CLASS for name, _ in descriptors.names], dtype=bool)
    columns = np.clip(descriptors.columns[:, counted], -FARTHEST, FARTHEST) / np.sqrt(max(1, counted.sum()))
    parts = [columns] if descriptors.wide is None else [columns, descriptors.wide]
    projected = [_projected(part, rng) for part in parts]
    return np.column_stack(projected).astype(np.float32)


def _projected(points: Any, rng: np.random.Generator) -> Floats:
    width = points.shape[1]
    if width <= DIMENSIONS:
        return np.asarray(points.toarray() if sparse.issparse(points) else points)
    directions = rng.standard_normal((width, DIMENSIONS), dtype=np.float32) / np.float32(np.sqrt(DIMENSIONS))
    return np.asarray(points @ directions)
