"""Plans of audits: written before any answer is seen, and compared with the audit afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mlleaks.auditing.collecting import Saved
from mlleaks.auditing.prepared import PreparedAudit
from mlleaks.report import AuditReport
from mlleaks.results.audit_plan import AuditPlan, PlanCheck
from mlleaks.results.provenance import pieces
from mlleaks.storage.hashing import file_checksum, hash_inputs
from mlleaks.storage.versions import versions

_INPUTS = ("members", "classes of members", "non-members", "classes of non-members")
"""What the first arrays of `PreparedAudit.inputs` are; the others are the attacker's records."""


def plan_audit(
    prepared: PreparedAudit, *, files: Mapping[str, Path] | None = None, conditions: Sequence[str] = ()
) -> AuditPlan:
    """Return the plan of an audit: all that could be chosen later to make a result look better.

    It holds checksums of records, saved answers and files, what each attack is (run or skipped), the
    evidence, all settings, the seed, the conditions and the versions of packages. Nothing is sent to the
    target.

    Parameters
    ----------
    prepared : PreparedAudit
        As `mlleaks.auditing.preparing.prepare_audit` or its siblings return it.
    files : mapping of str to Path, optional
        Files whose checksums belong to the plan, by what they are. A model that is only in memory has no
        checksum: pass its file.
    conditions : sequence of str
        Those that the result will be compared with, as ``--fail-if`` takes them.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from mlleaks.auditing.preparing import prepare_audit
    >>> X, y = load_digits(return_X_y=True)
    >>> forest = RandomForestClassifier(random_state=0).fit(X[:100], y[:100])
    >>> prepared = prepare_audit(forest, members=(X[:100], y[:100]), nonmembers=(X[100:200], y[100:200]))
    >>> plan = plan_audit(prepared, conditions=["leaks"])
    >>> plan.contents["attacks"]["gap"], plan.contents["attacks"]["lira"], plan.contents["seed"]
    ('run', 'skipped', 0)
    """
    plan = prepared.plan
    contents = {
        "data": _checksums(prepared),
        "files": {what: file_checksum(path) for what, path in (files or {}).items()},
        "answers": "queried by the audit" if prepared.queries else "saved before the plan was made",
        "attacks": dict.fromkeys((spec.name for spec in plan.attacks), "run")
        | dict.fromkeys(plan.skipped, "skipped"),
        "evidence": {type(need).__name__: str(need) for need in plan.needs},
        "settings": dict(prepared.settings),
        "seed": prepared.seeds.root,
        "conditions": list(conditions),
        "versions": versions("torch"),
    }
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return AuditPlan(prepared.name, created, json.loads(json.dumps(contents)))  # as a file gives it back


def run_as_planned(
    prepared: PreparedAudit,
    plan: AuditPlan,
    *,
    files: Mapping[str, Path] | None = None,
    conditions: Sequence[str] = (),
) -> AuditReport:
    """Return the report of an audit that says whether it followed the plan, or lists each deviation.

    The two are compared before anything is sent to the target.

    Parameters
    ----------
    prepared : PreparedAudit
    plan : AuditPlan
        As `AuditPlan.load` returns it.
    files, conditions
        See `plan_audit`.

    Examples
    --------
    >>> import numpy as np
    >>> from mlleaks.auditing.preparing_saved import prepare_posteriors
    >>> rng = np.random.default_rng(0)
    >>> table = {"record_id": np.arange(60), "member": np.arange(60) % 2}
    >>> table["posteriors"] = np.eye(3)[np.arange(60) % 3]
    >>> plan = plan_audit(prepare_posteriors(table))
    >>> run_as_planned(prepare_posteriors(table), plan).result.plan.followed
    True
    >>> deviating = run_as_planned(prepare_posteriors(table, seed=1), plan)
    >>> [str(deviation) for deviation in deviating.result.plan.deviations]
    ['seed: planned 0, actual 1']
    """
    actual = plan_audit(prepared, files=files, conditions=conditions)
    check = PlanCheck(plan, plan.deviations(actual.contents))
    return AuditReport(replace(prepared.run().result, plan=check))


def _checksums(prepared: PreparedAudit) -> dict[str, str]:
    """Return the checksum of each array of records, and of all answers that are there already."""
    further = (f"attacker's records, array {i}" for i in range(1, len(prepared.inputs) + 1))
    names = [*_INPUTS, *further][: len(prepared.inputs)]
    sums = {name: hash_inputs(*pieces(part)) for name, part in zip(names, prepared.inputs, strict=True)}
    if not prepared.queries:  # then observing sends nothing
        sums["saved answers"] = hash_inputs(*pieces(prepared.observe()[0]))
    for need in prepared.plan.needs:
        source = prepared.sources[type(need)]
        if isinstance(source, Saved):
            sums[type(need).__name__] = hash_inputs(*pieces(source.value))
    return sums
