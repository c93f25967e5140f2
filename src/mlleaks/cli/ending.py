"""How a command ends: one line on stderr and an exit code, no traceback for an expected error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from mlleaks.cli.exit_codes import ExitCode
from mlleaks.errors import InputError, MLLeaksError, Stopped
from mlleaks.storage.atomic import sweep_temporary


class Commands(TyperGroup):
    """The commands; each ends with a message and an exit code of its own."""

    def invoke(self, ctx: Any) -> Any:
        """Delete what killed commands left behind, then run the command that was called."""
        with _ending():
            sweep_temporary()
            return super().invoke(ctx)


@contextmanager
def _ending() -> Iterator[None]:
    try:
        yield
        if sys.stdout is not None:  # the caller may have closed it
            sys.stdout.flush()  # a closed pipe is noticed here, not by the interpreter at its end
    except BrokenPipeError:
        sys.exit(ExitCode.READER_GONE)
    except MLLeaksError as error:
        _refuse(error)
    except OSError as error:
        _refuse(_unusable(error))
    finally:
        _discard_unwritable()


@contextmanager
def say_stopped() -> Iterator[None]:
    """Print a last line if a signal stops the block, and end with the code of that signal."""
    try:
        yield
    except Stopped as stop:
        typer.echo("; ".join(["stopped", *getattr(stop, "__notes__", [])]), err=True)
        sys.exit(ExitCode(128 + stop.number))


def _unusable(error: OSError) -> InputError:
    """Return what to say of a file or folder that cannot be used."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return InputError(
            "a working folder that was removed",
            expected="one that exists",
            fix="Change to another folder, then run the command again.",
        )
    return InputError(
        f"{type(error).__name__}: {error}",
        expected="files and folders that can be read and written, and space on their disk",
        fix="Check permissions and free space, then run the command again.",
    )


def _refuse(error: MLLeaksError) -> NoReturn:
    typer.echo(f"error: {error}", err=True)
    sys.exit(ExitCode.BAD_INPUT)


def _discard_unwritable() -> None:
    """Discard output that cannot be written: the interpreter would complain, and end with its own code."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
