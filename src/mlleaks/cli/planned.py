"""``mlleaks audit --plan-only`` and ``--plan``: a plan before the audit, and an audit that is held to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mlleaks.cli.options import AUTO
from mlleaks.errors import InputError, RunExists

if TYPE_CHECKING:
    from mlleaks.auditing.prepared import PreparedAudit
    from mlleaks.report import AuditReport
    from mlleaks.results.audit_plan import AuditPlan

_FILES = ("members", "nonmembers", "shadow", "deleted", "membership", "random-queries")


def refuse_contradictions(*, plan_only: bool, plan: Path | None, dry_run: bool, trainer: str | None) -> None:
    """Raise `InputError` for options that do not go with ``--plan-only``."""
    named = {"--plan": plan is not None, "--dry-run": dry_run}
    passed = [option for option, is_set in named.items() if is_set]
    if plan_only and passed:
        raise InputError(
            f"--plan-only together with {' and '.join(passed)}",
            expected="one of them",
            fix="--plan-only writes a plan, --plan follows one, --dry-run only measures the time.",
        )
    if plan_only and trainer == AUTO:
        raise InputError(
            "--plan-only together with --trainer auto, which chooses by the model's answers",
            expected="a plan that is made before any answer is seen",
            fix="Name the trainer; --dry-run says which one auto chooses.",
        )


def files_of(target: str, options: Mapping[str, Any]) -> dict[str, Path]:
    """Return the files that an audit reads, by what they are.

    Examples
    --------
    >>> files_of("package.module:attribute", {"members": Path("train.csv"), "shadow": None})
    {'members': PosixPath('train.csv')}
    """
    files = {key: options[key] for key in _FILES if options.get(key) is not None}
    return {"target": Path(target), **files} if Path(target).is_file() else files


def write_plan(
    prepared: PreparedAudit,
    folder: Path,
    *,
    files: Mapping[str, Path],
    conditions: Sequence[str],
    overwrite: bool,
) -> None:
    """Write the plan of an audit into the folder that its run will have, and print its checksum.

    Raises
    ------
    RunExists
        Something is there already; only a plan alone can be replaced.
    """
    from mlleaks.auditing.preregistration import plan_audit
    from mlleaks.results.audit_plan import PLAN
    from mlleaks.storage.atomic import writing

    plan = plan_audit(prepared, files=files, conditions=conditions)
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if there and not (overwrite and there == [PLAN]):
        raise RunExists(
            f"{', '.join(there[:3])} in {folder}",
            expected="a place where nothing is yet; with --overwrite, a plan that is replaced",
            fix="Choose another folder with --out.",
        )
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    path = plan.save(folder / PLAN)
    run = sum(what == "run" for what in plan.contents["attacks"].values())
    typer.echo(f"Plan: {path}\nSHA-256: {plan.sha256}")
    typer.echo(f"{run} attacks will run. No attack was run, and nothing was computed from any answer.")
    typer.echo(f"Publish the checksum, then run the same command with --plan {path}")


def run_prepared(
    prepared: PreparedAudit, plan: AuditPlan | None, *, files: Mapping[str, Path], conditions: Sequence[str]
) -> AuditReport:
    """Return the report of an audit, compared with its plan if there is one."""
    if plan is None:
        return prepared.run()
    from mlleaks.auditing.preregistration import run_as_planned

    return run_as_planned(prepared, plan, files=files, conditions=conditions)


def say_whether_followed(report: AuditReport) -> None:
    """Print one line on the plan, if there was one."""
    if report.result.plan is not None:
        from mlleaks.report.audit.plan import plan_sentences

        typer.echo(f"Plan: {plan_sentences(report.result)[0]}")
