"""A folder that appears, or takes another's place, in one step."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path


def put_in_place(new: Path, folder: Path, aside: Path) -> None:
    """Move ``new`` to ``folder``; what was there is exchanged in one step where the system can."""
    if not folder.exists():
        new.rename(folder)
        return
    if _exchange(new, folder):
        return
    folder.rename(aside)
    try:
        new.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise


def _exchange(a: Path, b: Path) -> bool:
    """Swap two paths atomically (Linux, ``renameat2``); return whether that was possible."""
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    try:
        swap = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return bool(swap(here, os.fsencode(a), here, os.fsencode(b), exchange) == 0)
