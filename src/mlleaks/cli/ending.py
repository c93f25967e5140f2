"""How a command ends: a line on stderr and an exit code, never a traceback for what was foreseen."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from mlleaks.cli.exit_codes import ExitCode
from mlleaks.errors import InputError, MLLeaksError
from mlleaks.scratch import sweep_temporary


class Commands(TyperGroup):
    """The commands, each with an orderly end."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was called, after what killed ones have left is deleted."""
        with _ending():
            sweep_temporary()
            return super().invoke(ctx)


@contextmanager
def _ending() -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()  # a reader that has left is noticed here, not by the interpreter at its end
    except KeyboardInterrupt as stop:
        typer.echo("; ".join(["stopped", *getattr(stop, "__notes__", [])]), err=True)
        sys.exit(ExitCode(128 + (stop.args[0] if stop.args else signal.SIGINT)))
    except BrokenPipeError:
        _discard_output()
        sys.exit(ExitCode.READER_GONE)
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
    sys.exit(ExitCode.BAD_INPUT)


def _discard_output() -> None:
    """Let what is still to be written go nowhere, or the interpreter would complain at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
