"""What an audit returns: the result, with its sentences, tables and pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlleaks.report.audit import text
from mlleaks.report.audit.canaries import canary_sentences
from mlleaks.report.audit.deleted import deleted_notes, deleted_sentences
from mlleaks.report.audit.summary import summary
from mlleaks.results import decision, runs, stored_audit
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.exposure import CONFIDENCE, DELTA, NamedMembers, exposure_of
from mlleaks.stats.record_evidence import RecordEvidence
from mlleaks.stats.refuting import EpsilonBound

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
        """Whether some attack does better than chance and than a shift explains, at the 5 % level."""
        return decision.leaks(self.result)

    @property
    def outcome(self) -> str:
        """``leaks``, ``no detectable leak`` or ``undecided``; see `mlleaks.results.decision.verdict`."""
        return decision.verdict(self.result)

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
        """The facts behind the headline, and what deleted records and canaries show."""
        more = (*deleted_sentences(self.result), *canary_sentences(self.result))
        return [*text.sentences(self.result), *more]

    @property
    def warnings(self) -> list[str]:
        """What to know before trusting the numbers."""
        return [*text.warnings(self.result), *deleted_notes(self.result)]

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
        """Return one row per record: id, truth, classes, the columns of `risk`, each attack's score."""
        from mlleaks.report.audit.frames import records_frame

        return records_frame(self.result)

    def classes(self) -> pd.DataFrame:
        """Return one row per attack and class: members, non-members, and what share of each was flagged."""
        from mlleaks.report.audit.frames import classes_frame

        return classes_frame(self.result)

    def risk(self, evidence: RecordEvidence | None = None) -> pd.DataFrame:
        """Return one row per record, the most exposed first.

        Parameters
        ----------
        evidence : RecordEvidence, optional
            What you know of the records beside the audit, in their order: how far each is an outlier, say.

        Returns
        -------
        DataFrame
            ``record_id, member``, ``label`` where known, ``predicted``; then ``rank``, ``p_value``,
            ``named_prior_50``, ``named_prior_10``, ``agreement``, what is known of the record, and
            ``reasons``: see `mlleaks.report.audit.risk.risk_columns`.
        """
        from mlleaks.report.audit.risk import risk_frame

        return risk_frame(self.result, evidence)

    def named_members(self, *, prior: float = 0.5, level: float = 0.05) -> NamedMembers:
        """Return the members whom an attacker can name at a bounded share of false names.

        Parameters
        ----------
        prior : float
            The share of members among the attacker's candidates, in (0, 1).
        level : float
            The share of false names that the list holds at most, on average; in (0, 1).

        Raises
        ------
        InputError
            Too few non-members for such a list, or a value out of range.
        """
        return exposure_of(self.result).named_members(level=level, prior=prior)

    def epsilon(self, *, delta: float = DELTA, level: float = CONFIDENCE) -> EpsilonBound:
        """Return a lower bound on the epsilon of the training; its `assumption` says what it rests on.

        Parameters
        ----------
        delta : float
            In [0, 1); well below one over the number of training records.
        level : float
            The confidence, in (0, 1).

        Raises
        ------
        InputError
            A value out of range, or too few records.
        """
        return exposure_of(self.result).epsilon(delta=delta, level=level)

    def by_class(self, attack: str | None = None) -> pd.DataFrame:
        """Return how much each class leaks, the highest AUC first, by the class's name.

        Members of a class are compared with non-members of the same class; where the true classes are
        unknown, the predicted ones count.

        Parameters
        ----------
        attack : str, optional
            By default the one that was chosen before any figure was computed, or the best one; then the
            intervals are wider, because they allow for this choice.

        Returns
        -------
        DataFrame
            ``members, nonmembers, auc, low, high, tpr, tpr_low, tpr_high`` (the TPR at 1 % FPR; 95 %
            intervals that hold for all classes at once), ``members_flagged, nonmembers_flagged`` (shares, at
            the attack's own threshold), ``worst``, and ``note`` (why figures are missing).

        Raises
        ------
        InputError
            No such attack, one class only, or no class with 20 members and 20 non-members.
        """
        from mlleaks.report.audit.by_class import by_class_frame

        return by_class_frame(self.result, attack)

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
            The audit does not know whose records these are, or did not run the attack.
        """
        from mlleaks.report.audit.people_frame import people_frame

        return people_frame(self.result, attack, how)

    def by_slice(self, attack: str | None = None) -> pd.DataFrame:
        """Return one row per slice, with intervals that hold for all of them; by default of the best attack.

        The columns are those of `mlleaks.stats.slices.by_slice`.

        Raises
        ------
        InputError
            The audit knows of no slices, did not run the attack, or no slice is large enough.
        """
        from mlleaks.report.audit.slices import slices_frame

        return slices_frame(self.result, attack)

    def to_json(self) -> str:
        """Return the result without per-record arrays as JSON; nan is null."""
        return json.dumps(stored_audit.to_dict(self.result), indent=1, allow_nan=False)

    def to_html(self, *, delta: float = DELTA) -> str:
        """Return the page; it loads nothing from any network. For ``delta`` see `epsilon`."""
        from mlleaks.report.audit.page import render

        return render(self.result, delta=delta)

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
        planned = None if self.result.plan is None else self.result.plan.plan
        runs.refuse_existing(place, overwrite=overwrite, plan=planned)
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
        from mlleaks.report.audit.charts import save

        return save(self.result, Path(folder), formats)

    def __repr__(self) -> str:
        return summary(self.result)
