"""``mlleaks audit``: a model with records, or saved posteriors."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import typer

from mlleaks.cli import audit_options as options
from mlleaks.cli.options import Address, Backend, BackendName, Gpus, Jobs, Overwrite, Seed
from mlleaks.cli.stopping import KEPT, WHOLE, say_on_stop
from mlleaks.errors import RunExists


def audit(
    target: options.Target,
    members: options.Members = None,
    nonmembers: options.Nonmembers = None,
    shadow: options.Shadow = None,
    label: options.Label = None,
    trainer: options.Trainer = None,
    shadows: options.Shadows = 1,
    offline: options.Offline = False,
    drop_overlap: options.DropOverlap = False,
    label_only: options.LabelOnly = False,
    trust_pickle: options.TrustPickle = False,
    membership: options.Membership = None,
    random_queries: options.RandomQueries = None,
    target_id: options.TargetId = None,
    from_logits: options.FromLogits = False,
    group: options.Group = None,
    slice_: options.Slice = None,
    backend: Backend = BackendName.PROCESSES,
    jobs: Jobs = None,
    address: Address = None,
    gpus: Gpus = 0,
    cache: options.Cache = None,
    seed: Seed = 0,
    out: options.Out = None,
    name: options.Name = None,
    overwrite: Overwrite = False,
    dry_run: options.DryRun = False,
    fail_if: options.FailIf = None,
) -> None:
    """Audit a model, or posteriors that it answered, and write a report.

    With --shadows, you can stop at any time; the same command continues.

    Exit code: 0, 2 for bad input, 3 if a --fail-if condition holds, 5 if leaks cannot be decided because
    non-members look more like training records than members do.
    """
    from mlleaks import attacks
    from mlleaks.cli.audited import prepare
    from mlleaks.cli.console import keep, progress
    from mlleaks.cli.outcomes import leave, outcomes_of, refuse_skipped
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
    common = {"seed": seed, "name": called, "from_logits": from_logits, "groups": group, "slices": slice_}
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
            refuse_skipped(conditions, prepared.plan)
            print_plan(prepared)
        _note_existing(folder, overwrite=overwrite)
        return
    with only_run(folder):
        # the model's code may change the working folder
        stopped = KEPT if shadows > 1 else "nothing was written"
        with say_on_stop(stopped), progress("training shadows"), chdir("."):
            prepared = prepare(target, model_only, saved_only, common)
            refuse_skipped(conditions, prepared.plan)
            report = prepared.run()
        outcomes = outcomes_of(conditions, report)
        try:
            with say_on_stop(WHOLE.format(folder)):
                keep(report, folder, overwrite=overwrite)
        except OSError:  # the run is saved and cannot be shown: whether a condition holds is more important
            leave(outcomes)
            raise
    leave(outcomes)


def _note_existing(folder: Path, *, overwrite: bool) -> None:
    """Say that a run without ``--dry-run`` would be refused."""
    from mlleaks.results import runs

    try:
        runs.refuse_existing(folder, overwrite=overwrite)
    except RunExists as error:
        typer.echo(f"note: the audit itself would be refused: {error}", err=True)


def _name(target: str) -> str:
    named = ":" in target and not Path(target).is_file()
    return target.replace(":", ".") if named else Path(target).stem
