"""``mlleaks defend``: how much leakage each defense removes, and what it costs in accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlleaks.cli.options import (
    Address,
    Backend,
    BackendName,
    Data,
    Epochs,
    Gpus,
    Jobs,
    Overwrite,
    Seed,
    TrainerName,
    label,
    out,
    several,
    shows_list,
    trainer,
)
from mlleaks.cli.stopping import KEPT, say_on_stop

if TYPE_CHECKING:
    from mlleaks.report.comparison.report import ComparisonReport


def _list() -> None:
    from mlleaks.cli.console import console
    from mlleaks.defenses import REGISTRY

    console().print("\n".join(REGISTRY))


def defend(
    data: Data,
    trainer: Annotated[
        str, trainer("How the model is trained: a name, or package.module:attribute.")
    ] = TrainerName.MLP,
    epochs: Epochs = None,
    defenses: Annotated[
        list[str] | None,
        several("Defenses by name (see --list), or `all` that fit the model; default: five that fit."),
    ] = None,
    label: Annotated[str | None, label()] = None,
    seeds: Annotated[
        int,
        typer.Option(
            min=1, help="Repetitions, each with another split: with the seeds --seed, --seed + 1, and so on."
        ),
    ] = 5,
    seed: Seed = 0,
    backend: Backend = BackendName.PROCESSES,
    jobs: Jobs = None,
    address: Address = None,
    gpus: Gpus = 0,
    out: Annotated[Path | None, out("runs/NAME-defenses")] = None,
    overwrite: Overwrite = False,
    show: Annotated[bool, shows_list(_list, "Name the defenses and stop.")] = False,
) -> None:
    """Compare defenses: how much leakage each removes, and what it costs in test accuracy.

    Each version of the model is attacked by adversaries whose shadow model has the same defense, and by
    others who do not know of the defense. You can stop at any time; the same command continues.

    Example: mlleaks defend location --defenses dropout,stacking
    """
    from mlleaks.cli.console import progress
    from mlleaks.cli.resolve import backend_of, records_of, trainer_of
    from mlleaks.comparisons.defended_trainers import comparison_facts
    from mlleaks.comparisons.defenses import compare_defenses
    from mlleaks.results.comparison import refuse_other
    from mlleaks.storage.atomic import sweep
    from mlleaks.storage.locks import only_run
    from mlleaks.storage.names import file_name

    records = records_of(data, label)
    train = trainer_of(trainer, records.X, epochs=epochs)
    wanted = "all" if defenses == ["all"] else defenses or None
    where = backend_of(backend, jobs=jobs, address=address, gpus=gpus)
    folder = out or Path("runs") / f"{file_name(records.name)}-defenses"
    refuse_other(
        folder, comparison_facts(records, train, wanted, seeds=seeds, seed=seed), overwrite=overwrite
    )
    page = folder / "comparison.html"
    settings: dict[str, Any] = {"seeds": seeds, "seed": seed, "backend": where, "name": records.name}
    with only_run(page), say_on_stop(KEPT):
        sweep(folder)
        with progress("comparing defenses"):
            report = compare_defenses(records, train, wanted, folder=folder / "answers", **settings)
        report.save(folder, overwrite=True)
    _show(report, page)


def _show(report: ComparisonReport, page: Path) -> None:
    from rich.table import Table
    from rich.text import Text

    from mlleaks.cli.console import console
    from mlleaks.report.attack_names import registered
    from mlleaks.report.comparison.page import estimate

    screen = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("defense", "test accuracy", "AUC of the strongest attack", "TPR at 1 % FPR"):
        table.add_column(title, no_wrap=True)
    table.add_column("leak", no_wrap=True)
    table.add_column("attack with this AUC")
    changes = report.gains()["leak"]
    for row in report.to_frame().to_dict("records"):
        cells = [estimate(row, n) for n in ("test_accuracy", "auc", "tpr@1%fpr")]  # type: ignore[arg-type]
        cells.append(str(changes.get(row["defense"], "")))
        table.add_row(str(row["defense"]), *cells, registered(str(row["auc of"])))
    advice, *more = report.recommendation
    screen.print(Text(advice, style="bold"))
    for sentence in more:
        screen.print(sentence)
    screen.print()
    screen.print(table)
    for note in report.notes:
        screen.print(Text(f"  note: {note}", style="yellow"))
    screen.print(Text.assemble("\nPage: ", (str(page), "bold")), soft_wrap=True)
