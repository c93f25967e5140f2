"""Decoding image files, with Pillow."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mlleaks.errors import DataUnavailable, missing_extra


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
        The file, and what it is called in a message.
    crop : (left, top, right, bottom), optional
        The part to keep, in pixels.
    size : (width, height), optional
        What that part is then reduced to (bicubic).

    Raises
    ------
    MissingExtra
        Pillow is not installed.
    DataUnavailable
        The file is no image that Pillow can read.
    """
    try:
        image: Any = _pillow().open(file)
        image = image.convert("RGB")
        image = image.crop(crop) if crop else image
        return np.asarray(image.resize(size) if size else image)
    except (OSError, SyntaxError, ValueError) as error:
        raise DataUnavailable(
            f"the image {name} that does not decode ({error})",
            expected="an image file",
            fix="Delete the archive it comes from and run again.",
        ) from error


def _pillow() -> Any:
    try:
        from PIL import Image
    except ModuleNotFoundError as error:
        raise missing_extra("PIL", "images") from error
    return Image
