"""``mlleaks audit``: a model with records, or saved posteriors."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlleaks.cli.exit_codes import ExitCode
from mlleaks.cli.options import RUN, Overwrite, Seed, label, out, several, trainer
from mlleaks.cli.stopping import WHOLE, say_on_stop
from mlleaks.errors import InputError, ModelError

if TYPE_CHECKING:
    from mlleaks.report import AuditReport
    from mlleaks.results.conditions import Condition

_TABLES = (".csv", ".parquet", ".npz")
_RECORDS, _SAVED = "With a model", "With saved posteriors"
_File = Path | None


def audit(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="package.module:attribute, model.skops, model.onnx; or saved posteriors "
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
        str | None, trainer("How the shadow model is trained; default: like the model.", panel=_RECORDS)
    ] = None,
    drop_overlap: Annotated[
        bool,
        typer.Option(
            "--drop-overlap",
            help="Ignore records that are both members and non-members.",
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
    seed: Seed = 0,
    out: Annotated[_File, out("runs/NAME")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run; default: the target's.", rich_help_panel=RUN)
    ] = None,
    overwrite: Overwrite = False,
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

    Exit code: 0, 2 for bad input, 3 if a --fail-if condition holds, 5 if leaks cannot be decided because
    non-members look more like training records than members do.
    """
    from mlleaks import attacks
    from mlleaks.cli.console import keep, progress
    from mlleaks.results import runs
    from mlleaks.results.conditions import parse
    from mlleaks.storage.locks import only_run
    from mlleaks.storage.names import as_file_name, file_name

    conditions = [parse(text, attacks.REGISTRY) for text in fail_if or []]
    run = _name(target) if name is None else name
    folder = out or Path("runs") / (as_file_name(run) if name is None else file_name(name))
    runs.refuse_existing(folder, overwrite=overwrite)
    common = {"seed": seed, "name": run, "from_logits": from_logits}
    model_only = {
        "members": members,
        "nonmembers": nonmembers,
        "shadow": shadow,
        "label": label,
        "trainer": trainer,
        "drop-overlap": drop_overlap,
        "trust-pickle": trust_pickle,
    }
    saved_only = {"membership": membership, "random-queries": random_queries, "target-id": target_id}
    with only_run(folder):
        # the model's code may change the working folder
        with say_on_stop("nothing was written"), progress(), chdir("."):
            if Path(target).suffix.lower() in _TABLES:
                _refuse(model_only, "saved posteriors", target)
                report = _audit_saved(Path(target), saved_only, common)
            else:
                _refuse(saved_only, "a model", target)
                report = _audit_model(target, model_only, common)
        outcomes = _outcomes(conditions, report)
        try:
            with say_on_stop(WHOLE.format(folder)):
                keep(report, folder, overwrite=overwrite)
        except OSError:  # the run is saved and cannot be shown: whether a condition holds is more important
            _leave(outcomes)
            raise
    _leave(outcomes)


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


def _audit_saved(path: Path, options: dict[str, Any], common: dict[str, Any]) -> AuditReport:
    from mlleaks.auditing.audit import audit_posteriors
    from mlleaks.data.tables import ID, read_table

    membership, random_queries = (
        options[key] and read_table(options[key]) for key in ("membership", "random-queries")
    )
    answers = read_table(path, text=(ID, "model_id"))
    tables: dict[str, Any] = {"membership": membership, "random_queries": random_queries}
    return audit_posteriors(answers, target=options["target-id"], **tables, **common)


def _audit_model(spec: str, options: dict[str, Any], common: dict[str, Any]) -> AuditReport:
    from mlleaks.auditing.audit import audit as run_audit
    from mlleaks.cli.resolve import estimator_of
    from mlleaks.data.files import read_records
    from mlleaks.targets import load_target

    for side in ("members", "nonmembers"):
        if options[side] is None:
            raise InputError(
                f"a model without --{side}",
                expected="--members and --nonmembers: records trained on, and others like them",
                fix="Pass both as CSV, Parquet or NPZ files.",
            )
    here = Path.cwd()
    model = load_target(spec, trust_pickle=options["trust-pickle"])
    sides = {side: options[side] for side in ("members", "nonmembers", "shadow") if options[side]}
    with chdir(here):  # paths are relative to where the command was called, even if the model's code moved
        records: dict[str, Any] = read_records(sides, options["label"], model)
    trainer = options["trainer"] and estimator_of(options["trainer"])
    try:
        return run_audit(model, **records, trainer=trainer, drop_overlap=options["drop-overlap"], **common)
    except ModelError as error:
        if records["members"][1] is not None:
            raise
        hint = f"{error.fix} If one of the columns is the true class, name it with --label."
        raise ModelError(error.got, expected=error.expected, fix=hint) from error


def _refuse(options: dict[str, Any], what: str, target: str) -> None:
    """Raise `InputError` if an option was passed that does not belong to ``what`` is audited."""
    if passed := [f"--{key}" for key, value in options.items() if value not in (None, False)]:
        raise InputError(
            f"{', '.join(passed)} together with {target}",
            expected=f"options that go with {what}",
            fix="Omit them; see `mlleaks audit --help`.",
        )


def _name(target: str) -> str:
    named = ":" in target and not Path(target).is_file()
    return target.replace(":", ".") if named else Path(target).stem
