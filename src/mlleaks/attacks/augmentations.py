"""Augmented variants of images: shifted, rotated, mirrored, with a little noise.

One draw changes all images of a call alike, as in `mlleaks.attacks.variants`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import rotate

from mlleaks.attacks.variants import ArrayFeatures
from mlleaks.types import Floats, Records

CHANNELS = 4
"""At most as many channels does an image have."""


@dataclass(frozen=True)
class Augmentation:
    """A kind of random change of images.

    Parameters
    ----------
    pixels : int
        They are shifted by up to that many pixels to each side; the edge is repeated.
    degrees : float
        They are rotated by up to that much to either side.
    mirrored : bool
        Whether they may be mirrored from left to right.
    strength : float
        Gaussian noise in standard deviations of each pixel.

    Examples
    --------
    >>> images = np.arange(9.0).reshape(1, 3, 3)
    >>> Augmentation(mirrored=True)(images, np.random.default_rng(0))[0, 0]
    array([2., 1., 0.])
    """

    pixels: int = 0
    degrees: float = 0.0
    mirrored: bool = False
    strength: float = 0.0

    def __call__(
        self, X: Records, rng: np.random.Generator, features: ArrayFeatures | None = None
    ) -> Records:
        """Return the images ``(n, ...)``, all changed by the same draw; with noise if ``features`` are known.

        Shift and mirroring are drawn anew until one of them changes something, where they can.
        """
        axes = image_axes(X)
        side = 2 * self.pixels + 1
        ways = side * side * (1 + self.mirrored)
        way = int(rng.integers(1, ways)) if ways > 1 else 0
        flip, down, right = np.unravel_index(
            (way + side * side // 2) % ways, (1 + self.mirrored, side, side)
        )  # way 0 is the middle of the grid: no shift
        moved = shifted(X, (int(down) - self.pixels, int(right) - self.pixels), axes)
        if flip:
            moved = np.flip(moved, axis=axes[1])
        if self.degrees:
            angle = float(rng.uniform(-self.degrees, self.degrees))
            turned = rotate(
                moved.astype(np.float32), angle, axes=axes, reshape=False, order=1, mode="nearest"
            )
            moved = (np.rint(turned) if X.dtype.kind in "iu" else turned).astype(X.dtype)
        if features is not None and self.strength:
            return features.vary(moved, rng, strength=self.strength)
        return np.ascontiguousarray(moved)


AUGMENTATIONS = (
    Augmentation(pixels=1),
    Augmentation(pixels=2, degrees=5, strength=0.05),
    Augmentation(pixels=1, mirrored=True),
    Augmentation(pixels=2, degrees=10, mirrored=True, strength=0.1),
)
"""From weak to strong."""


def mirrored(X: Records) -> Records:
    """Return the images ``(n, ...)`` mirrored from left to right.

    Examples
    --------
    >>> mirrored(np.arange(9).reshape(1, 3, 3))[0].tolist()
    [[2, 1, 0], [5, 4, 3], [8, 7, 6]]
    """
    return np.ascontiguousarray(np.flip(X, axis=image_axes(X)[1]))


def are_images(X: Any) -> bool:
    """Return whether records are images: arrays ``(n, height, width)``, with channels last or first.

    Examples
    --------
    >>> are_images(np.zeros((2, 8, 8, 3))), are_images(np.zeros((2, 64)))
    (True, False)
    """
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "iuf" or X.ndim not in (3, 4):
        return False
    height, width = (X.shape[axis] for axis in image_axes(X))
    return min(height, width) > CHANNELS and (X.ndim == 3 or min(X.shape[1], X.shape[3]) <= CHANNELS)


def image_axes(X: Any) -> tuple[int, int]:
    """Return the axes of rows and columns: channels are last, unless only the first axis is as short.

    Examples
    --------
    >>> image_axes(np.zeros((2, 3, 32, 32))), image_axes(np.zeros((2, 32, 32, 3)))
    ((2, 3), (1, 2))
    """
    return (2, 3) if X.ndim == 4 and X.shape[1] <= CHANNELS < X.shape[3] else (1, 2)


def shifted(X: Any, by: tuple[int, int], axes: tuple[int, int]) -> Floats:
    """Return images shifted down and to the right, with their edge repeated.

    Examples
    --------
    >>> shifted(np.array([[[1, 2], [3, 4]]]), (0, 1), (1, 2)).tolist()
    [[[1, 1], [3, 3]]]
    """
    for amount, axis in zip(by, axes, strict=True):
        size = X.shape[axis]
        X = np.take(X, np.clip(np.arange(size) - amount, 0, size - 1), axis=axis)
    return np.asarray(X)
