"""Purchase-2 to Purchase-100: which products customers bought, in classes by clustering."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from mlleaks.datasets.archives import reading, unpack
from mlleaks.datasets.clusters import clustered
from mlleaks.datasets.decode_cache import Arrays, decoded
from mlleaks.datasets.files import fetch, locate
from mlleaks.datasets.info import DatasetInfo, File
from mlleaks.types import Dataset

_TABLE = File(path="purchase/dataset_purchase", url="", sha256="")
_ARCHIVE = File(
    path="purchase/dataset_purchase.tgz",
    url="https://github.com/privacytrustlab/datasets/raw/master/dataset_purchase.tgz",
    sha256="",
)
_RECORDS, _FEATURES, _CLASSES = 197324, 600, 100
_TAIL = 2 * _FEATURES  # bytes of a line after its class: a comma and a bit each
_log = logging.getLogger(__name__)


def load(classes: int) -> Dataset:
    """Return shopping histories, binary features ``(197324, 600)`` uint8.

    The file's own classes are those of Purchase-100; the others are clustered here, because the
    published file does not have them. A table made by `mlleaks.datasets.purchase_features` has
    another number of records, which is logged as a warning.

    Parameters
    ----------
    classes : int
        How many clusters of customers are the classes.
    """
    path = fetch(_TABLE if locate(_TABLE) else _ARCHIVE)
    with reading(path, expected="lines of a class and 600 bits"):
        arrays = decoded(path, lambda: parsed(_content(path)), name="purchase")
    X, y = arrays["X"], arrays["y"]
    if len(X) != _RECORDS:
        _log.warning("%s has %d records, not the published %d", path, len(X), _RECORDS)
    if classes != _CLASSES:
        y = decoded(path, lambda: {"y": clustered(X, classes)}, name=f"purchase-{classes}")["y"]
    return Dataset(f"purchase-{classes}", X, y, classes)


def parsed(content: bytes) -> Arrays:
    """Return bits ``X (n, 600)`` uint8 and classes ``y (n,)`` from 0.

    Parameters
    ----------
    content : bytes
        Lines of a class from 1 to 100 and 600 bits, separated by commas.

    Raises
    ------
    ValueError
        A line is cut, a class out of range, or a bit something else.

    Examples
    --------
    >>> arrays = parsed(b"100" + b",0,1" * 300)
    >>> arrays["X"].shape, arrays["X"][0, :4].tolist(), arrays["y"].tolist()
    ((1, 600), [0, 1, 0, 1], [99])
    """
    lines = content.splitlines()
    for number, line in enumerate(lines, start=1):
        if line.count(b",") != _FEATURES or line[-_TAIL : 1 - _TAIL] != b",":
            raise ValueError(f"line {number} is no class and {_FEATURES} bits")
    tails = np.frombuffer(b"".join(line[-_TAIL:] for line in lines), dtype=np.uint8).reshape(-1, _TAIL)
    X = tails[:, 1::2] - ord("0")
    y = np.array([int(line[:-_TAIL].strip(b'"')) for line in lines], dtype=np.int64) - 1
    if not len(X) or X.max() > 1:
        raise ValueError("it holds values other than 0 and 1" if len(X) else "it is empty")
    if not (y.min() >= 0 and y.max() < _CLASSES):
        raise ValueError(f"it holds classes from {y.min() + 1} to {y.max() + 1}, not 1..{_CLASSES}")
    return {"X": X, "y": y}


def _content(path: Path) -> bytes:
    if path.name == Path(_TABLE.path).name:
        return path.read_bytes()
    files = unpack(path)
    tables = [content for name, content in files.items() if PurePosixPath(name).name == "dataset_purchase"]
    if not tables:
        raise ValueError(f"it holds {', '.join(files) or 'nothing'}, not dataset_purchase")
    return tables[0]


def _info(classes: int) -> DatasetInfo:
    return DatasetInfo(
        name=f"purchase-{classes}",
        records=_RECORDS,
        classes=classes,
        features=_FEATURES,
        what="shopping histories" + ("" if classes == _CLASSES else ", clustered"),
        source="github.com/privacytrustlab/datasets, from Kaggle's Acquire Valued Shoppers Challenge",
        citation="R. Shokri et al., IEEE S&P 2017",
        licence="none stated; Kaggle's competition rules",
        files=(_ARCHIVE,),
        load=partial(load, classes),
        local=(_TABLE,),
    )


DATASETS = tuple(_info(classes) for classes in (2, 10, 20, 50, 100))
