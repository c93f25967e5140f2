"""What all pages share."""

from __future__ import annotations

from importlib import resources


def resource(name: str) -> str:
    """Return the text of a template or style that lies beside this module."""
    return resources.files("mlleaks.report").joinpath(name).read_text(encoding="utf-8")
