"""PNG files of charts with few colours: small enough for a repository."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

COLORS = 256


def reduce_png(content: bytes) -> bytes:
    """Return the same picture on a white background, with a palette of at most 256 colours.

    Parameters
    ----------
    content : bytes
        A PNG file, with or without transparency.
    """
    picture = Image.open(BytesIO(content)).convert("RGBA")
    page = Image.new("RGBA", picture.size, "white")
    page.alpha_composite(picture)
    opaque = page.convert("RGB")
    few = opaque.quantize(COLORS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    buffer = BytesIO()
    few.save(buffer, "png", optimize=True)
    return buffer.getvalue()
