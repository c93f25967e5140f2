"""Commands of Linux that tests call: small disks, and process numbers of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

WITH_OWN_PROCESS_NUMBERS = ["unshare", "--pid", "--fork", "--mount-proc"]
"""Before a command: run it as another container would, with its own numbers of processes."""


def attach_disk(folder: Path, size: str) -> bool:
    """Put an empty disk in memory at a folder (size: "1m", "256k"); return whether this is allowed here."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def make_read_only(folder: Path) -> None:
    """Let nobody write to an attached disk any more."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def detach_disk(folder: Path) -> None:
    """Take an attached disk away, with all that is on it."""
    subprocess.run(["umount", str(folder)], check=True)
