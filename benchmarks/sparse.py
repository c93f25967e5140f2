"""The paper's MLP on News: sparse records as they are, against batches written out.

    python benchmarks/sparse.py

Each way trains one centred model by the same steps with the same optimizer, in a process of its own
that also loads the data. A step written out is timed over a few steps; the sparse model is trained
whole, since part of its cost comes at the end. The floor is memory traffic: every step reads and
writes the weights of the columns that occur and their two averages, at the speed of a plain copy on
the same threads. Where News is not at hand, records of its shape with terms by Zipf's law stand in.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
import torch
from machine import write
from scipy import sparse

import mlleaks
from mlleaks.datasets import REGISTRY
from mlleaks.models.torch import loop
from mlleaks.models.torch.architectures import perceptron
from mlleaks.models.torch.keyed_dropout import keyed
from mlleaks.types import Dataset

RECORDS, WIDTH, TERMS, CLASSES = 18_846, 134_673, 80, 20
"""The shape of 20 newsgroups as TF-IDF: records, terms, terms per record, classes."""

PART, STEPS = 4_500, 25


def main() -> None:
    """Train in turn for several rounds, then write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=list(WAYS))
    options = parser.parse_args()
    if options.way:
        figures = WAYS[options.way](news())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps(figures | {"peak memory, GiB": peak}))
        return
    rounds = [{way: run(way) for way in WAYS} for _ in range(options.rounds)]
    write("sparse", summary(rounds))


def run(way: str) -> dict[str, float]:
    """Return the figures of one way, measured in a process of its own."""
    command = [sys.executable, __file__, "--way", way]
    process = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
    figures: dict[str, float] = json.loads(process.stdout)
    return figures


def summary(rounds: list[dict[str, dict[str, float]]]) -> dict[str, object]:
    """Return medians over the rounds, and the ratios of each round."""
    ways = {
        way: {name: round(float(np.median([r[way][name] for r in rounds])), 4) for name in rounds[0][way]}
        for way in WAYS
    }
    ratios = [r["written out"]["ms a step"] / r["sparse"]["ms a step, all included"] for r in rounds]
    floors = [
        6 * 4 * 128 * r["sparse"]["columns that occur"] / r["sparse"]["copy, GB/s"] / 1e6 for r in rounds
    ]
    reached = [floor / r["sparse"]["ms a step"] for floor, r in zip(floors, rounds, strict=True)]
    return {
        "data": news().name,
        "threads": torch.get_num_threads(),
        "records of a model": PART,
        **ways,
        "times as fast, by round": [round(ratio, 1) for ratio in ratios],
        "share of the floor's speed while training, by round": [round(share, 2) for share in reached],
    }


def news() -> Dataset:
    """Return News if it is at hand, else made records of its shape."""
    if "news" in REGISTRY:
        try:
            return mlleaks.load_dataset("news")
        except mlleaks.DataUnavailable:
            pass
    rng = np.random.default_rng(0)
    terms = rng.poisson(TERMS, size=RECORDS)
    rows = np.repeat(np.arange(RECORDS), terms)
    columns = rng.permutation(WIDTH)[(rng.zipf(1.15, size=len(rows)) - 1) % WIDTH]
    values = rng.random(len(rows)).astype(np.float32)
    X = sparse.csr_array((values, (rows, columns)), shape=(RECORDS, WIDTH))
    return Dataset("made like news", X, rng.integers(CLASSES, size=RECORDS), CLASSES)


def whole(data: Dataset) -> dict[str, float]:
    """Return how long training one model takes: by step while it goes on, and with its start and end."""
    part = data.take(np.random.default_rng(0).permutation(len(data))[:PART])
    copied = copy_speed()
    start, times = time.perf_counter(), list[float]()
    advance = loop.advance  # called once a step, after the update

    def tick(keys: list[torch.Tensor]) -> None:
        times.append(time.perf_counter())
        advance(keys)

    loop.advance = tick
    model = mlleaks.MLPTrainer(center=True)(part, np.random.default_rng(0))
    seconds = time.perf_counter() - start
    answers = time.perf_counter()
    model.predict_proba(data.X)
    return {
        "seconds a model": seconds,
        "ms a step": 1000 * float(np.median(np.diff(times))),
        "ms a step, all included": 1000 * seconds / len(times),
        "seconds to answer all records": time.perf_counter() - answers,
        "columns that occur": len(np.unique(part.X.indices)),
        "copy, GB/s": max(copied, copy_speed()),
    }


def written_out(data: Dataset) -> dict[str, float]:
    """Return how long a step takes with batches written out, everything else as in `loop.train_network`."""
    part = data.take(np.random.default_rng(0).permutation(len(data))[:PART])
    X, y = sparse.csr_array(part.X, dtype=np.float32), torch.from_numpy(part.y)
    mean = X.mean(axis=0).astype(np.float32)
    rng = np.random.default_rng(0)
    net = keyed(perceptron(X.shape[1], 128, data.n_classes, rng), rng)
    weights = loop.grouped(net)
    update = mlleaks.MLPTrainer().optimizer.start([(weights[0], 2e-7), (weights[1], 0.0)])
    times = list[float]()
    for rows in np.array_split(rng.permutation(PART), PART // 100)[:STEPS]:
        logits = net(torch.from_numpy(X[rows].toarray() - mean))
        net.zero_grad()
        torch.nn.functional.cross_entropy(logits, y[rows]).backward()
        update([[w.grad for w in group] for group in weights], 0.001)
        times.append(time.perf_counter())
    return {"ms a step": 1000 * float(np.median(np.diff(times)))}


def copy_speed() -> float:
    """Return the bytes a nanosecond that a plain copy of large arrays reads and writes."""
    source = torch.rand(2**25)
    target = torch.empty_like(source)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        target.copy_(source)
        times.append(time.perf_counter() - start)
    return 2 * 4 * len(source) / float(np.median(times)) / 1e9


WAYS = {"sparse": whole, "written out": written_out}


if __name__ == "__main__":
    main()
