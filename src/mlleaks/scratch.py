"""Files in the making: named after the process that writes them, so that what a killed one left can go."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def scratch_of(path: Path) -> Path:
    """Return where this process writes what becomes ``path``: beside it, hidden."""
    return path.with_name(f".{path.name}.{_host()}.{os.getpid()}")


def sweep(folder: Path) -> None:
    """Delete the scratch of processes of this machine that are gone."""
    if os.name != "posix":  # elsewhere asking whether a process runs may end it
        return
    for file in folder.glob(".*"):
        head, _, pid = file.name.rpartition(".")
        if head.endswith(f".{_host()}") and pid.isdecimal() and not _runs(int(pid)):
            file.unlink(missing_ok=True)


def _host() -> str:
    return platform.node().replace(".", "-") or "here"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # of another user
    return True
