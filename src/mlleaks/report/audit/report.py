"""What an audit returns: the result, with its sentences, tables and pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlleaks.errors import InputError
from mlleaks.report.attack_groups import shown_first, skipped_in_words
from mlleaks.report.audit import text
from mlleaks.results import decision, runs, stored_audit
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.storage.atomic import write_bytes, writing
from mlleaks.storage.names import file_name

if TYPE_CHECKING:
    import pandas as pd

    from mlleaks.stats.groups import Aggregate

PAGE = "report.html"


@dataclass(frozen=True, repr=False)
class AuditReport:
    """An audit's findings.

    Parameters
    ----------
    result : AuditResult
        The numbers; everything here is made from them alone.
    """

    result: AuditResult

    @property
    def leaks(self) -> bool:
        """Whether some attack does better than chance (5 % level for all attacks together)."""
        return decision.leaks(self.result)

    @property
    def reversed(self) -> bool:
        """Whether non-members look more like training records than the members do."""
        return bool(decision.reversed_attacks(self.result))

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return text.headline(self.result)

    @property
    def severity(self) -> str:
        """How serious the finding is: ``leaks``, ``doubt`` (slight, or odd) or ``clean``."""
        return decision.severity(self.result)

    @property
    def sentences(self) -> list[str]:
        """The facts behind the headline."""
        return text.sentences(self.result)

    @property
    def warnings(self) -> list[str]:
        """What to know before trusting the numbers."""
        return text.warnings(self.result)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One verdict per attack."""
        return self.result.verdicts

    @property
    def best(self) -> Verdict:
        """The verdict that the headline is about."""
        return decision.best(self.result)

    def verdict(self, attack: str) -> Verdict:
        """Return the verdict of one attack; see `AuditResult.verdict`."""
        return self.result.verdict(attack)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per attack: estimates, ends of their 95 % intervals, p-value."""
        from mlleaks.report.audit.frames import attacks_frame

        return attacks_frame(self.result)

    def records(self) -> pd.DataFrame:
        """Return one row per record: id, truth, classes, each attack's score (high = a member)."""
        from mlleaks.report.audit.frames import records_frame

        return records_frame(self.result)

    def classes(self) -> pd.DataFrame:
        """Return one row per attack and class: members, non-members, and what share of each was flagged."""
        from mlleaks.report.audit.frames import classes_frame

        return classes_frame(self.result)

    def people(self, attack: str | None = None, *, how: Aggregate = "mean") -> pd.DataFrame:
        """Return one row per person: truth, number of records, one score; by default of the best attack.

        Parameters
        ----------
        attack : str, optional
        how : "mean", "max" or "sum"
            How the scores of a person's records become one: see `mlleaks.stats.groups.by_person`.

        Raises
        ------
        InputError
            The audit was not told whose records these are, or did not run the attack.
        """
        from mlleaks.report.audit.people_frame import people_frame

        return people_frame(self.result, attack, how)

    def by_slice(self, attack: str | None = None) -> pd.DataFrame:
        """Return one row per slice, with intervals that hold for all of them; by default of the best attack.

        The columns are those of `mlleaks.stats.slices.by_slice`.

        Raises
        ------
        InputError
            The audit was not told of slices, did not run the attack, or no slice is large enough.
        """
        from mlleaks.report.audit.slices import slices_frame

        return slices_frame(self.result, attack)

    def to_json(self) -> str:
        """Return the result without per-record arrays as JSON; nan is null."""
        return json.dumps(stored_audit.to_dict(self.result), indent=1, allow_nan=False)

    def to_html(self) -> str:
        """Return the page; it loads nothing from any network."""
        from mlleaks.report.audit.page import render

        return render(self.result)

    def save(
        self,
        folder: str | Path,
        *,
        overwrite: bool = False,
        files: Mapping[str, str | bytes] | None = None,
    ) -> Path:
        """Write ``result.json``, ``arrays.npz`` and ``report.html`` to ``folder``; return it.

        Parameters
        ----------
        folder : path
        overwrite : bool
            Replace a run that is there.
        files : mapping of file name to content, optional
            More files for the same folder, which appears with all of them or not at all.

        Raises
        ------
        RunExists
            The folder exists and ``overwrite`` is false.
        InputError
            It cannot be written, or its disk is full: nothing is left behind, and another folder may work.
        """
        place, more = Path(folder), dict(files or {})
        runs.refuse_existing(place, overwrite=overwrite)
        try:
            page = self.to_html()
        except Exception:
            runs.save_run(
                self.result, place, pages=more, overwrite=overwrite
            )  # an error in the page must not lose the numbers
            raise
        runs.save_run(self.result, place, pages=more | {PAGE: page}, overwrite=overwrite)
        return place

    @classmethod
    def load(cls, folder: str | Path) -> AuditReport:
        """Return the report of a stored run.

        Raises
        ------
        DataUnavailable, CorruptRun
            There is no run, or it is damaged.
        """
        return cls(runs.load_run(Path(folder)))

    def save_charts(self, folder: str | Path, *, formats: tuple[str, ...] = ("png",)) -> list[Path]:
        """Write every chart to ``folder`` and return the files.

        Parameters
        ----------
        folder : path
        formats : tuple of "png", "svg" or "html"

        Raises
        ------
        InputError
            Another format; or the folder cannot be written, or its disk is full.
        """
        from mlleaks.report.audit.charts import encode, pictures

        if unknown := [f for f in formats if f not in ("png", "svg", "html")]:
            raise InputError(f"format {unknown[0]!r}", expected="png, svg or html", fix="Pass one.")
        place = Path(folder)
        charts = {file_name(name): chart for name, chart in pictures(self.result).items()}
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
        for name, chart in charts.items():
            for kind in formats:
                write_bytes(place / f"{name}.{kind}", encode(chart, kind))
        return [place / f"{name}.{kind}" for name in charts for kind in formats]

    def __repr__(self) -> str:
        first = shown_first(self.result)
        lines = [
            f"Report {self.result.name!r}: {self.headline}",
            *(
                f"  {v.attack:<20} AUC {v.estimates['auc'].value:.3f} "
                f"({v.estimates['auc'].low:.3f} to {v.estimates['auc'].high:.3f})"
                for v in first
            ),
        ]
        if len(first) < len(self.verdicts):
            lines.append(f"  the best of each group; all {len(self.verdicts)}: to_frame()")
        return "\n".join([*lines, *(f"  {sentence}" for sentence in skipped_in_words(self.result.skipped))])
