"""Many shadow models: how fast, against the machine's own matrix products and plainer loops.

    python benchmarks/shadows.py

Whole calls of `train_shadows`, with the start of the processes, plan and files. The floor counts only
necessary operations (first layer: forward and weight gradient; others input gradient too) at the
float32 matrix-product peak of all cores, measured in the same run. All loops train the same network.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib
import loops
import numpy as np
import torch
from machine import PeakMemory, matrix_peak, seconds, write

import mlleaks
from mlleaks.data.membership_plan import plan_members
from mlleaks.models import CNNTrainer, MLPTrainer, PlainTrainer
from mlleaks.seeds import Seeds
from mlleaks.shadows import Processes, RayCluster, train_shadows
from mlleaks.shadows.answer_files import write as write_answers
from mlleaks.types import Dataset

CORES = 2


@dataclass(frozen=True)
class Case:
    """A network on a data set.

    ``operations`` are the necessary ones per record and epoch.
    """

    name: str
    data: Dataset
    trainer: PlainTrainer
    queries: np.ndarray
    operations: float

    @property
    def half(self) -> int:
        """Records that a shadow is trained on."""
        return len(self.data) // 2


def cases(epochs: int, images: int) -> list[Case]:
    """Return the MLP on Location and the CNN on a part of CIFAR-10."""
    location, hidden = mlleaks.load_dataset("location"), loops.HIDDEN
    width, k = location.X.shape[1], location.n_classes
    cifar = mlleaks.load_dataset("cifar10")
    some = cifar.take(np.random.default_rng(0).permutation(len(cifar))[:images])
    first, second = 32 * 32 * 32 * 75, 12 * 12 * 32 * 800
    dense = 6 * 6 * 32 * hidden + hidden * 10
    return [
        Case(
            "MLP, Location",
            location,
            MLPTrainer(epochs=epochs),
            np.arange(len(location)),
            4 * width * hidden + 6 * hidden * k,
        ),
        Case(
            "CNN, CIFAR-10",
            some,
            CNNTrainer(epochs=2),
            np.arange(min(500, images)),
            4 * first + 6 * second + 6 * dense,
        ),
    ]


def main() -> None:
    """Measure the peak, whole calls for several numbers of models, plain loops, scaling, overhead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, nargs="+", default=[1, 4, 16, 64, 256])
    parser.add_argument("--epochs", type=int, default=50, help="of the MLP")
    parser.add_argument("--images", type=int, default=5000)
    arguments = parser.parse_args()
    peak = matrix_peak(CORES)
    figures: dict[str, Any] = {"float32 peak of all cores, GFLOP/s": round(peak / 1e9)}
    measured_cases = cases(arguments.epochs, arguments.images)
    for case in measured_cases:
        figures[case.name] = measured(case, arguments.models, peak)
    mlp = measured_cases[0]
    figures["records, MLP"] = [by_records(mlp, share, peak) for share in (0.125, 0.25, 0.5, 1.0)]
    figures["overhead, MLP"] = overhead(mlp, 64)
    figures["weak scaling on Ray, MLP"] = weak_scaling(replace(mlp, trainer=MLPTrainer(epochs=25)))
    figures["peak again at the end, GFLOP/s"] = round(matrix_peak(CORES) / 1e9)
    write("shadows", figures)


def measured(case: Case, counts: list[int], peak: float) -> dict[str, Any]:
    """Return the rows of one case."""
    many = counts[-2] if len(counts) > 1 else counts[-1]
    half = replace(case, trainer=replace(case.trainer, precision="bfloat16"))
    rows = [row(f"train_shadows, {n} models", case, n, whole_call(case, n), peak) for n in counts]
    rows.append(row(f"train_shadows, {many} models, bfloat16", half, many, whole_call(half, many), peak))
    rows.extend(row(name, case, n, (spent, 0.0), peak) for name, n, spent in plain(case))
    return {"records a model": case.half, "epochs": case.trainer.epochs, "rows": rows}


