"""The options that several commands share: one word, one type and one help text for each."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mlleaks.errors import InputError

MODEL, WHERE, RUN = "The model", "Where models are trained", "The run"
"""Titles of the groups of options in `--help`."""


class TrainerName(StrEnum):
    """How a model is trained."""

    BOOSTING = "boosting"
    CNN = "cnn"
    FOREST = "forest"
    LOGISTIC = "logistic"
    MLP = "mlp"
    TREE = "tree"


AUTO = "auto"
"""In place of the name of a trainer: the algorithm whose answers are most like the target's."""


class BackendName(StrEnum):
    """Where models are trained."""

    PROCESSES = "processes"
    IN_PROCESS = "in-process"
    RAY = "ray"


class SignalName(StrEnum):
    """What is kept of each answer."""

    POSTERIORS = "posteriors"
    TRUE_POSTERIOR = "true-posterior"
    SCALED_LOGIT = "scaled-logit"


class PrecisionName(StrEnum):
    """The precision of training."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class ScaleName(StrEnum):
    """How large the studies are."""

    SMOKE = "smoke"
    FULL = "full"


class ChartFormat(StrEnum):
    """The kind of a chart's file."""

    PNG = "png"
    SVG = "svg"
    HTML = "html"


def one_of(names: type[StrEnum], noun: str, help: str, *, panel: str | None = None) -> Any:
    """Return an option whose value is a member of ``names``; any other name is refused with a list of them.

    Typer's own check for enumerations would end in a message of another form than all other errors here.
    """

    def member(value: str | None) -> StrEnum | None:
        return None if value is None else _member(names, noun, value)

    return typer.Option(metavar=_choices(names), callback=member, help=help, rich_help_panel=panel)


def several(help: str, *, panel: str | None = None) -> Any:
    """Return an option that takes several values: repeated, or with commas between them."""
    return typer.Option(callback=separated, help=f"{help} {_REPEAT}", rich_help_panel=panel)


def several_of(names: type[StrEnum], noun: str, help: str) -> Any:
    """Return an option that takes several members of ``names``."""

    def members(param: typer.CallbackParam, values: list[str] | None) -> list[StrEnum]:
        return [_member(names, noun, value) for value in separated(param, values)]

    return typer.Option(metavar=_choices(names), callback=members, help=f"{help} {_REPEAT}")


def separated(param: typer.CallbackParam, values: list[str] | None) -> list[str]:
    """Return the values of an option that was repeated or holds commas; none if it was not passed.

    Raises
    ------
    InputError
        The option was passed and holds no value.
    """
    parts = [part.strip() for value in values or () for part in value.split(",") if part.strip()]
    if values and not parts:
        name = param.opts[0] if param.opts[0].startswith("-") else str(param.name).upper()
        raise InputError(
            f"no name in {name}", expected="one or more, with commas between them", fix="See --help."
        )
    return parts


def shows_list(show: Callable[[], None], help: str) -> Any:
    """Return the option ``--list``, which prints something and ends the command, as ``--help`` does."""

    def stop(listed: bool) -> None:
        if listed:
            show()
            raise typer.Exit

    return typer.Option("--list", callback=stop, is_eager=True, help=help)


def trainer(help: str, *, panel: str = MODEL, auto: bool = False, modules: bool = True) -> Any:
    """Return the option ``--trainer``, whose value is a member of `TrainerName`.

    Parameters
    ----------
    help, panel : str
    auto : bool
        Whether `AUTO` is a value, too.
    modules : bool
        Whether package.module:attribute is one, too.
    """
    names = [*TrainerName, AUTO] if auto else list(TrainerName)

    def checked(value: str | None) -> str | None:
        if value is None or value in names or (modules and all(value.partition(":"))):
            return value
        raise InputError(
            f"the trainer {value!r}",
            expected=f"one of {', '.join(names)}{', or package.module:attribute' if modules else ''}",
            fix="Pass one of them; module:attribute names a function train(data, rng) or an estimator."
            if modules
            else "Pass one of them.",
        )

    return typer.Option(metavar=_choices(TrainerName), callback=checked, help=help, rich_help_panel=panel)


def label(panel: str | None = None) -> Any:
    """Return the option ``--label``."""
    text = "In files of records: the column of the true class; default `label` (NPZ: `y`)."
    return typer.Option(help=text, rich_help_panel=panel)


def out(default: str) -> Any:
    """Return the option ``--out`` of a command whose results go to the folder ``default``."""
    return typer.Option(help=f"Folder for the results; default {default}.", rich_help_panel=RUN)


def _member(names: type[StrEnum], noun: str, value: str) -> StrEnum:
    if value not in set(names):
        raise InputError(
            f"the {noun} {value!r}", expected=f"one of {', '.join(names)}", fix="Pass one of them."
        )
    return names(value)


def _choices(names: type[StrEnum]) -> str:
    return f"[{'|'.join(names)}]"


_REPEAT = "Repeat the option, or put commas between values."

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="A data set (see `mlleaks datasets`), or a file of records: CSV, Parquet, NPZ."
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(help="Epochs of training, for cnn and mlp; default 50.", rich_help_panel=MODEL),
]
Seed = Annotated[
    int,
    typer.Option(min=0, help="Seed of all random choices.", rich_help_panel=RUN),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace earlier results in the same folder.", rich_help_panel=RUN),
]
Backend = Annotated[
    str,
    one_of(
        BackendName,
        "backend",
        "Several processes on this machine, in-process (one model after another), or a Ray cluster.",
        panel=WHERE,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        help="Number of processes, for --backend processes; default -1: one per core.", rich_help_panel=WHERE
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        help="Address of the Ray cluster, for --backend ray: auto, or host:port; default: a new one on this "
        "machine.",
        rich_help_panel=WHERE,
    ),
]
Gpus = Annotated[
    float,
    typer.Option(min=0, help="GPUs per task, for --backend ray; 0.5 for half of one.", rich_help_panel=WHERE),
]
Device = Annotated[
    str,
    typer.Option(
        help="Device for cnn and mlp: cpu, cuda, cuda:1, or auto (the fastest in a short measurement).",
        rich_help_panel=WHERE,
    ),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
