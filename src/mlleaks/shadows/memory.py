"""Recognising that memory ran out, in whatever way a library says so."""

from __future__ import annotations

import sys

from mlleaks.errors import ModelError, first_line, message_of

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory")
"""What libraries say that have no error of their own for it, PyTorch's allocator on CPUs among them."""


def out_of_memory(error: Exception) -> bool:
    """Return whether ``error`` says that there was not enough memory.

    The types are asked first: `MemoryError`, and ``torch.OutOfMemoryError`` once PyTorch is imported.

    Examples
    --------
    >>> out_of_memory(MemoryError()), out_of_memory(RuntimeError("not enough memory: 9 bytes"))
    (True, True)
    """
    cause = (error.__cause__ or error) if isinstance(error, ModelError) else error
    types: tuple[type[BaseException], ...] = (MemoryError,)
    if torch := sys.modules.get("torch"):  # PyTorch that is not imported has raised nothing
        types += (torch.OutOfMemoryError,)
    text = f"{message_of(error)} {message_of(cause)}"
    return isinstance(cause, types) or any(sign in text for sign in _SIGNS)


def too_little(error: Exception) -> ModelError:
    """Return the error for memory that is short even for one model.

    Examples
    --------
    >>> str(too_little(MemoryError())).partition(";")[0]
    'got too little memory to train one shadow (MemoryError)'
    """
    return ModelError(
        f"too little memory to train one shadow ({first_line(error)})",
        expected="room for the records and one model in each process",
        fix="Use fewer processes, smaller batches, fewer records, or a device with more memory; "
        "finished shadows are kept.",
    )
