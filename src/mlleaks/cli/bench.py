"""``mlleaks bench``: all attacks on the same models, against what they cost."""

from __future__ import annotations

import math
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
from mlleaks.errors import InputError

if TYPE_CHECKING:
    from mlleaks.report.attacks.report import AttackComparisonReport


def _list() -> None:
    from mlleaks.attacks import REGISTRY
    from mlleaks.cli.console import console

    console().print("\n".join(REGISTRY))


def bench(
    data: Data,
    trainer: Annotated[str, trainer("How all models are trained.")] = TrainerName.MLP,
    epochs: Epochs = None,
    attacks: Annotated[
        list[str] | None, several("Attacks by name (see --list); default: all that can be run.")
    ] = None,
    models: Annotated[
        list[str] | None,
        several("Numbers of reference models, each even; default 2,4,8,16,32,64. 1: the one shadow model."),
    ] = None,
    targets: Annotated[int, typer.Option(min=1, help="How many models are the target in turn.")] = 10,
    label: Annotated[str | None, label()] = None,
    largest_part: Annotated[
        int, typer.Option(min=1, help="Records in each of the four parts at the most.")
    ] = 2500,
    seeds: Annotated[
        int,
        typer.Option(
            min=1, help="Repetitions, each with another split: with the seeds --seed, --seed + 1, and so on."
        ),
    ] = 1,
    seed: Seed = 0,
    backend: Backend = BackendName.PROCESSES,
    jobs: Jobs = None,
    address: Address = None,
    gpus: Gpus = 0,
    out: Annotated[Path | None, out("runs/NAME-bench")] = None,
    overwrite: Overwrite = False,
    show: Annotated[bool, shows_list(_list, "Name the attacks and stop.")] = False,
) -> None:
    """Compare attacks: what each finds on the same models, and how many reference models it takes.

    The most reference models, two more and one shadow model are trained for each seed. You can stop at any
    time; the same command continues.

    Example: mlleaks bench location --models 2,4,8,16
    """
    from mlleaks.cli.console import progress
    from mlleaks.cli.resolve import backend_of, records_of, trainer_of
    from mlleaks.comparisons.attacks import (
        MODELS,
        attack_comparison_facts,
        check_settings,
        compare_attacks,
    )
    from mlleaks.report.attacks.report import PAGE
    from mlleaks.results.attack_comparison import RESULT
    from mlleaks.results.comparison import refuse_other
    from mlleaks.storage.atomic import sweep
    from mlleaks.storage.locks import only_run
    from mlleaks.storage.names import file_name

    sizes: dict[str, Any] = {"targets": targets, "seeds": seeds, "largest_part": largest_part}
    sizes["models"] = _numbers(models) if models else MODELS
    settings = check_settings(attacks or None, **sizes)
    records = records_of(data, label)
    train = trainer_of(trainer, records.X, epochs=epochs)
    where = backend_of(backend, jobs=jobs, address=address, gpus=gpus)
    folder = out or Path("runs") / f"{file_name(records.name)}-bench"
    facts = attack_comparison_facts(records, train, settings, seed=seed)
    refuse_other(folder, facts, overwrite=overwrite, file=RESULT)
    page = folder / PAGE
    with only_run(page), say_on_stop(KEPT):
        sweep(folder)
        with progress("comparing attacks"):
            report = compare_attacks(
                records,
                train,
                attacks or None,
                **sizes,
                seed=seed,
                folder=folder,
                backend=where,
                name=records.name,
            )
        report.save(folder, overwrite=True)
    show_comparison(report, page)


def show_comparison(report: AttackComparisonReport, page: Path) -> None:
    """Print the headline, a table of attacks and numbers of models, and the place of the page."""
    from rich.text import Text

    from mlleaks.cli.console import console

    screen = console()
    screen.print(Text(report.headline, style="bold"))
    for sentence in report.sentences:
        screen.print(Text(sentence))
    for metric in dict.fromkeys((report.metric, "auc")):
        screen.print()
        screen.print(_table(report, metric))
    for name, why in report.skipped.items():
        screen.print(Text(f"  skipped: {name}: {why}", style="dim"))
    for note in report.notes:
        screen.print(Text(f"  note: {note}", style="yellow"))
    screen.print(Text.assemble("\nPage: ", (str(page), "bold")), soft_wrap=True)


def _table(report: AttackComparisonReport, metric: str) -> Any:
    """Return means by attack (rows) and number of models (columns)."""
    from rich.table import Table

    from mlleaks.report.attacks.page import COLUMNS

    frame = report.to_frame()
    numbers = sorted(set(frame["models"]))
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="bold", title_justify="left")
    table.title = f"{COLUMNS[metric]} by the number of models"
    table.add_column("attack", style="bold", no_wrap=True)
    for number in numbers:
        table.add_column(str(number), justify="right")
    cells = {(row["attack"], row["models"]): row[metric] for row in frame.to_dict("records")}
    for attack in report.attacks:
        values = [cells.get((attack, number), math.nan) for number in numbers]
        table.add_row(attack, *("" if math.isnan(value) else f"{value:.3f}" for value in values))
    return table


def _numbers(models: list[str]) -> list[int]:
    wrong = [text for text in models if not text.isascii() or not text.isdigit()]
    if wrong:
        raise InputError(
            f"--models {wrong[0]}",
            expected="whole numbers with commas between them",
            fix="Pass for example --models 2,4,8,16.",
        )
    return [int(text) for text in models]
