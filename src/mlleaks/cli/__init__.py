"""The command line: it prints, the library logs. Heavy imports wait until a command runs."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from io import TextIOWrapper

import typer

from mlleaks.cli.audit import audit
from mlleaks.cli.bench import bench
from mlleaks.cli.canaries import canaries
from mlleaks.cli.datasets import datasets
from mlleaks.cli.defend import defend
from mlleaks.cli.demo import demo
from mlleaks.cli.ending import Commands, say_stopped
from mlleaks.cli.report import report
from mlleaks.cli.reproduce import reproduce
from mlleaks.cli.selfcheck import selfcheck
from mlleaks.cli.serve import serve
from mlleaks.cli.shadows import shadows
from mlleaks.cli.stopping import stoppable

app = typer.Typer(
    name="mlleaks",
    cls=Commands,
    help="Does your classifier leak who was in its training set?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (demo, audit, canaries, defend, bench, report, reproduce, shadows, serve, datasets, selfcheck):
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
    """Run the command line; it ends with an `ExitCode`."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before OpenMP is loaded: waiting threads sleep
    gc.set_threshold(50_000, 20, 20)  # a search for garbage every 700 objects is a fifth of all imports
    atexit.register(gc.freeze)  # nor is there anything to search for at the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without these letters still gets the rest
    with say_stopped(), stoppable():
        app()


if __name__ == "__main__":
    main()
