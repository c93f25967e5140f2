"""The paper's data sets and more, one file per data set."""

from __future__ import annotations

from mlleaks.datasets.info import DatasetInfo
from mlleaks.datasets.purchase_builder import purchase_features
from mlleaks.runtime.registry import Registry
from mlleaks.types import Dataset

__all__ = ["REGISTRY", "load_dataset", "purchase_features"]


REGISTRY: Registry[DatasetInfo] = Registry(__name__, "DATASETS", "data set", fix="See `mlleaks datasets`.")
"""The description of every data set, by name."""


def load_dataset(name: str) -> Dataset:
    """Return the data set ``name``, from the local folder, the cache, or a checked download.

    Raises
    ------
    InputError
        No data set has this name.
    DataUnavailable
        It is not at hand and cannot be downloaded, or its checksum differs.

    Examples
    --------
    >>> load_dataset("digits").X.shape
    (1797, 64)
    """
    [info] = REGISTRY.select([name])
    return info.load()
