"""CNN shadows on a GPU: trained in groups as one program against the same trained one after another.

    python benchmarks/shadows_gpu.py --models 64

Wants a CUDA device and writes ``docs/results/shadows_gpu.json`` with its name.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from machine import seconds, write

import mlleaks
from mlleaks.data.membership_plan import plan_members
from mlleaks.models import CNNTrainer, MLPTrainer, PlainTrainer
from mlleaks.seeds import Seeds
from mlleaks.shadows import train_shadows
from mlleaks.types import Dataset


def main() -> None:
    """Measure several group sizes for both networks, in float32 and bfloat16."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--group-sizes", type=int, nargs="+", default=[1, 4, 16, 64])
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("no CUDA device here: run this where there is one")
    cifar = mlleaks.load_dataset("cifar10")
    images = cifar.take(np.random.default_rng(0).permutation(len(cifar))[: arguments.images])
    cases: list[tuple[str, Dataset, PlainTrainer]] = [
        ("CNN, CIFAR-10", images, CNNTrainer(epochs=arguments.epochs)),
        ("MLP, Location", mlleaks.load_dataset("location"), MLPTrainer(epochs=arguments.epochs)),
    ]
    rows = []
    for name, data, trainer in cases:
        for precision in ("float32", "bfloat16"):
            precise = replace(trainer, precision=precision)
            call(data, replace(precise, epochs=1), 2, 2)  # the first call loads kernels
            times = {size: call(data, precise, arguments.models, size) for size in arguments.group_sizes}
            rows += [
                {
                    "case": name,
                    "precision": precision,
                    "stack": size,
                    "seconds": round(spent, 2),
                    "times faster than one after another": round(times[1] / spent, 2) if 1 in times else None,
                }
                for size, spent in times.items()
            ]
    figures = {"device": torch.cuda.get_device_name(), "models": arguments.models, "epochs": arguments.epochs}
    write("shadows_gpu", figures | {"rows": rows})


def call(data: Dataset, trainer: PlainTrainer, models: int, group_size: int) -> float:
    """Return the seconds of a whole `train_shadows` on the GPU, with 500 queries."""
    made = plan_members(len(data), models, np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        return seconds(
            lambda: train_shadows(
                trainer,
                data,
                made,
                Seeds(0),
                folder=Path(folder),
                query_on=np.arange(500),
                group_size=group_size,
                device="cuda",
            )
        )


if __name__ == "__main__":
    main()
