"""``mlleaks defend``: what each defense costs in accuracy and what it takes from the attacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlleaks.cli.stopping import KEPT, told_on_stop

if TYPE_CHECKING:
    from mlleaks.report.comparison.report import ComparisonReport

_MODEL, _WHERE = "The model", "Where it is trained"


def defend(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="A data set (`mlleaks datasets`), or a file of records: CSV, Parquet, NPZ."
        ),
    ],
    trainer: Annotated[
        str,
        typer.Option(
            help="What is defended: boosting, cnn, forest, logistic, mlp or tree.", rich_help_panel=_MODEL
        ),
    ] = "mlp",
    epochs: Annotated[
        int | None,
        typer.Option(help="Epochs of training, for cnn and mlp; default 50.", rich_help_panel=_MODEL),
    ] = None,
    defenses: Annotated[
        list[str] | None,
        typer.Option(
            "--defenses",
            help="Names with commas between them, or all that fit; default: five that fit. See --list.",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(help="In a file of records, the column of the class; default `label` (NPZ: `y`)."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Repetitions, each with another split.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    backend: Annotated[
        str,
        typer.Option(help="processes on this machine, in-process, or ray.", rich_help_panel=_WHERE),
    ] = "processes",
    jobs: Annotated[
        int | None,
        typer.Option(help="How many processes; default -1: one a core.", rich_help_panel=_WHERE),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; default runs/NAME-defenses.")] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a comparison of other settings.")] = False,
    show: Annotated[
        bool, typer.Option("--list", help="Name the defenses and stop (DATA is not looked at).")
    ] = False,
) -> None:
    """Train a model with and without defenses, attack each, and lay leakage beside accuracy.

    Every defense is attacked by adversaries who train their shadow model with the same defense, and by
    others who do not know of it. Stop it at any time; the same command goes on where it stopped.

    Example: mlleaks defend location --defenses dropout,stacking
    """
    from mlleaks.cli.backends import backend_of
    from mlleaks.cli.console import console, progress
    from mlleaks.cli.names import names_in
    from mlleaks.cli.records import records_of
    from mlleaks.cli.trainers import configured
    from mlleaks.comparisons.defended_trainers import comparison_facts
    from mlleaks.comparisons.defenses import compare_defenses
    from mlleaks.defenses import REGISTRY
    from mlleaks.results.comparison import refuse_other
    from mlleaks.storage.atomic import sweep
    from mlleaks.storage.locks import only_run
    from mlleaks.storage.names import file_name

    if show:
        console().print("\n".join(REGISTRY))
        return
    records = records_of(data, label)
    chosen = configured(trainer, records.X, {"epochs": epochs})
    names = names_in(defenses, "--defenses")
    wanted = "all" if names == ["all"] else names or None
    where = backend_of(backend, jobs=jobs)
    folder = out or Path("runs") / f"{file_name(records.name)}-defenses"
    refuse_other(
        folder, comparison_facts(records, chosen, wanted, seeds=seeds, seed=seed), overwrite=overwrite
    )
    page = folder / "comparison.html"
    with only_run(page), told_on_stop(KEPT):
        sweep(folder)
        with progress("comparing defenses"):
            found = compare_defenses(
                records,
                chosen,
                wanted,
                seeds=seeds,
                seed=seed,
                folder=folder / "answers",
                backend=where,
                name=records.name,
            )
        found.save(folder, overwrite=True)
    _show(found, page)


def _show(found: ComparisonReport, page: Path) -> None:
    from rich.table import Table
    from rich.text import Text

    from mlleaks.cli.console import console
    from mlleaks.report.comparison.page import estimate

    screen = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("defense", "test accuracy", "AUC of the strongest attack", "which", "TPR at 1 % FPR"):
        table.add_column(title, no_wrap=True)
    for row in found.to_frame().to_dict("records"):
        cells = [estimate(row, n) for n in ("test_accuracy", "auc", "tpr@1%fpr")]  # type: ignore[arg-type]
        table.add_row(str(row["defense"]), cells[0], cells[1], str(row["auc of"]), cells[2])
    advice, *more = found.recommendation
    screen.print(Text(advice, style="bold"))
    for sentence in more:
        screen.print(sentence)
    screen.print()
    screen.print(table)
    for note in found.notes:
        screen.print(Text(f"  note: {note}", style="yellow"))
    screen.print(Text.assemble("\nPage: ", (str(page), "bold")), soft_wrap=True)
