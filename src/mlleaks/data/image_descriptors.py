"""Numbers that describe images: a small copy, channel statistics, histograms, edges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlleaks.types import Floats

GRID, BINS, ROWS = 6, 6, 512
"""Rows and columns of the small copy, parts of a histogram, images that are described at a time."""


def describe_images(images: NDArray[Any]) -> tuple[Floats, tuple[str, ...]]:
    """Return descriptors of images and their names.

    Per channel: the means over a grid, brightness, contrast, darkest and brightest value, a histogram over
    the range of all images, the mean step to the next pixel across and down, and sharpness (how far pixels
    are from the mean of their neighbours).

    Parameters
    ----------
    images : array (n, h, w), (n, h, w, c) or (n, c, h, w)
        Channels are the last axis, or the second one if only that has at most four places. Arrays with
        more axes are described as grey images of their first two axes.

    Returns
    -------
    numbers : float array (n, d)
    names : tuple of str

    Examples
    --------
    >>> numbers, names = describe_images(np.stack([np.zeros((8, 8)), np.eye(8)]))
    >>> numbers[:, names.index("brightness")].tolist()
    [0.0, 0.125]
    """
    channels = _channels_last(images)
    low, high = _range(channels)
    edges = np.linspace(low, high, BINS + 1)[1:-1]
    parts = [
        _described(channels[start : start + ROWS].astype(float), edges)
        for start in range(0, len(channels), ROWS)
    ]
    numbers = np.concatenate([values for values, _ in parts])
    return numbers, parts[0][1]


def _channels_last(images: NDArray[Any]) -> NDArray[Any]:
    if images.ndim == 3:
        return images[..., None]
    if images.ndim > 4:
        return np.asarray(images.reshape(*images.shape[:3], -1).mean(axis=3, keepdims=True))
    if images.shape[3] > 4 and images.shape[1] <= 4:
        return np.moveaxis(images, 1, 3)
    return images if images.shape[3] <= 4 else np.asarray(images.mean(axis=3, keepdims=True))


def _range(images: NDArray[Any]) -> tuple[float, float]:
    finite = images[np.isfinite(images)] if images.dtype.kind == "f" else images
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def _described(images: Floats, edges: Floats) -> tuple[Floats, tuple[str, ...]]:
    """Return the descriptors of some images ``(n, h, w, c)``, and their names."""
    columns: dict[str, Floats] = {}
    count = images.shape[3]
    for channel in range(count):
        one = np.nan_to_num(images[..., channel], posinf=edges[-1], neginf=edges[0])
        suffix = f" of channel {channel}" if count > 1 else ""
        columns |= {name + suffix: values for name, values in _of_channel(one, edges).items()}
    return np.column_stack([*columns.values()]), tuple(columns)


def _of_channel(one: Floats, edges: Floats) -> dict[str, Floats]:
    flat = one.reshape(len(one), -1)
    parts = np.searchsorted(edges, flat, side="right")
    across, down = np.abs(np.diff(one, axis=2)), np.abs(np.diff(one, axis=1))
    columns = {
        "brightness": flat.mean(axis=1),
        "contrast": flat.std(axis=1),
        "darkest value": flat.min(axis=1),
        "brightest value": flat.max(axis=1),
        "step across": _mean(across),
        "step down": _mean(down),
        "sharpness": _sharpness(one),
    }
    columns |= {f"share in part {i + 1} of {BINS}": (parts == i).mean(axis=1) for i in range(BINS)}
    return columns | _small_copy(one)


def _small_copy(one: Floats) -> dict[str, Floats]:
    """Return the means over a grid of the image."""
    rows, columns = (np.array_split(np.arange(size), min(GRID, size)) for size in one.shape[1:])
    return {
        f"grid {i},{j}": one[:, r[0] : r[-1] + 1, c[0] : c[-1] + 1].mean(axis=(1, 2))
        for i, r in enumerate(rows)
        for j, c in enumerate(columns)
    }


def _sharpness(one: Floats) -> Floats:
    """Return the mean distance of the pixels from the mean of their four neighbours."""
    if min(one.shape[1:]) < 3:
        return np.zeros(len(one))
    around = one[:, :-2, 1:-1] + one[:, 2:, 1:-1] + one[:, 1:-1, :-2] + one[:, 1:-1, 2:]
    return _mean(np.abs(one[:, 1:-1, 1:-1] - around / 4))


def _mean(steps: Floats) -> Floats:
    return steps.reshape(len(steps), -1).mean(axis=1) if steps.size else np.zeros(len(steps))
