"""Audits of a way of training, kept in a cache: a killed benchmark goes on where it stopped."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import mlleaks
from mlleaks.types import Trainer


def audited(folder: Path, name: str, trainer: Trainer, *, records: int, seed: int) -> mlleaks.Report:
    """Return the audit of ``trainer`` on some records of a data set, from ``folder`` if it is there."""
    if (folder / "result.json").exists():
        return mlleaks.Report.load(folder)
    data = mlleaks.load(name)
    if len(data) > records:
        data = data.take(np.random.default_rng(0).permutation(len(data))[:records])
    report = mlleaks.audit_trainer(data, trainer, seed=seed)
    report.save(folder)
    print(f"{folder.name} done", file=sys.stderr)
    return report
