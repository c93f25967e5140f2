"""CIFAR-10: small colour photographs in ten classes, training and test part together."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np

from mlleaks.datasets.archives import reading, unpack
from mlleaks.datasets.cifar import EXPECTED, from_binary, whole
from mlleaks.datasets.decode_cache import Arrays, decoded
from mlleaks.datasets.files import fetch, locate
from mlleaks.datasets.images import decode
from mlleaks.datasets.info import DatasetInfo, File
from mlleaks.types import Dataset

_BINARY = File(
    path="cifar10/cifar-10-binary.tar.gz",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
_JPEG = File(
    path="cifar10/cifar10-jpeg.tar.gz",
    url="",
    sha256="45b041e867f5a40f79bfde38d3dd1fd511103d50068c1afecf6445e25234d4db",
)
_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load() -> Dataset:
    """Return the images, RGB 0..255 ``(60000, 32, 32, 3)`` uint8.

    A local archive of JPEG files (``cifar10/cifar10-jpeg.tar.gz``) is used where it lies on this
    machine; its pixels are lossy, 30.5 dB on average from the canonical ones. Else the canonical
    binary distribution is.
    """
    form = _JPEG if locate(_JPEG) else _BINARY
    path = fetch(form)
    with reading(path, expected=EXPECTED):
        return Dataset("cifar10", *whole(decoded(path, lambda: _decode(path), name="cifar10"), 10), 10)


def _decode(path: Path) -> Arrays:
    files = unpack(path)
    arrays = _from_jpeg(files) if path.name == Path(_JPEG.path).name else from_binary(files, label_bytes=1)
    whole(arrays, 10)
    return arrays


def _from_jpeg(files: Mapping[str, bytes]) -> Arrays:
    """Return each ``PART/CLASS/NUMBER.jpg`` in the order of its name."""
    X = np.stack([decode(BytesIO(content), name) for name, content in files.items()])
    return {"X": X, "y": np.array([_NAMES.index(name.split("/")[-2]) for name in files])}


DATASETS = (
    DatasetInfo(
        name="cifar10",
        records=60000,
        classes=10,
        features=3072,
        what="32x32 colour images",
        source="www.cs.toronto.edu/~kriz/cifar.html",
        citation="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
        licence="none stated; cite the report",
        files=(_BINARY,),
        load=load,
        local=(_JPEG,),
        differs="JPEG-coded: 30.5 dB on average from the canonical pixels",
    ),
)
