"""Shadow models on Location: how fast, against the machine's own matrix products and plainer loops.

    python benchmarks/shadows.py --models 64 --epochs 50

The floor counts only necessary operations (hidden layer: forward and weight gradient; output layer:
input gradient too) at the float32 matrix-product peak of all cores, measured in the same run. All
loops train the same perceptron; the plain ones are timed on a few models.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from machine import seconds, write
from sklearn.neural_network import MLPClassifier
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import mlleaks
from mlleaks.seeds import Seeds
from mlleaks.shadows import plan, train_shadows
from mlleaks.types import Dataset

HIDDEN, BATCH, CORES = 128, 100, 2
PEAK = """
import time, torch
torch.set_num_threads(1)
a, b, c = (torch.randn(1024, 1024) for _ in range(3))
best, end = 0, time.perf_counter() + 4
while time.perf_counter() < end:
    start = time.perf_counter()
    for _ in range(20):
        torch.mm(a, b, out=c)
    best = max(best, 20 * 2 * 1024**3 / (time.perf_counter() - start))
print(best)
"""


def main() -> None:
    """Measure the peak, the stacked shadows for several stacks, and the plain loops."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--stacks", type=int, nargs="+", default=[1, 4, 16, 32])
    arguments = parser.parse_args()
    data = mlleaks.load("location")
    trainer = mlleaks.MLPTrainer(epochs=arguments.epochs)
    half, peak = len(data) // 2, matrix_peak()
    operations = half * (4 * data.X.shape[1] * HIDDEN + 6 * HIDDEN * data.n_classes)
    floor = operations / peak
    rows = [
        {"what": f"train_shadows, stacks of {size}, {CORES} processes", "models": arguments.models}
        | told(whole_call(data, trainer, arguments.models, size), arguments.models, arguments.epochs, floor)
        for size in arguments.stacks
    ]
    some = data.take(np.arange(half))
    mlleaks.MLPTrainer(epochs=1)(some, np.random.default_rng(0))  # the first step imports half of torch
    plain = {
        "tight loop (MLPTrainer), one after another, all cores": lambda: trainer(
            some, np.random.default_rng(0)
        ),
        "DataLoader loop, one after another, all cores": lambda: dataloader_loop(some, arguments.epochs),
        "scikit-learn MLPClassifier, one after another": lambda: sklearn_loop(some, arguments.epochs),
    }
    rows += [
        {"what": name, "models": 1} | told(seconds(work), 1, arguments.epochs, floor)
        for name, work in plain.items()
    ]
    peak_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    write(
        "shadows",
        {
            "matrix-product peak of all cores, GFLOP/s": round(peak / 1e9),
            "floor, ms a model and epoch": round(1e3 * floor, 2),
            "records a model": half,
            "peak memory of the main process, GiB": round(peak_memory, 2),
            "rows": rows,
        },
    )


def matrix_peak() -> float:
    """Return the float32 operations a second of all cores together, one process on each."""
    command = [sys.executable, "-c", PEAK]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(CORES)]
    return sum(float(run.communicate()[0]) for run in runs)


def whole_call(data: Dataset, trainer: mlleaks.MLPTrainer, models: int, stack: int) -> float:
    """Return the seconds of a whole `train_shadows`: start of the processes, plan, files and all."""
    with tempfile.TemporaryDirectory() as folder:
        return seconds(
            lambda: train_shadows(
                trainer,
                data,
                plan(len(data), models, np.random.default_rng(0)),
                Seeds(0),
                folder=Path(folder),
                jobs=CORES,
                stack=stack,
            )
        )


def dataloader_loop(data: Dataset, epochs: int) -> None:
    """Train as most tools do: a DataLoader, a plain Adam."""
    records = TensorDataset(torch.from_numpy(np.ascontiguousarray(data.X)), torch.from_numpy(data.y))
    loader = DataLoader(records, batch_size=BATCH, shuffle=True)
    net = nn.Sequential(nn.Linear(data.X.shape[1], HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, data.n_classes))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    loss = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for X, y in loader:
            optimizer.zero_grad()
            loss(net(X), y).backward()
            optimizer.step()


def sklearn_loop(data: Dataset, epochs: int) -> None:
    """Train scikit-learn's network with the same settings, epoch by epoch."""
    model = MLPClassifier((HIDDEN,), activation="tanh", batch_size=BATCH, random_state=0)
    for _ in range(epochs):
        model.partial_fit(data.X, data.y, classes=np.arange(data.n_classes))


def told(spent: float, models: int, epochs: int, floor: float) -> dict[str, float]:
    """Return a row's figures."""
    each = spent / models / epochs
    return {
        "ms a model and epoch": round(1e3 * each, 2),
        "fraction of the floor's speed": round(floor / each, 3),
        "models a minute": round(60 * models / spent, 1),
    }


if __name__ == "__main__":
    main()
