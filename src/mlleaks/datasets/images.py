"""Decoding image files, with Pillow."""

from __future__ import annotations

from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mlleaks.errors import DataUnavailable


def decode(
    file: IO[bytes],
    name: str,
    *,
    crop: tuple[int, int, int, int] | None = None,
    size: tuple[int, int] | None = None,
) -> NDArray[np.uint8]:
    """Return an image file's pixels as RGB ``(height, width, 3)``, 0..255.

    Parameters
    ----------
    file, name
        The file, and its name in a message.
    crop : (left, top, right, bottom), optional
        The part that is cut out, in pixels.
    size : (width, height), optional
        The size to which it is then reduced (bicubic).

    Raises
    ------
    DataUnavailable
        The file is no image that Pillow can read.
    """
    try:
        image = Image.open(file).convert("RGB")
        image = image.crop(crop) if crop else image
        return np.asarray(image.resize(size) if size else image)
    except (OSError, SyntaxError, ValueError) as error:
        raise DataUnavailable(
            f"the image {name} that does not decode ({error})",
            expected="an image file",
            fix="Delete the archive it comes from and run again.",
        ) from error
