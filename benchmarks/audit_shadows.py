"""How long an audit with reference models takes, against training the same models alone.

    python benchmarks/audit_shadows.py

An MLP on Location (pool of 5,010 records) with 64 reference models, from the start of the command to its end,
and again with the models in the cache. Training alone is `mlleaks shadows` with as many models on half of the
same records. A forest of 100 trees on 3,000 records of 50 columns with 32.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import skops.io
from machine import matrix_peak, seconds, write
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

import mlleaks
from mlleaks.data.joining import join
from mlleaks.models.serialization import save_model

ROUNDS = 3
SIDES = ("--members", "members.npz", "--nonmembers", "nonmembers.npz")


def main() -> None:
    """Measure both, alternating with training alone; store medians and all rounds."""
    figures = {
        "float32 peak of all cores, GFLOP/s": round(matrix_peak(2) / 1e9),
        "MLP on Location, 64 models": location(),
        "forest, 3,000 x 50, 32 models": forest(),
    }
    write("audit_shadows", figures)


def location() -> dict[str, Any]:
    """Audit an MLP with 64 reference models; train the same number alone, in the same rounds."""
    data = mlleaks.load_dataset("location")
    order = np.random.default_rng(0).permutation(len(data))
    members, nonmembers = data.take(order[:2505]), data.take(order[2505:])
    model = mlleaks.MLPTrainer()(members, np.random.default_rng(0))
    with _files(members, nonmembers):
        save_model(model, "model.mlleaks")
        return _rounds("model.mlleaks", 64, "--trainer", "mlp", "--group-size", "16")


def forest() -> dict[str, Any]:
    """Audit a forest with 32 reference models."""
    X, y = make_classification(6000, 50, n_informative=20, n_classes=5, random_state=0)
    data = mlleaks.types.Dataset("made", X, y, 5)
    members, nonmembers = data.take(np.arange(3000)), data.take(np.arange(3000, 6000))
    model = RandomForestClassifier(100, random_state=0).fit(members.X, members.y)
    with _files(members, nonmembers):
        skops.io.dump(model, "model.skops")
        return _rounds("model.skops", 32, "--trainer", "forest")


def _rounds(file: str, models: int, *trainer: str) -> dict[str, Any]:
    rows = []
    for number in range(ROUNDS):
        count, keep = str(models), ("--signal", "scaled-logit", "--out", f"alone {number}")
        alone = partial(_run, "shadows", "records.npz", "--models", count, *trainer, *keep)
        cache = ("--shadows", count, "--cache", f"cache {number}", "--overwrite")
        audit = partial(_run, "audit", file, *SIDES, *cache)
        works = {"training alone": alone, "audit": audit, "audit again": audit}
        rows.append({name: round(seconds(work), 2) for name, work in works.items()})
        print(rows[-1], flush=True)
    medians = {key: float(np.median([row[key] for row in rows])) for key in rows[0]}
    ratio = np.median([row["audit"] / row["training alone"] for row in rows])
    return {"median seconds": medians, "audit / training alone": round(float(ratio), 2), "rounds": rows}


def _run(*arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("mlleaks")), *arguments]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def _files(members: Any, nonmembers: Any) -> Iterator[None]:
    with TemporaryDirectory() as folder, chdir(folder):
        sides = {"members": members, "nonmembers": nonmembers}
        for name, side in (
            sides | {"records": join([members, nonmembers], np.arange(2 * len(members)))}
        ).items():
            X = side.X.toarray() if hasattr(side.X, "toarray") else side.X
            np.savez(f"{name}.npz", X=X, y=side.y)
        yield


if __name__ == "__main__":
    main()
