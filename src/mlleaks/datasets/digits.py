"""Digits: 8x8 images of handwritten digits, bundled with scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from mlleaks.datasets.info import DatasetInfo
from mlleaks.types import Dataset


def load() -> Dataset:
    """Return the digits, grey values scaled from 0..16 to 0..1 ``(1797, 64)``."""
    bunch = load_digits()
    X = np.asarray(bunch.data, dtype=np.float32) / 16
    return Dataset("digits", X, np.asarray(bunch.target, dtype=np.int64), 10)


DATASETS = (
    DatasetInfo(
        name="digits",
        records=1797,
        classes=10,
        features=64,
        what="8x8 handwritten digits",
        source="scikit-learn (test part of UCI Optical Recognition of Handwritten Digits)",
        citation="E. Alpaydin, C. Kaynak, UCI Machine Learning Repository, 1998, doi:10.24432/C50P49",
        licence="CC BY 4.0",
        files=(),
        load=load,
    ),
)
