"""Many runs of a simulation, each kept as it ends, so that a stopped benchmark goes on."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlleaks.stats import intervals
from mlleaks.storage.atomic import cache_folder

Row = dict[str, Any]


def arguments_of(description: str, settings: Mapping[str, Any], name: str) -> argparse.Namespace:
    """Return the command line's arguments: which settings, how many runs, for how long, kept where."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--settings", nargs="*", choices=settings, default=list(settings))
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--cache", type=Path, default=cache_folder() / f"{name} benchmark")
    return parser.parse_args()


def repeat(
    settings: Mapping[str, Callable[[int], Row]], runs: int, *, cache: Path, seconds: float
) -> dict[str, list[Row]]:
    """Return the rows of all runs by setting: those of earlier calls, and new ones for ``seconds``."""
    cache.mkdir(parents=True, exist_ok=True)
    paths = {name: cache / f"{name}.jsonl" for name in settings}
    rows = {name: _lines(path) for name, path in paths.items()}
    started = time.monotonic()
    for run in range(runs):
        for name, simulate in settings.items():
            if run >= len(rows[name]):
                rows[name].append(simulate(run))
                with paths[name].open("a") as file:
                    file.write(json.dumps(rows[name][-1]) + "\n")
        if time.monotonic() - started > seconds:
            break
    return {name: own for name, own in rows.items() if own}


def share(count: int, runs: int) -> list[float]:
    """Return a share with its 95 % interval."""
    estimate = intervals.share(count, runs)
    return [round(end, 4) for end in (estimate.value, estimate.low, estimate.high)]


def _lines(path: Path) -> list[Row]:
    """Return the runs that are done; a line that a stopped run left incomplete is none."""
    if not path.exists():
        return []
    complete = [line for line in path.read_text().splitlines() if line.endswith("}")]
    path.write_text("".join(f"{line}\n" for line in complete))
    return [json.loads(line) for line in complete]
