"""CIFAR-100: small colour photographs in a hundred classes, training and test part together."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np

from mlleaks.datasets.archives import reading, unpack
from mlleaks.datasets.cifar import EXPECTED, from_binary, whole
from mlleaks.datasets.decode_cache import Arrays, decoded
from mlleaks.datasets.files import fetch, locate
from mlleaks.datasets.images import decode
from mlleaks.datasets.info import DatasetInfo, File
from mlleaks.types import Dataset

_BINARY = File(
    path="cifar100/cifar-100-binary.tar.gz",
    url="https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    sha256="58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
)
_WEBP = File(
    path="cifar100/cifar100-lossless-webp.zip",
    url="",
    sha256="fb2d5e07ae275f47e1062a72f0e5553823e820345dbd814975b2c27ffaae044e",
)


def load() -> Dataset:
    """Return the images, RGB 0..255 ``(60000, 32, 32, 3)`` uint8; classes are the fine labels.

    A local archive of lossless WebP files (``cifar100/cifar100-lossless-webp.zip``) is used where it
    lies on this machine: the same pixels, in another order. Else the canonical binary distribution is.
    """
    path = fetch(_WEBP if locate(_WEBP) else _BINARY)
    with reading(path, expected=EXPECTED):
        return Dataset("cifar100", *whole(decoded(path, lambda: _decode(path), name="cifar100"), 100), 100)


def _decode(path: Path) -> Arrays:
    files = unpack(path)
    arrays = _from_webp(files) if path.name == Path(_WEBP.path).name else from_binary(files, label_bytes=2)
    whole(arrays, 100)
    return arrays


def _from_webp(files: Mapping[str, bytes]) -> Arrays:
    """Return the images stacked in each ``PART/CLASS.webp``; fine labels are the names' order."""
    names = [PurePosixPath(name).stem for name in files]
    classes = sorted(set(names))
    stacks = [decode(BytesIO(content), name) for name, content in files.items()]
    for name, stack in zip(files, stacks, strict=True):
        if stack.shape[1] != 32 or len(stack) % 32:
            raise ValueError(f"{name} is {stack.shape[1]} x {len(stack)} pixels, no stack of 32 x 32")
    labels = [classes.index(name) for name in names]
    y = np.repeat(labels, [len(stack) // 32 for stack in stacks])
    return {"X": np.concatenate(stacks).reshape(-1, 32, 32, 3), "y": y}


DATASETS = (
    DatasetInfo(
        name="cifar100",
        records=60000,
        classes=100,
        features=3072,
        what="32x32 colour images",
        source="www.cs.toronto.edu/~kriz/cifar.html",
        citation="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
        licence="none stated; cite the report",
        files=(_BINARY,),
        load=load,
        local=(_WEBP,),
        differs="the same pixels as lossless WebP, in another order",
    ),
)
