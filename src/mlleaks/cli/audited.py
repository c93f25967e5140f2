"""From the options of ``mlleaks audit`` to an audit that is ready to run."""

from __future__ import annotations

from contextlib import chdir
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlleaks.cli.behind_service import behind_service
from mlleaks.cli.options import AUTO
from mlleaks.cli.service_options import SERVICE_OPTIONS, most_queries
from mlleaks.errors import InputError

if TYPE_CHECKING:
    from mlleaks.auditing.prepared import PreparedAudit
    from mlleaks.results.conditions import Condition
    from mlleaks.shadows import Backend

_TABLES = (".csv", ".parquet", ".npz")


def prepare_checked(
    target: str,
    model_only: dict[str, Any],
    saved_only: dict[str, Any],
    common: dict[str, Any],
    conditions: list[Condition],
) -> PreparedAudit:
    """Return what `prepare` returns, if all attacks of ``conditions`` can be run."""
    from mlleaks.cli.outcomes import refuse_skipped

    with chdir("."):  # the model's code may change the working folder
        prepared = prepare(target, model_only, saved_only, common)
        refuse_skipped(conditions, prepared.plan)
    return prepared


def prepare(
    target: str, model_only: dict[str, Any], saved_only: dict[str, Any], common: dict[str, Any]
) -> PreparedAudit:
    """Return the audit of a model, or of a file of saved posteriors, ready to run.

    Parameters
    ----------
    target : str
    model_only, saved_only : dict
        Options by their names, of which those that do not fit the target must be unset.
    common : dict
        Arguments of both.
    """
    if not target or Path(target).is_dir():
        raise InputError(
            f"the folder {target!r} as what to audit" if target else "an empty name as what to audit",
            expected="a model or a table of saved posteriors",
            fix="Name a file, or package.module:attribute. A stored run is shown by `mlleaks report`.",
        )
    if Path(target).suffix.lower() in _TABLES:
        _refuse(model_only, "saved posteriors", target)
        return _saved(Path(target), saved_only, common)
    _refuse(saved_only, "a model", target)
    return _model(target, model_only, common)


def _saved(path: Path, options: dict[str, Any], common: dict[str, Any]) -> PreparedAudit:
    from mlleaks.auditing.preparing_saved import prepare_posteriors
    from mlleaks.data.tables import ID, read_table

    text = (ID, "model_id", *(name for name in (common["groups"], common["slices"]) if name))
    membership, random_queries = (
        options[key] and read_table(options[key], text=text) for key in ("membership", "random-queries")
    )
    answers = read_table(path, text=text)
    tables: dict[str, Any] = {"membership": membership, "random_queries": random_queries}
    return prepare_posteriors(answers, target=options["target-id"], **tables, **common)


def _model(spec: str, options: dict[str, Any], common: dict[str, Any]) -> PreparedAudit:
    from mlleaks.auditing.preparing import prepare_audit
    from mlleaks.auditing.query_budget import refuse_groups, within_budget
    from mlleaks.seeds import Seeds
    from mlleaks.targets.http import is_address

    here = Path.cwd()
    bound = _target(spec, options, common)
    sides = {side: bound.records.pop(side, None) for side in ("members", "nonmembers")}
    prepare = partial(
        prepare_audit,
        bound.model,
        **bound.records,
        trainer=bound.trainer,
        shadows=1 if options["shadows"] is None else options["shadows"],
        offline=options["offline"],
        cache=options["cache"] and here / options["cache"],
        backend=_backend(options),
        drop_overlap=options["drop-overlap"],
        label_only=options["label-only"],
        canaries=bound.planted,
        delta=1e-5 if options["delta"] is None else options["delta"],
        confidence=0.95 if options["confidence"] is None else options["confidence"],
        **(common | bound.columns),
    )
    most = most_queries(options)
    if most is None:
        return prepare(**sides)
    if common["groups"]:
        refuse_groups()
    spent = bound.model.service.budget.sent if is_address(spec) else 0  # to learn how it answers
    return within_budget(prepare, sides, most, Seeds(common["seed"]), spent=spent)


@dataclass
class _Target:
    """What is audited, with the records: the model, each side, canaries, people and slices, the trainer."""

    model: Any
    records: dict[str, Any]
    planted: Any
    columns: dict[str, Any]
    trainer: Any


def _target(spec: str, options: dict[str, Any], common: dict[str, Any]) -> _Target:
    """Return the model of a name or an address, and its records in the form that it takes."""
    from mlleaks.data.read_canaries import read_canaries
    from mlleaks.data.record_files import read_records
    from mlleaks.targets import load_target
    from mlleaks.targets.http import is_address

    for side in ("members", "nonmembers"):
        if options[side] is None and options["canaries"] is None:
            raise InputError(
                f"a model without --{side}",
                expected="--members and --nonmembers: records trained on, and others like them",
                fix="Pass both as CSV, Parquet or NPZ files.",
            )
    here, remote = Path.cwd(), is_address(spec)
    if not remote:
        _refuse({name: options[name] for name in SERVICE_OPTIONS}, "a service, http:// or https://", spec)
    model: Any = None if remote else load_target(spec, trust_pickle=options["trust-pickle"])
    files = {side: options[side] for side in ("members", "nonmembers", "shadow", "deleted") if options[side]}
    with chdir(here):  # paths are relative to where the command was called, even if the model's code moved
        columns = {key: common[key] for key in ("groups", "slices") if common[key]}
        apart = {key: _column_of_sides(files, name) for key, name in columns.items()}
        read = partial(read_records, files, options["label"], apart=columns.values())
        records: dict[str, Any] = read(model) if files else {}
        planted = options["canaries"] and read_canaries(options["canaries"], model)
        if remote:
            model, records = behind_service(spec, options, records, planted, read)
        return _Target(model, records, planted, apart, _trainer(options["trainer"]))


def _column_of_sides(paths: dict[str, Path], name: str) -> tuple[Any, ...]:
    """Return a column of the members' and of the non-members' file."""
    from mlleaks.data.record_files import read_column

    return read_column([paths["members"], paths["nonmembers"]], name)


def _backend(options: dict[str, Any]) -> Backend:
    """Return where reference models are trained."""
    from mlleaks.cli.options import BackendName
    from mlleaks.cli.resolve import backend_of

    where = {"jobs": options["jobs"], "address": options["address"], "gpus": options["gpus"] or 0}
    return backend_of(options["backend"] or BackendName.PROCESSES, **where)


def _trainer(name: str | None) -> Any:
    """Return the trainer of a name; no name and `AUTO` as they are."""
    from mlleaks.cli.resolve import estimator_of

    return name if name in (None, AUTO) else estimator_of(str(name))


def _refuse(options: dict[str, Any], what: str, target: str) -> None:
    """Raise `InputError` if an option was passed that does not belong to ``what`` is audited."""
    from mlleaks.targets.http.urls import is_address, shown

    if passed := [f"--{key}" for key, value in options.items() if value not in (None, False)]:
        raise InputError(
            f"{', '.join(passed)} together with {shown(target) if is_address(target) else target}",
            expected=f"options that go with {what}",
            fix="Omit them; see `mlleaks audit --help`.",
        )
