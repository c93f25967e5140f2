"""What CIFAR-10 and CIFAR-100 share: the binary format and the check of their classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlleaks.datasets.decode_cache import Arrays
from mlleaks.types import Ints

_SHAPE = (60000, 32, 32, 3)
EXPECTED = "the archive of 60,000 images"


def from_binary(files: Mapping[str, bytes], *, label_bytes: int) -> Arrays:
    """Return images ``X (n, 32, 32, 3)`` and classes ``y (n,)`` of the ``.bin`` files.

    Parameters
    ----------
    files : mapping of name to content
    label_bytes : int
        How many labels each row begins with; the last is the class. Red, green and blue planes of
        1,024 bytes follow.

    Raises
    ------
    ValueError
        A file does not consist of whole rows, or there is none.
    """
    width = label_bytes + 3072
    rows = []
    for name, content in files.items():
        if name.endswith(".bin"):
            if len(content) % width:
                raise ValueError(f"{name} has {len(content)} bytes, no multiple of {width}")
            rows.append(np.frombuffer(content, dtype=np.uint8).reshape(-1, width))
    if not rows:
        raise ValueError("it holds no .bin file")
    table = np.concatenate(rows)
    X = table[:, label_bytes:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return {"X": np.ascontiguousarray(X), "y": table[:, label_bytes - 1].astype(np.int64)}


def whole(arrays: Arrays, classes: int) -> tuple[NDArray[Any], Ints]:
    """Return ``X`` and ``y`` if they are all 60,000 images, equally many of each class.

    Raises
    ------
    ValueError
        There are others.
    """
    X, y = arrays["X"], arrays["y"]
    if X.shape != _SHAPE:
        raise ValueError(f"it holds images of shape {X.shape}")
    if not (y.min() >= 0 and y.max() < classes):
        raise ValueError(f"it holds labels from {y.min()} to {y.max()}, not 0..{classes - 1}")
    if set(np.bincount(y)) != {_SHAPE[0] // classes}:
        raise ValueError(f"not every class has {_SHAPE[0] // classes} images")
    return X, y
