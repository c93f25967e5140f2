"""``mlleaks reproduce``: the paper's studies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlleaks.cli.exit_codes import ExitCode
from mlleaks.cli.options import (
    RUN,
    WHERE,
    Backend,
    BackendName,
    Device,
    Gpus,
    Jobs,
    ScaleName,
    one_of,
    separated,
    several,
    shows_list,
)
from mlleaks.cli.stopping import KEPT, say_on_stop

if TYPE_CHECKING:
    from mlleaks.results.reproduction import Reproduction


def _list() -> None:
    from mlleaks.cli.console import console
    from mlleaks.studies import REGISTRY

    for study in REGISTRY.values():
        console().print(f"[bold]{study.name}[/bold]  {study.title} ({study.figure})", soft_wrap=True)


def reproduce(
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STUDY ...]", callback=separated, help="Studies by name (see --list); default: all."
        ),
    ] = None,
    datasets: Annotated[list[str] | None, several("Only these data sets.")] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Repetitions of every data set; default 3, for the large ones 1."),
    ] = None,
    scale: Annotated[
        str, one_of(ScaleName, "scale", "smoke takes minutes, full takes hours.")
    ] = ScaleName.FULL,
    as_published: Annotated[
        bool,
        typer.Option(
            "--as-published",
            help="Settings of the authors' code: on cifar10, cifar100 and news, where they are known.",
        ),
    ] = False,
    out: Annotated[
        Path, typer.Option(help="Folder for tables, charts and the page.", rich_help_panel=RUN)
    ] = Path("runs/reproduction"),
    store: Annotated[
        Path | None,
        typer.Option(
            help="Folder that keeps the trained models; default: the cache folder.", rich_help_panel=RUN
        ),
    ] = None,
    backend: Backend = BackendName.PROCESSES,
    jobs: Jobs = None,
    address: Annotated[
        str | None,
        typer.Option(
            help="Address of the Ray cluster, for --backend ray: host:port; default auto, a running one.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    gpus: Gpus = 0,
    device: Device = "cpu",
    show: Annotated[bool, shows_list(_list, "Name the studies and stop.")] = False,
) -> None:
    """Run the paper's studies; write a table and charts for each, and one page for all.

    Finished models are not trained again: you can stop at any time and run the same command again, or run
    several at once. Exit code 4: some data sets are missing, and the studies ran without them.
    """
    from mlleaks.cli.console import progress
    from mlleaks.cli.resolve import backend_of, device_of
    from mlleaks.report.studies.page import save_reproduction
    from mlleaks.storage.atomic import cache_folder, sweep
    from mlleaks.storage.locks import only_run
    from mlleaks.studies import REGISTRY
    from mlleaks.studies.engine.context import StudyContext
    from mlleaks.studies.engine.runner import dataset_names
    from mlleaks.studies.engine.runner import reproduce as run
    from mlleaks.studies.engine.scale import scale_named

    size = replace(scale_named(scale), as_published=as_published)
    if seeds is not None:
        size = replace(size, seeds=seeds, repeats={})
    if backend == BackendName.RAY and address is None:
        address = "auto"
    where = backend_of(backend, jobs=jobs, address=address, gpus=gpus)
    context = StudyContext(store or cache_folder() / "reproduce", size, where, device_of(device))
    selected, only = REGISTRY.select(studies or REGISTRY), datasets or []
    dataset_names(selected, only)
    page = out / "reproduction.html"
    with only_run(page), say_on_stop(KEPT):
        sweep(out)
        with progress("studies"):
            reproduction = run(selected, context, only=only)
        save_reproduction(reproduction, out)
    _show(reproduction, page)
    if reproduction.skipped:
        raise typer.Exit(ExitCode.DATA_SKIPPED)


def _show(reproduction: Reproduction, page: Path) -> None:
    from rich.text import Text

    from mlleaks.cli.console import console

    screen = console()
    colors = {"reproduced": "green", "not reproduced": "red"}
    for chapter in reproduction.chapters:
        word = chapter.finding.word
        line = Text.assemble(
            (f"{word:<18} ", colors.get(word, "yellow")),
            (chapter.name, "bold"),
            f": {chapter.finding.summary}",
        )
        screen.print(line)
    for name, why in reproduction.skipped.items():
        screen.print(Text(f"skipped: {name} ({why})", style="yellow"))
    screen.print(Text.assemble("\nPage: ", (str(page), "bold")), soft_wrap=True)
