"""Records per second through a local service, beside a bare loop of httpx with the same batches.

    OMP_NUM_THREADS=1 python benchmarks/services.py

The service is ``mlleaks serve`` in a process of its own with a logistic regression on 50 features. Both send
10,000 records, 100 per request, four requests at once, over connections that stay open. The bare loop builds
the JSON of each request with the standard library, sends it and parses the answer; it stores nothing and
checks nothing. The two take turns; the ratio is of the medians. About two minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import skops.io
from machine import write
from sklearn.linear_model import LogisticRegression

from mlleaks.targets.http import Connection, connect

RECORDS, FEATURES, CLASSES, BATCH, AT_ONCE, TURNS = 10_000, 50, 10, 100, 4, 15


def main() -> None:
    """Start the service, measure both in turn, write the figures."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(RECORDS, FEATURES))
    model = LogisticRegression(max_iter=50).fit(X[:2000], rng.integers(CLASSES, size=2000))
    with tempfile.TemporaryDirectory() as folder:
        skops.io.dump(model, Path(folder, "model.skops"))
        command = [sys.executable, "-m", "mlleaks", "serve", str(Path(folder, "model.skops")), "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = server.stdout.readline().split()[1]
            try:
                figures = measured(url, X, Path(folder))
            finally:
                server.terminate()
    write("services", figures)


def measured(url: str, X: np.ndarray, folder: Path) -> dict[str, Any]:
    """Return records per second of both, their ratio, and the largest memory of ours."""
    bare, ours = [], []
    for turn in range(TURNS + 1):
        a, b = bare_loop(url, X), our_client(url, X, folder / str(turn))
        if turn:  # the first one warms up
            bare.append(a)
            ours.append(b)
    tracemalloc.start()
    our_client(url, X, folder / "memory")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "records": RECORDS,
        "features": FEATURES,
        "batch": BATCH,
        "requests at once": AT_ONCE,
        "bare loop, records per second": [round(value) for value in sorted(bare)],
        "mlleaks, records per second": [round(value) for value in sorted(ours)],
        "ratio of the medians": round(float(np.median(ours) / np.median(bare)), 3),
        "largest memory of the client, MB": round(peak / 2**20, 1),
    }


def bare_loop(url: str, X: np.ndarray) -> float:
    """Return records per second of a loop that does nothing but send and parse."""
    batches = [X[start : start + BATCH] for start in range(0, len(X), BATCH)]

    def ask(batch: np.ndarray) -> int:
        tensor = {"name": "x", "shape": list(batch.shape), "datatype": "FP64", "data": batch.ravel().tolist()}
        body = json.dumps({"id": "1", "inputs": [tensor]})
        answered = client.post(f"{url}/infer", content=body, headers={"content-type": "application/json"})
        return len(answered.json()["outputs"][0]["data"])

    with httpx.Client() as client, ThreadPoolExecutor(AT_ONCE) as pool:
        started = time.perf_counter()
        numbers = sum(pool.map(ask, batches))
        seconds = time.perf_counter() - started
    assert numbers == len(X) * CLASSES
    return len(X) / seconds


def our_client(url: str, X: np.ndarray, cache: Path) -> float:
    """Return records per second of the client of audits, with an empty store."""
    connection = Connection(concurrency=AT_ONCE)
    model = connect(url, X[:25], classes=range(CLASSES), connection=connection, batch=BATCH, cache=cache)
    started = time.perf_counter()
    answers = model.predict_proba(X)
    seconds = time.perf_counter() - started
    assert answers.shape == (len(X), CLASSES)
    model.close()
    return len(X) / seconds


if __name__ == "__main__":
    main()
