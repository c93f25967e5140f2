"""What a comparison of attacks returns: the figures, a headline, charts and a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlleaks.report.attacks import charts, text
from mlleaks.report.attacks.page import render
from mlleaks.report.audit.charts import encode
from mlleaks.report.audit.frames import to_csv
from mlleaks.results.attack_comparison import (
    RESULT,
    AttackComparison,
    load_attack_comparison,
    to_document,
)
from mlleaks.results.comparison import refuse_other
from mlleaks.storage.atomic import write_bytes, write_text, writing

PAGE, TABLE = "attacks.html", "attacks.csv"


class AttackComparisonReport(AttackComparison):
    """Attacks side by side, with a headline, charts and a page."""

    @property
    def headline(self) -> str:
        """What the leading attack finds, and how many models others need for that."""
        return text.headline(self)

    @property
    def sentences(self) -> list[str]:
        """What else to know."""
        return text.sentences(self)

    def chart(self) -> Any:
        """Return what each attack finds against the number of models, with 95 % intervals."""
        return charts.power_chart(self)

    def charts(self) -> dict[str, Any]:
        """Return all charts by name."""
        return {"power": self.chart(), "cost": charts.cost_chart(self)}

    def to_html(self) -> str:
        """Return the page; it loads nothing from any network."""
        return render(self)

    def save(self, folder: Path | str, *, overwrite: bool = False) -> Path:
        """Write ``attacks.json``, ``.csv`` and ``.html``, each whole or not at all; return the folder.

        Raises
        ------
        RunExists
            A comparison of other data or attacks is there, and ``overwrite`` is false.
        InputError
            The folder cannot be written, or its disk is full.
        """
        place = Path(folder)
        refuse_other(place, self.facts, overwrite=overwrite, file=RESULT)
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
        write_text(place / TABLE, to_csv(self.rows.round(6)))
        write_text(place / PAGE, self.to_html())
        write_text(place / RESULT, json.dumps(to_document(self), indent=1, allow_nan=False) + "\n")
        return place

    def save_charts(self, folder: Path | str, *, formats: tuple[str, ...] = ("png",)) -> list[Path]:
        """Write every chart to ``folder`` and return the files; ``formats`` are "png", "svg" or "html"."""
        place = Path(folder)
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
        pictures = [(name, chart, kind) for name, chart in self.charts().items() for kind in formats]
        for name, chart, kind in pictures:
            write_bytes(place / f"{name}.{kind}", encode(chart, kind))
        return [place / f"{name}.{kind}" for name, _, kind in pictures]

    @classmethod
    def load(cls, folder: Path | str) -> AttackComparisonReport:
        """Return the report that is stored in a folder; see `save`.

        Raises
        ------
        DataUnavailable
            There is none.
        CorruptRun
            It is damaged.
        """
        return cls(**load_attack_comparison(Path(folder)))
