"""Audits of ways of training, stored in a cache: a killed benchmark goes on where it stopped."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import mlleaks

CASES = {
    "location, MLP": ("location", mlleaks.MLPTrainer),
    "cifar10, CNN": ("cifar10", partial(mlleaks.CNNTrainer, gain=1.0)),  # as the figures were measured
}


def arguments(description: str | None, name: str) -> argparse.Namespace:
    """Return records, seeds and the folder of the cache."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--records", type=int, default=20_000, help="of CIFAR-10, in four parts")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=Path(f"~/.cache/mlleaks/{name}").expanduser())
    return parser.parse_args()


def audited(
    case: str, label: str, settings: dict[str, Any], *, seed: int, options: argparse.Namespace
) -> mlleaks.AuditReport:
    """Return the audit of a case trained with ``settings``, from the cache if it is there."""
    name, kind = CASES[case]
    folder = options.cache / f"{name}-{options.records}-{label}-{seed}"
    if (folder / "result.json").exists():
        return mlleaks.AuditReport.load(folder)
    data = mlleaks.load_dataset(name)
    if len(data) > options.records:
        data = data.take(np.random.default_rng(0).permutation(len(data))[: options.records])
    report = mlleaks.audit_trainer(data, kind(**settings), seed=seed)
    report.save(folder)
    print(f"{folder.name} done", file=sys.stderr)
    return report
