"""MNIST: handwritten digits, training and test part together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlleaks.datasets.archives import gunzip, reading
from mlleaks.datasets.files import fetch
from mlleaks.datasets.info import DatasetInfo, File
from mlleaks.types import Dataset

_SITE = "https://ossci-datasets.s3.amazonaws.com/mnist/"


def _file(name: str, *, sha256: str, repacked: str) -> File:
    return File(f"mnist/{name}", _SITE + name, sha256, (repacked,))


_IMAGES = (
    _file(
        "train-images-idx3-ubyte.gz",
        sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        repacked="71524e2cd1ad2968737f7f2f2ff69cbfc32df8ccddff51593f7cb2d4e0eb5b64",
    ),
    _file(
        "t10k-images-idx3-ubyte.gz",
        sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        repacked="5634745efa576a17e7d4cf5cd9d09123c75e6538e5114267c2d156edaf519341",
    ),
)
_LABELS = (
    _file(
        "train-labels-idx1-ubyte.gz",
        sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        repacked="fe03b8bd7915f70bf5aa08be480aa413fbd85afcaa58b35d230d335f284fd88e",
    ),
    _file(
        "t10k-labels-idx1-ubyte.gz",
        sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        repacked="ae18e77e031ccde52407f794d123116439864147d33ac992975f85dd4dc42af6",
    ),
)


def load() -> Dataset:
    """Return the digits, grey 0..255 ``(70000, 28, 28)`` uint8; the class is the digit."""
    X = np.concatenate([_read(file, 28, 28) for file in _IMAGES])
    y = np.concatenate([_read(file) for file in _LABELS])
    return Dataset("mnist", X, y.astype(np.int64), 10)


def _read(file: File, *shape: int) -> NDArray[np.uint8]:
    """Return a part's images, or its labels if ``shape`` is empty."""
    path = fetch(file)
    n = 60000 if path.name.startswith("train") else 10000
    with reading(path, expected=f"an idx file of shape {(n, *shape)}, gzipped"):
        values = idx(gunzip(path))
        if values.shape != (n, *shape):
            raise ValueError(f"it has shape {values.shape}")
        if not shape and values.max() > 9:
            raise ValueError(f"it has the label {values.max()}")
    return values


def idx(content: bytes) -> NDArray[Any]:
    """Return the bytes that an idx file holds, as uint8 in its shape.

    Parameters
    ----------
    content : bytes
        Two zeros, 8 for unsigned bytes, the number of axes; the length of each as a big-endian
        32-bit number; the values, last axis fastest.

    Raises
    ------
    ValueError
        It is no such file, or is shorter or longer than it says.

    Examples
    --------
    >>> idx(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9])).tolist()
    [[7, 8, 9]]
    """
    if len(content) < 4 or content[:3] != b"\0\0\x08" or len(content) < 4 + 4 * content[3]:
        raise ValueError(f"it begins with {content[:4].hex() or 'nothing'}, which is no idx header")
    start = 4 + 4 * content[3]
    shape = [int(length) for length in np.frombuffer(content[4:start], dtype=">u4")]
    if len(content) - start != math.prod(shape):
        raise ValueError(f"it has {len(content) - start} values, not those of shape {tuple(shape)}")
    return np.frombuffer(content[start:], dtype=np.uint8).reshape(shape)


DATASETS = (
    DatasetInfo(
        name="mnist",
        records=70000,
        classes=10,
        features=784,
        what="28x28 handwritten digits",
        source="yann.lecun.com/exdb/mnist",
        citation="Y. LeCun et al., Proc. IEEE 86(11), 1998",
        licence="CC BY-SA 3.0, as commonly given",
        files=(*_IMAGES, *_LABELS),
        load=load,
    ),
)
