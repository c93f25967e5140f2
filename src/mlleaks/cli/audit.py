"""``mlleaks audit``: a model with records, or saved posteriors."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlleaks.cli.exit_codes import ExitCode
from mlleaks.cli.options import (
    RUN,
    WHERE,
    Address,
    Backend,
    BackendName,
    Gpus,
    Jobs,
    Overwrite,
    Seed,
    label,
    out,
    several,
    trainer,
)
from mlleaks.cli.stopping import KEPT, WHOLE, say_on_stop
from mlleaks.errors import InputError, RunExists

if TYPE_CHECKING:
    from mlleaks.auditing.planning import AttackPlan
    from mlleaks.report import AuditReport
    from mlleaks.results.conditions import Condition

_RECORDS, _SAVED = "With a model", "With saved posteriors"
_File = Path | None


def audit(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="A model: package.module:attribute, .mlleaks, .skops, .onnx. Or saved posteriors "
            "(.csv, .parquet, .npz: record_id, member, label, model_id, p_0 ... p_{k-1}).",
        ),
    ],
    members: Annotated[_File, typer.Option(help="Training records.", rich_help_panel=_RECORDS)] = None,
    nonmembers: Annotated[
        _File, typer.Option(help="Records that the model was not trained on.", rich_help_panel=_RECORDS)
    ] = None,
    shadow: Annotated[
        _File,
        typer.Option(
            help="Further records, for the shadow models of adversary 1 (one shadow model) and Shokri.",
            rich_help_panel=_RECORDS,
        ),
    ] = None,
    label: Annotated[str | None, label(_RECORDS)] = None,
    trainer: Annotated[
        str | None,
        trainer(
            "How the shadow model is trained; default: like the model, or as the paper's MLP if it cannot be "
            "cloned. Or auto (like the model, or by the algorithm that answers most like it), or your own "
            "package.module:attribute.",
            panel=_RECORDS,
            auto=True,
        ),
    ] = None,
    shadows: Annotated[
        int,
        typer.Option(
            min=0,
            help="1: one shadow model. 4, 16, 64 or more: as many reference models besides, each trained on "
            "half of the audited records; they usually find more. 0: none. A larger number later keeps those "
            "that are trained.",
            rich_help_panel=_RECORDS,
        ),
    ] = 1,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            help="Train reference models on shadow records alone: the attacker has no audited records.",
            rich_help_panel=_RECORDS,
        ),
    ] = False,
    drop_overlap: Annotated[
        bool,
        typer.Option(
            "--drop-overlap",
            help="Ignore records that are both members and non-members.",
            rich_help_panel=_RECORDS,
        ),
    ] = False,
    label_only: Annotated[
        bool,
        typer.Option(
            "--label-only",
            help="The attacker sees the answered class alone: variants of each record are queried.",
            rich_help_panel=_RECORDS,
        ),
    ] = False,
    trust_pickle: Annotated[
        bool,
        typer.Option(
            "--trust-pickle",
            help="Open pickle and joblib files; they can run code, so only your own.",
            rich_help_panel=_RECORDS,
        ),
    ] = False,
    membership: Annotated[
        _File, typer.Option(help="Table record_id, member, label.", rich_help_panel=_SAVED)
    ] = None,
    random_queries: Annotated[
        _File, typer.Option(help="Answers to random queries (p_*).", rich_help_panel=_SAVED)
    ] = None,
    target_id: Annotated[
        str | None, typer.Option(help="The target's model_id.", rich_help_panel=_SAVED)
    ] = None,
    from_logits: Annotated[
        bool, typer.Option("--from-logits", help="Answers are logits: apply a softmax.")
    ] = False,
    backend: Backend = BackendName.PROCESSES,
    jobs: Jobs = None,
    address: Address = None,
    gpus: Gpus = 0,
    cache: Annotated[
        _File,
        typer.Option(
            help="Folder for the answers of reference models; default: the user's cache folder.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    seed: Seed = 0,
    out: Annotated[_File, out("runs/NAME")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run; default: the target's.", rich_help_panel=RUN)
    ] = None,
    overwrite: Overwrite = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Print the plan and stop: attacks, models to train, queries to send, time. Sends about a "
            "hundred queries to measure the time.",
            rich_help_panel=RUN,
        ),
    ] = False,
    fail_if: Annotated[
        list[str] | None,
        several(
            "Exit with 3 if a condition holds, for example 'auc > 0.6', 'adversary-1:auc.low > 0.55', "
            "'leaks'.",
            panel=RUN,
        ),
    ] = None,
) -> None:
    """Audit a model, or posteriors that it answered, and write a report.

    With --shadows, you can stop at any time; the same command continues.

    Exit code: 0, 2 for bad input, 3 if a --fail-if condition holds, 5 if leaks cannot be decided because
    non-members look more like training records than members do.
    """
    from mlleaks import attacks
    from mlleaks.cli.audited import prepare
    from mlleaks.cli.console import keep, progress
    from mlleaks.cli.plan import print_plan
    from mlleaks.results import runs
    from mlleaks.results.conditions import parse
    from mlleaks.storage.locks import only_run
    from mlleaks.storage.names import as_file_name, file_name

    conditions = [parse(text, attacks.REGISTRY) for text in fail_if or []]
    called = _name(target) if name is None else name
    folder = out or Path("runs") / (as_file_name(called) if name is None else file_name(name))
    if not dry_run:
        runs.refuse_existing(folder, overwrite=overwrite)
    common = {"seed": seed, "name": called, "from_logits": from_logits}
    model_only = {
        "members": members,
        "nonmembers": nonmembers,
        "shadow": shadow,
        "label": label,
        "trainer": trainer,
        "shadows": None if shadows == 1 else shadows,
        "offline": offline,
        "cache": cache,
        "backend": None if backend == BackendName.PROCESSES else backend,
        "jobs": jobs,
        "address": address,
        "gpus": gpus or None,
        "drop-overlap": drop_overlap,
        "label-only": label_only,
        "trust-pickle": trust_pickle,
    }
    saved_only = {"membership": membership, "random-queries": random_queries, "target-id": target_id}
    if dry_run:
        with say_on_stop("nothing was written"), chdir("."):
            prepared = prepare(target, model_only, saved_only, common)
            _refuse_skipped(conditions, prepared.plan)
            print_plan(prepared)
        _note_existing(folder, overwrite=overwrite)
        return
    with only_run(folder):
        # the model's code may change the working folder
        stopped = KEPT if shadows > 1 else "nothing was written"
        with say_on_stop(stopped), progress("training shadows"), chdir("."):
            prepared = prepare(target, model_only, saved_only, common)
            _refuse_skipped(conditions, prepared.plan)
            report = prepared.run()
        outcomes = _outcomes(conditions, report)
        try:
            with say_on_stop(WHOLE.format(folder)):
                keep(report, folder, overwrite=overwrite)
        except OSError:  # the run is saved and cannot be shown: whether a condition holds is more important
            _leave(outcomes)
            raise
    _leave(outcomes)


def _refuse_skipped(conditions: list[Condition], plan: AttackPlan) -> None:
    """Raise `InputError` before anything costly if a condition is about an attack that is not run."""
    for condition in conditions:
        if condition.attack is not None and condition.attack in plan.skipped:
            raise InputError(
                f"the condition {condition.text!r} about {condition.attack!r}, which was skipped "
                f"({plan.skipped[condition.attack]})",
                expected="an attack that can be run",
                fix="Bring what it needs, or name another.",
            )


def _note_existing(folder: Path, *, overwrite: bool) -> None:
    """Say that a run without ``--dry-run`` would be refused."""
    from mlleaks.results import runs

    try:
        runs.refuse_existing(folder, overwrite=overwrite)
    except RunExists as error:
        typer.echo(f"note: the audit itself would be refused: {error}", err=True)


def _outcomes(conditions: list[Condition], report: AuditReport) -> list[tuple[ExitCode, str]]:
    """Return an exit code and a message for each condition that holds or cannot be decided."""
    outcomes = []
    for condition in conditions:
        try:
            if condition.holds(report.result):
                outcomes.append((ExitCode.CONDITION_HOLDS, f"fails: {condition.text}"))
        except InputError as error:
            code = ExitCode.REVERSED if condition.reversed_in(report.result) else ExitCode.BAD_INPUT
            outcomes.append((code, f"error: {error}"))
    return outcomes


def _leave(outcomes: list[tuple[ExitCode, str]]) -> None:
    """Print the messages, and leave with the gravest exit code, if there is any."""
    for _, text in outcomes:
        typer.echo(text, err=True)
    codes = {code for code, _ in outcomes}
    for code in (ExitCode.CONDITION_HOLDS, ExitCode.BAD_INPUT, ExitCode.REVERSED):
        if code in codes:
            raise typer.Exit(code)


def _name(target: str) -> str:
    named = ":" in target and not Path(target).is_file()
    return target.replace(":", ".") if named else Path(target).stem
