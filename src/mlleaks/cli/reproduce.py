"""``mlleaks reproduce``: the paper's studies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlleaks.cli.exit_codes import ExitCode
from mlleaks.cli.stopping import KEPT, told_on_stop

if TYPE_CHECKING:
    from mlleaks.results.study import Reproduction


def reproduce(
    studies: Annotated[
        list[str] | None,
        typer.Argument(metavar="[STUDY ...]", help="Which; all by default. `--list` names them."),
    ] = None,
    datasets: Annotated[
        list[str] | None, typer.Option("--datasets", help="Only these data sets, with commas between them.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Repetitions of every data set; default 3, of the large ones 1.")
    ] = None,
    scale: Annotated[str, typer.Option(help="smoke (minutes) or full (hours).")] = "full",
    out: Annotated[Path, typer.Option(help="Folder for tables, charts and the page.")] = Path(
        "runs/reproduction"
    ),
    store: Annotated[
        Path | None, typer.Option(help="Folder that keeps what was trained; default: the cache folder.")
    ] = None,
    backend: Annotated[
        str, typer.Option(help="Where models are trained: processes, in-process, ray.")
    ] = "processes",
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto to measure.")] = "cpu",
    show: Annotated[bool, typer.Option("--list", help="Name the studies and stop.")] = False,
) -> None:
    """Run the paper's studies; write a table and charts for each, and one page for all.

    What was trained before is not trained again: stop at any time and run it again, or run several at
    once. Exit code 4: data sets that are not at hand were left out.
    """
    from mlleaks.cli.backends import backend_of
    from mlleaks.cli.console import console, progress
    from mlleaks.cli.names import names_in
    from mlleaks.report.studies.page import save
    from mlleaks.storage.atomic import cache_folder, sweep
    from mlleaks.storage.locks import only_run
    from mlleaks.studies import REGISTRY
    from mlleaks.studies.engine.context import StudyContext
    from mlleaks.studies.engine.runner import dataset_names
    from mlleaks.studies.engine.runner import reproduce as run
    from mlleaks.studies.engine.scale import scale_named

    if show:
        for study in REGISTRY.values():
            console().print(f"[bold]{study.name}[/bold]  {study.title} ({study.figure})", soft_wrap=True)
        return
    size = scale_named(scale)
    if seeds is not None:
        size = replace(size, seeds=seeds, repeats={})
    lab = StudyContext(
        store or cache_folder() / "reproduce",
        size,
        backend_of(backend, address="auto" if backend == "ray" else None),
        None if device == "auto" else device,
    )
    selected, only = REGISTRY.select(studies or REGISTRY), names_in(datasets, "--datasets")
    dataset_names(selected, only)
    page = out / "reproduction.html"
    with only_run(page), told_on_stop(KEPT):
        sweep(out)
        with progress("studies"):
            found = run(selected, lab, only=only)
        save(found, out)
    _show(found, page)
    if found.skipped:
        raise typer.Exit(ExitCode.DATA_SKIPPED)


def _show(found: Reproduction, page: Path) -> None:
    from rich.text import Text

    from mlleaks.cli.console import console

    screen = console()
    colors = {"reproduced": "green", "not reproduced": "red"}
    for chapter in found.chapters:
        word = chapter.finding.word
        line = Text.assemble(
            (f"{word:<18} ", colors.get(word, "yellow")),
            (chapter.name, "bold"),
            f": {chapter.finding.evidence}",
        )
        screen.print(line)
    for name, why in found.skipped.items():
        screen.print(Text(f"left out: {name} ({why})", style="yellow"))
    screen.print(Text.assemble("\nPage: ", (str(page), "bold")), soft_wrap=True)
