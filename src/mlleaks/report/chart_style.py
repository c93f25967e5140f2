"""The colours and fonts of all charts."""

from __future__ import annotations

from typing import Any

MEMBERS, NONMEMBERS = "#d1495b", "#30638e"
PALETTE = [MEMBERS, NONMEMBERS, "#edae49", "#00798c", "#8f6bb3", "#5b8c5a", "#7a5c49", "#444444"]
INK, GRID, AXIS, GUIDE, BACKGROUND = "#3b4252", "#e8ebf0", "#c5cbd6", "#8a94a6", "#c9cfda"
"""Of text, grid lines, axes, lines that only orient, and curves that are there for comparison."""
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
"""The font of the pages; it is named here, because a picture file inherits none."""


def styled(chart: Any) -> Any:
    """Return an Altair chart in the style of all charts."""
    return (
        chart.configure_view(stroke=None)
        .configure_axis(
            labelFont=FONT,
            titleFont=FONT,
            labelColor=INK,
            titleColor=INK,
            gridColor=GRID,
            domainColor=AXIS,
            tickColor=AXIS,
            titleFontWeight="normal",
            titlePadding=8,
        )
        .configure_legend(
            labelFont=FONT, labelColor=INK, labelLimit=260, titleFont=FONT, titleColor=INK, symbolOpacity=1
        )
        .configure_title(font=FONT, color=INK, fontSize=12, fontWeight=600)
        .configure_text(font=FONT)
    )