def whole_call(
    case: Case, models: int, backend: Any = None, group_size: int | None = None, workers: int = CORES
) -> tuple[float, float]:
    """Return seconds and peak memory (GiB) of a `train_shadows`, from fresh processes on."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)
    made = plan_members(len(case.data), models, np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder, PeakMemory() as memory:
        start = time.perf_counter()
        train_shadows(
            case.trainer,
            case.data,
            made,
            Seeds(0),
            folder=Path(folder),
            query_on=case.queries,
            backend=backend or Processes(workers),
            group_size=group_size,
        )
        return time.perf_counter() - start, memory.gib


def plain(case: Case) -> list[tuple[str, int, float]]:
    """Return name, number of models and seconds of the plain loops, one after another and one per core."""
    inputs = case.trainer.inputs(case.data.X)[: case.half]
    X, y = torch.from_numpy(np.ascontiguousarray(inputs)), torch.from_numpy(case.data.y[: case.half])
    plain_loops: dict[str, Callable[..., None]] = {
        "tight loop": loops.tight_loop,
        "DataLoader loop": loops.dataloader_loop,
    }
    if inputs.ndim == 2:
        plain_loops["scikit-learn MLPClassifier"] = loops.sklearn_loop
    rows = []
    for name, loop in plain_loops.items():
        arguments = (X, y, case.data.n_classes, case.trainer.epochs)
        loop(*arguments[:3], 1)  # the first step imports half of torch
        rows.append((f"{name}, one after another on all cores", 1, seconds(lambda: loop(*arguments))))  # noqa: B023
        with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
            side_by_side = joblib.Parallel(n_jobs=CORES)
            warm = [joblib.delayed(loop)(*arguments[:3], 1)] * CORES
            work = [joblib.delayed(loop)(*arguments)] * CORES
            side_by_side(warm)
            rows.append((f"{name}, one a core", CORES, seconds(lambda: side_by_side(work))))  # noqa: B023
    return rows


def by_records(case: Case, share: float, peak: float) -> dict[str, Any]:
    """Return the row of 64 models on a part of the records."""
    n = int(len(case.data) * share)
    some = replace(case, data=case.data.take(np.arange(n)), queries=np.arange(n))
    return {"records": n} | row("train_shadows, 64 models", some, 64, whole_call(some, 64), peak)


def overhead(case: Case, models: int) -> dict[str, float]:
    """Return what plan, hashes, files and looking for them cost, and their share of the whole call."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        planned = seconds(lambda: plan_members(len(case.data), models, np.random.default_rng(0)))
        made = plan_members(len(case.data), models, np.random.default_rng(0))
        arguments = (case.trainer, case.data, made, Seeds(0))
        whole = seconds(lambda: train_shadows(*arguments, folder=folder, backend=Processes(CORES)))
        again = seconds(lambda: train_shadows(*arguments, folder=folder, backend=Processes(CORES)))
        answers = np.zeros((len(case.data), case.data.n_classes), dtype=np.float32)
        written = seconds(lambda: [write_answers(folder, f"{i}", answers) for i in range(models)])
    extra = planned + again + written
    return {
        "plan, s": round(planned, 3),
        "finding all of them again, s": round(again, 3),
        "writing, s": round(written, 3),
        "whole call, s": round(whole, 2),
        "share": round(extra / whole, 4),
    }


def weak_scaling(case: Case) -> list[dict[str, Any]]:
    """Return the seconds of twice the models on twice the nodes of a local Ray cluster, one core each."""
    from ray.cluster_utils import Cluster

    rows = []
    for nodes in (1, 2):
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        if nodes == 2:
            cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        backend = RayCluster(address=cluster.address)
        whole_call(replace(case, trainer=replace(case.trainer, epochs=1)), 4 * nodes, backend, group_size=4)
        spent, _ = whole_call(case, 32 * nodes, backend, group_size=4)
        rows.append({"nodes": nodes, "models": 32 * nodes, "seconds": round(spent, 2)})
        cluster.shutdown()
    return rows


def row(what: str, case: Case, models: int, spent: tuple[float, float], peak: float) -> dict[str, Any]:
    """Return a row's figures."""
    each = spent[0] / models / case.trainer.epochs
    floor = case.half * case.operations / peak
    figures = {
        "what": what,
        "models": models,
        "seconds": round(spent[0], 2),
        "ms a model and epoch": round(1e3 * each, 2),
        "floor, ms": round(1e3 * floor, 2),
        "fraction of the floor's speed": round(floor / each, 3),
        "models a minute": round(60 * models / spent[0], 1),
    }
    return figures | ({"peak memory, GiB": round(spent[1], 2)} if spent[1] else {})


if __name__ == "__main__":
    main()
