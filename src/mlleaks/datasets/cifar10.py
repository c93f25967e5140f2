"""CIFAR-10: small colour photographs in ten classes, training and test part together."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlleaks.datasets.facts import Facts, File, fetch, locate
from mlleaks.datasets.images import decode
from mlleaks.errors import DataUnavailable
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
    jpeg = locate(_JPEG) is not None
    path = fetch(_JPEG if jpeg else _BINARY)
    try:
        with tarfile.open(path) as archive:
            parts = list(_from_jpeg(archive) if jpeg else _from_binary(archive))
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, DataUnavailable):
            raise
        raise _damaged(path, str(error)) from error
    X, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    if X.shape != (60000, 32, 32, 3):
        raise _damaged(path, f"it holds images of shape {X.shape}")
    return Dataset("cifar10", X, y, 10)


def _from_jpeg(archive: tarfile.TarFile) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Yield each ``PART/CLASS/NUMBER.jpg`` in the order of its name."""
    for member in sorted(archive.getmembers(), key=lambda member: member.name):
        file = archive.extractfile(member)
        if file is not None:
            label = _NAMES.index(member.name.split("/")[-2])
            yield decode(file, member.name)[None], np.array([label])


def _from_binary(archive: tarfile.TarFile) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Yield each batch: rows of one label byte and 32 x 32 bytes of red, green, blue."""
    for member in sorted(archive.getmembers(), key=lambda member: member.name):
        file = archive.extractfile(member)
        if file is not None and member.name.endswith(".bin"):
            rows = np.frombuffer(file.read(), dtype=np.uint8).reshape(-1, 3073)
            yield rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), rows[:, 0].astype(np.int64)


def _damaged(path: Path, why: str) -> DataUnavailable:
    return DataUnavailable(
        f"{path} that cannot be unpacked ({why})",
        expected="the archive of 60,000 images",
        fix="Delete it and run again.",
    )


FACTS = Facts(
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
)
