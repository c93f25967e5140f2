"""What a comparison of defenses returns: the figures, a recommendation, a chart and a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlleaks.report.attack_names import registered
from mlleaks.report.audit.frames import to_csv
from mlleaks.report.comparison.charts import tradeoff_chart
from mlleaks.report.comparison.page import render
from mlleaks.results.comparison import ComparisonResult, refuse_other
from mlleaks.results.recommendation import advise
from mlleaks.storage.atomic import write_text, writing


class ComparisonReport(ComparisonResult):
    """Defenses side by side, with a recommendation and a page."""

    @property
    def recommendation(self) -> list[str]:
        """What to do, in sentences; the first one says which defense to use, if any."""
        return advise(self, registered)

    def chart(self) -> Any:
        """Return test accuracy against the strongest attack, with intervals and the Pareto front."""
        return tradeoff_chart(self.to_frame())

    def to_html(self) -> str:
        """Return the page; it loads nothing from any network."""
        return render(self)

    def save(self, folder: Path | str, *, overwrite: bool = False) -> Path:
        """Write ``comparison.json``, ``.csv`` and ``.html``, each whole or not at all; return the folder.

        Raises
        ------
        RunExists
            A comparison of other data or defenses is there, and ``overwrite`` is false.
        InputError
            The folder cannot be written, or its disk is full.
        """
        place = Path(folder)
        refuse_other(place, self.facts, overwrite=overwrite)
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
        document = {
            "name": self.name,
            "facts": dict(self.facts),
            "recommendation": self.recommendation,
            "against no defense": json.loads(self.gains().round(6).to_json(orient="index")),
        }
        write_text(place / "comparison.csv", to_csv(self.tidy.round(6)))
        write_text(place / "comparison.html", self.to_html())
        write_text(place / "comparison.json", json.dumps(document, indent=1) + "\n")
        return place
