"""Recognising that memory ran out, however it is said."""

from __future__ import annotations

from mlleaks.errors import ModelError, first_line


def out_of_memory(error: Exception) -> bool:
    """Return whether ``error`` says that there was not enough memory.

    Examples
    --------
    >>> out_of_memory(MemoryError()), out_of_memory(RuntimeError("CUDA out of memory."))
    (True, True)
    """
    inner = error.__cause__ if isinstance(error, ModelError) else None
    signs = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(inner or error, MemoryError) or any(sign in str(error) for sign in signs)


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
        "what is finished is kept.",
    )
