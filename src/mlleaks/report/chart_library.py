"""The chart library as JavaScript: the same in every page, slow to put together, so it is kept."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

from mlleaks.errors import InputError
from mlleaks.storage.atomic import cache_folder, write_text

_ENTRY = "window.vegaEmbed = vegaEmbed;"


@cache
def chart_library() -> str:
    """Return the chart library (Vega, Vega-Lite, Vega-Embed), ready to stand inside a script element.

    It is put together once per version of vl-convert and kept in the cache folder. A copy that is damaged
    or does not belong to this version is made again; where none can be written, it is done without.
    """
    release = version("vl-convert-python")
    place = cache_folder() / "chart-library" / f"vl-convert-{release}.js"
    library = _read(place, release)
    if library is None:
        library = _bundled()
        _keep(place, release, library)
    return library.replace("</script", "<\\/script")


def _bundled() -> str:
    import vl_convert  # not needed where a copy is at hand

    library: str = vl_convert.javascript_bundle(_ENTRY)
    return library


def _read(place: Path, release: str) -> str | None:
    """Return the copy at ``place``, or None if there is none that is whole and made for this release."""
    try:
        checksum, _, library = place.read_bytes().decode().partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return library if checksum == _checksum(release, library) else None


def _keep(place: Path, release: str, library: str) -> None:
    with suppress(OSError, InputError):  # a full or read-only disk must not cost the report
        place.parent.mkdir(parents=True, exist_ok=True)
        write_text(place, f"{_checksum(release, library)}\n{library}")


def _checksum(release: str, library: str) -> str:
    """Return a comment with the SHA-256 of what a copy is made from and of its content."""
    made = f"{release}\n{_ENTRY}\n{library}"
    return f"// sha256 {hashlib.sha256(made.encode()).hexdigest()}"
