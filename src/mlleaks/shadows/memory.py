"""Recognising that memory ran out, however it is said."""

from __future__ import annotations


def out_of_memory(error: Exception) -> bool:
    """Return whether ``error`` says that there was not enough memory.

    Examples
    --------
    >>> out_of_memory(MemoryError()), out_of_memory(RuntimeError("CUDA out of memory."))
    (True, True)
    """
    signs = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in signs)
