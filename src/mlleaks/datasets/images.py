"""Decoding image files, with Pillow."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mlleaks.errors import DataUnavailable, missing_extra


def decode(file: IO[bytes], name: str) -> NDArray[np.uint8]:
    """Return an image file's pixels as RGB ``(height, width, 3)``, 0..255.

    Raises
    ------
    MissingExtra
        Pillow is not installed.
    DataUnavailable
        The file is no image that Pillow can read.
    """
    try:
        image: Any = _pillow().open(file)
        return np.asarray(image.convert("RGB"))
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
