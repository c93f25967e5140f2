"""What an audit finds: all that is stored, and all that a report is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mlleaks.errors import InputError
from mlleaks.results.audit_plan import PlanCheck
from mlleaks.results.blind_check import BlindCheck
from mlleaks.results.canaries import CanaryAudit
from mlleaks.results.deleted import DeletedRecords, Erasure, erasure_of
from mlleaks.results.margin import DEFAULT_MARGIN, Margin
from mlleaks.results.placebo import Placebo
from mlleaks.stats.clustered_joint import clustered_areas
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.joint_test import JointTest, joint_test
from mlleaks.stats.metrics import Roc, roc
from mlleaks.stats.simultaneous import simultaneous_areas
from mlleaks.types import Bools, Floats, Ids, Ints


@dataclass(frozen=True)
class ClassCounts:
    """How many records of one class an attack flagged."""

    label: int
    members: int
    members_flagged: int
    nonmembers: int
    nonmembers_flagged: int


@dataclass(frozen=True)
class Verdict:
    """What one attack achieved on Observations.

    Parameters
    ----------
    attack, title : str
        Name and title of its `AttackSpec`.
    threshold : float
        Scores above it were flagged; nan where the attacker could choose none.
    estimates : mapping of str to Estimate
        See `mlleaks.stats.metrics.ESTIMATES` for the names.
    p_value : float
        Probability of a result this good from a model that does not leak (the attack's tests corrected for
        each other, not for the other attacks: for that see `AuditResult.p_values`).
    p_values : mapping of str to float
        Those of the single tests, uncorrected: see `mlleaks.stats.significance.TESTS`.
    scores : float array (n,)
        Higher = more likely a member; in the order of the observations.
    per_class : tuple of ClassCounts
        Flagged records by class; empty where no threshold was chosen.
    uses_labels, threshold_from, reads
        What the `AttackSpec` says of the attack: whether the attacker knows the true classes, where the
        threshold comes from, and what it looks at in an answer.
    needs : tuple of str or None
        What the attacker had beside the answers, in plain words: ``("64 reference models", "true classes")``.
        None if a run was stored by a version that did not say.
    """

    attack: str
    title: str
    threshold: float
    estimates: Mapping[str, Estimate]
    p_value: float
    p_values: Mapping[str, float]
    scores: Floats
    per_class: tuple[ClassCounts, ...]
    uses_labels: bool = False
    threshold_from: str = "definition"
    reads: str = "posteriors"
    needs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class AuditResult:
    """An audit's findings: all that is stored, and all that a report is made from.

    Parameters
    ----------
    name : str
        The run's name.
    verdicts : tuple of Verdict
        In the order of the registry.
    skipped : mapping of str to str
        Attacks that were not run, and why.
    target : mapping of str to Estimate
        ``train_accuracy``, ``test_accuracy``, ``overfitting``; empty without labels.
    member, predicted : arrays (n,)
        Truth and the target's answered class of each record.
    labels : int array (n,) or None
        True classes, where known.
    ids : array (n,)
        What each record is called.
    class_names : tuple of str
        What each class is called, in the order of the model's columns.
    notes : tuple of str
        What a reader should know about the data or the run.
    provenance : mapping
        Settings, seed, versions, hash of all inputs. JSON values only.
    headline : str, optional
        The attack that the words are about where it beats chance, chosen before any figure was computed.
    blind : BlindCheck, optional
        Whether members and non-members differ by themselves; None if only answers were audited.
    placebo : Placebo, optional
        What the attacks find against models that saw none of the records.
    margin : Margin
        What counts as no leak.
    plan : PlanCheck, optional
        Whether the audit followed the plan that was registered before it; None if there was none.
    canaries : CanaryAudit, optional
        Lower bounds on epsilon, where canaries were audited.
    deleted : DeletedRecords, optional
        Records that should be forgotten, where some were audited.
    persons : text array (n,), optional
        Whose record each is. With it, p-values and intervals are for other people.
    slices : text array (n,), optional
        Which part of the population each record belongs to, such as a region.
    outlier_rank : float array (n,), optional
        The share of records that lie nearer to the others: 1 = the farthest.
    over_models : float array (k, n), optional
        The scores of the attack ``headline`` if reference models were the target; nan where none counts.
    """

    name: str
    verdicts: tuple[Verdict, ...]
    skipped: Mapping[str, str]
    target: Mapping[str, Estimate]
    member: Bools
    predicted: Ints
    labels: Ints | None
    ids: Ids
    class_names: tuple[str, ...]
    notes: tuple[str, ...]
    provenance: Mapping[str, Any]
    headline: str | None = None
    blind: BlindCheck | None = None
    placebo: Placebo | None = None
    margin: Margin = DEFAULT_MARGIN
    plan: PlanCheck | None = None
    canaries: CanaryAudit | None = None
    deleted: DeletedRecords | None = None
    persons: Ids | None = None
    slices: Ids | None = None
    outlier_rank: Floats | None = None
    over_models: Floats | None = None

    @cached_property
    def erasure(self) -> Erasure | None:
        """Deleted records against non-members; None if there are no deleted records."""
        if self.deleted is None:
            return None
        return erasure_of(self.deleted, {v.attack: v.scores[~self.member] for v in self.verdicts})

    @cached_property
    def curves(self) -> Mapping[str, Roc]:
        """The exact ROC of each attack by name."""
        return {verdict.attack: roc(self.member, verdict.scores) for verdict in self.verdicts}

    @cached_property
    def p_values(self) -> Mapping[str, float]:
        """The p-value of each attack by name, corrected for all attacks; see `mlleaks.stats.joint_test`."""
        return dict(zip(self.curves, self.joint_test.p_values, strict=True))

    @cached_property
    def joint_test(self) -> JointTest:
        """The test over all attacks and statistics; see `mlleaks.stats.joint_test`."""
        return joint_test(list(self.curves.values()), persons=self.person_codes)

    @cached_property
    def joint_aucs(self) -> Mapping[str, Estimate]:
        """The AUC of each attack by name, with 95 % intervals that hold for all attacks at once."""
        curves, code = list(self.curves.values()), self.person_codes
        areas = simultaneous_areas(curves) if code is None else clustered_areas(curves, code)
        return dict(zip(self.curves, areas, strict=True))

    @cached_property
    def person_codes(self) -> Ints | None:
        """Whose record each is ``(n,)``, as a number in ``0..g-1``; None without persons."""
        if self.persons is None:
            return None
        return np.asarray(np.unique(self.persons, return_inverse=True)[1], dtype=np.int64)

    @property
    def n_members(self) -> int:
        """How many records were in the training set."""
        return int(self.member.sum())

    @property
    def n_nonmembers(self) -> int:
        """How many records were not."""
        return len(self.member) - self.n_members

    @property
    def units(self) -> tuple[int, int]:
        """How many independent members and non-members there are: people if they are known, else records."""
        if self.persons is None:
            return self.n_members, self.n_nonmembers
        return len(set(self.persons[self.member])), len(set(self.persons[~self.member]))

    @property
    def smallest_fpr(self) -> float:
        """The smallest false-positive rate that this many non-members can measure."""
        return 1 / self.n_nonmembers

    def verdict(self, attack: str) -> Verdict:
        """Return the verdict of one attack.

        Raises
        ------
        InputError
            The attack does not exist or was skipped; the message says why.
        """
        verdicts = {v.attack: v for v in self.verdicts}
        if attack not in verdicts:
            why = self.skipped.get(attack)
            raise InputError(
                f"attack {attack!r}" + (f", which was skipped ({why})" if why else ""),
                expected=f"one of {', '.join(verdicts)}",
                fix="Bring what it needs, or name another.",
            )
        return verdicts[attack]
