"""Compare every figure of two versions of this package, to the last digit.

    python benchmarks/same_numbers.py OTHER_CHECKOUT

Runs the demo, audits of a model, of a CSV and of Location, a comparison of defenses, two studies and the
Python call in both, each in an empty folder with an empty cache, and lists each figure that differs or is
missing. Exit code 1 if there is one. What was renamed since is in `RENAMED`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

HERE = Path(__file__).parents[1]
RENAMED = {
    "label-gap": "gap",
    "accused": "flagged",
    "others": "nonmembers",
    "left_out": "skipped",
}
"""Old word -> new word, in the names of figures."""
COMMANDS = (
    "demo",
    "audit runs/demo/posteriors.csv --out csv",
    "audit runs/demo/model.mlleaks --members runs/demo/members.csv --nonmembers runs/demo/nonmembers.csv"
    " --shadow runs/demo/shadow.csv --label label --seed 3 --out model",
    "demo location --trainer mlp --seed 1 --out location",
    "defend location --seeds 1 --out defend",
    "reproduce posteriors training-free --datasets location --seeds 1 --store store --out studies",
)
FORMER = {"demo location --trainer mlp": "demo --data location --target mlp"}
"""New command -> old command, for versions that do not know the new one."""
SKIPPED = re.compile(r"provenance|notes|skipped|title|class_names|\bname\b|facets|schema|sha256|which|method")
"""Names of values that are no figures."""
CALL = """
import pathlib
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
import mlleaks
X, y = load_digits(return_X_y=True)
model = RandomForestClassifier(20, random_state=0).fit(X[:500], y[:500])
sides = {"members": (X[:500], y[:500]), "nonmembers": (X[500:900], y[500:900]), "shadow": (X[900:], y[900:])}
report = mlleaks.audit(model, **sides, seed=5)
report.save("call")
pathlib.Path("words.txt").write_text(str(report.leaks))
"""


def main() -> None:
    """Run both versions and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, help="a checkout of the other version")
    other, this = (figures(place) for place in (parser.parse_args().other.resolve(), HERE))
    differ = [name for name in other if this.get(name) != other[name]]
    for name in differ:
        print(f"{name}: {other[name]}, now {this.get(name, 'missing')}")
    print(f"{len(other) - len(differ):,} of {len(other):,} figures are equal to the last digit")
    sys.exit(bool(differ))


def figures(checkout: Path) -> dict[str, str]:
    """Return every figure that a version finds, by file and name, as it is written."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        environment = os.environ | {
            "PYTHONPATH": str(checkout / "src"),
            "HOME": name,
            "XDG_CACHE_HOME": str(folder / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        for command in COMMANDS:
            _run(command, cwd=folder, env=environment)
        subprocess.run([sys.executable, "-c", CALL], cwd=folder, env=environment, check=True)
        return dict(sorted(_all(folder)))


def _run(command: str, **options: Any) -> None:
    """Run a command of the package; if the version does not know it, its former name."""
    former = command
    for new, old in FORMER.items():
        former = former.replace(new, old)
    for text in dict.fromkeys((command, former)):
        call = [sys.executable, "-m", "mlleaks", *text.split()]
        run = subprocess.run(call, capture_output=True, check=False, **options)
        if run.returncode == 0:
            return
    run.check_returncode()


def _all(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name.startswith(("cache/", ".cache", "store/")):
            continue
        for key, value in _figures(path):
            for old, new in RENAMED.items():
                key = re.sub(rf"(?<![a-z]){old}(?![a-z])", new, key)  # noqa: PLW2901
            if not SKIPPED.search(key):
                yield f"{name}: {key}", value


def _figures(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the names and figures in a file."""
    if path.name == "result.json":
        yield from _values("", json.loads(path.read_text()))
    elif path.name == "arrays.npz":
        with np.load(path) as arrays:
            yield from ((key, repr(arrays[key].tolist())) for key in arrays.files)
    elif path.suffix == ".csv" and path.parent.name in ("defend", "studies"):
        with path.open(newline="") as rows:
            for row in csv.DictReader(rows):
                words = [v for k, v in row.items() if k in KEYS]
                yield from ((" ".join([*words, k]), v) for k, v in row.items() if k not in KEYS)
    elif path.name == "words.txt":
        yield "leaks", path.read_text()


KEYS = ("seed", "defense", "adversary", "attack", "metric", "dataset", "k", "statistic", "source")
"""Columns of tables that say what a figure is of."""


def _values(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield all numbers of a JSON document."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _values(f"{name} {key}", inner)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            of = inner.get("attack", i) if isinstance(inner, Mapping) else i
            yield from _values(f"{name} {of}", inner)
    elif not isinstance(value, str):
        yield name, repr(value)


if __name__ == "__main__":
    main()
