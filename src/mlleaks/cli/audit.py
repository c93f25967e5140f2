"""``mlleaks audit``: a model with records, or saved posteriors."""

from __future__ import annotations

from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from mlleaks.cli import audit_options as options
from mlleaks.cli import service_options as service
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
    max_queries: options.MaxQueries = None,
    protocol: service.Protocol = None,
    auth: service.Auth = None,
    header: service.Header = None,
    ca: service.Authority = None,
    certificate: service.Certificate = None,
    proxy: service.Proxy = None,
    timeout: service.Timeout = None,
    batch: service.Batch = None,
    concurrency: service.Concurrency = None,
    rate: service.Rate = None,
    price: service.Price = None,
    budget_cost: service.BudgetCost = None,
    template: service.Template = None,
    output: service.Output = None,
    classes: service.Classes = None,
    canaries: options.Canaries = None,
    delta: options.Delta = 1e-5,
    confidence: options.Confidence = 0.95,
    deleted: options.Deleted = None,
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
    margin: options.Margin = "0.55,0.02",
    dry_run: options.DryRun = False,
    plan_only: options.PlanOnly = False,
    plan: options.Plan = None,
    fail_if: options.FailIf = None,
) -> None:
    """Audit a model, or posteriors that it answered, and write a report.

    With --shadows, you can stop at any time; the same command continues.

    Exit code: 0, 2 for bad input, 3 if a --fail-if condition holds, 5 if leaks cannot be decided: members and
    non-members differ by themselves, or non-members look more like training records than members do.
    """
    from mlleaks import attacks
    from mlleaks.cli.audited import prepare_checked
    from mlleaks.cli.console import keep, progress
    from mlleaks.cli.outcomes import leave, outcomes_of
    from mlleaks.cli.plan import print_plan
    from mlleaks.cli.planned import (
        files_of,
        refuse_contradictions,
        run_prepared,
        say_whether_followed,
        write_plan,
    )
    from mlleaks.results import runs
    from mlleaks.results.audit_plan import AuditPlan
    from mlleaks.results.conditions import parse
    from mlleaks.results.margin import parse_margin
    from mlleaks.storage.locks import only_run
    from mlleaks.storage.names import as_file_name, file_name

    conditions = [parse(text, attacks.REGISTRY) for text in fail_if or []]
    called = _name(target) if name is None else name
    folder = out or Path("runs") / (as_file_name(called) if name is None else file_name(name))
    refuse_contradictions(plan_only=plan_only, plan=plan, dry_run=dry_run, trainer=trainer)
    registered = None if plan is None else AuditPlan.load(plan)
    if not dry_run and not plan_only:
        runs.refuse_existing(folder, overwrite=overwrite, plan=registered)
    common = {
        "seed": seed,
        "name": called,
        "from_logits": from_logits,
        "margin": parse_margin(margin),
        "groups": group,
        "slices": slice_,
    }
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
        "max-queries": max_queries,
        "protocol": protocol,
        "auth": auth,
        "header": header or None,
        "ca": ca,
        "certificate": certificate,
        "proxy": proxy,
        "timeout": timeout,
        "batch": batch,
        "concurrency": concurrency,
        "rate": rate,
        "price": price,
        "budget-cost": budget_cost,
        "template": template,
        "output": output,
        "classes": classes,
        "canaries": canaries,
        "delta": None if delta == 1e-5 else delta,
        "confidence": None if confidence == 0.95 else confidence,
        "deleted": deleted,
    }
    saved_only = {"membership": membership, "random-queries": random_queries, "target-id": target_id}
    held_to: dict[str, Any] = {
        "files": files_of(target, model_only | saved_only),
        "conditions": fail_if or [],
    }
    ready = partial(prepare_checked, target, model_only, saved_only, common, conditions)
    if plan_only:
        with say_on_stop("nothing was written"):
            prepared = ready()
        with only_run(folder):
            write_plan(prepared, folder, **held_to, overwrite=overwrite)
        return
    if dry_run:
        with say_on_stop("nothing was written"):
            print_plan(ready())
        _note_existing(folder, overwrite=overwrite)
        return
    with only_run(folder):
        stopped = KEPT if shadows > 1 else "nothing was written"
        with say_on_stop(stopped), progress("training shadows"), chdir("."):  # the model's code may move
            report = run_prepared(ready(), registered, **held_to)
        outcomes = outcomes_of(conditions, report)
        try:
            with say_on_stop(WHOLE.format(folder)):
                keep(report, folder, overwrite=overwrite)
                say_whether_followed(report)
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
    from mlleaks.targets.http.urls import checked_address, is_address

    if is_address(target):
        parts = urlsplit(checked_address(target))
        return "-".join(filter(None, [parts.hostname, str(parts.port or ""), *parts.path.split("/")]))
    named = ":" in target and not Path(target).is_file()
    return target.replace(":", ".") if named else Path(target).stem
