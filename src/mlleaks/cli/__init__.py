"""The command line: it talks, the library logs. Heavy imports wait until a command runs."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import NoReturn

import typer

from mlleaks.cli.audit import audit
from mlleaks.cli.datasets import datasets
from mlleaks.cli.defend import defend
from mlleaks.cli.demo import demo
from mlleaks.cli.report import report
from mlleaks.cli.reproduce import reproduce
from mlleaks.cli.shadows import shadows
from mlleaks.errors import InputError, MLLeaksError

app = typer.Typer(
    name="mlleaks",
    help="Does your classifier leak who was in its training set?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (demo, audit, defend, report, reproduce, shadows, datasets):
    app.command()(command)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        from mlleaks import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; exit code 0, 2 for bad input, 3 if a condition holds, 4 if data were skipped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without these letters still gets the rest
    try:
        app()
    except MLLeaksError as error:
        _refuse(error)
    except OSError as error:
        _refuse(
            InputError(
                f"{type(error).__name__}: {error}",
                expected="files and folders that can be read and written, and room on their disk",
                fix="See to that, and call it again.",
            )
        )


def _refuse(error: MLLeaksError) -> NoReturn:
    typer.echo(f"error: {error}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
