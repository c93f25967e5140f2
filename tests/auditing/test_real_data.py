"""The paper's protocol on real data, one seed: smoke of what ``benchmarks/protocol.py`` measures."""

from __future__ import annotations

import numpy as np
import pytest

import mlleaks
from mlleaks.datasets import REGISTRY
from mlleaks.datasets.files import locate


def here(name):
    if not all(locate(file) for file in REGISTRY[name].files):
        pytest.skip(f"{name} is not at hand: set MLLEAKS_DATA to a folder that holds it")
    return mlleaks.load_dataset(name)


@pytest.mark.slow
def test_location_leaks_as_the_paper_says():
    report = mlleaks.audit_trainer(here("location"), mlleaks.MLPTrainer())
    first = report.verdict("adversary-1").estimates
    assert report.result.n_members == 1252
    assert first["precision"].value >= 0.75
    assert first["recall"].value >= 0.93
    assert first["auc"].value >= 0.86
    assert report.verdict("adversary-3-maximum").estimates["auc"].value >= 0.85
    assert report.result.target["overfitting"].value > 0.3


@pytest.mark.slow
def test_adult_is_near_chance():
    data = here("adult")
    some = data.take(np.arange(0, len(data), 4))
    report = mlleaks.audit_trainer(some, mlleaks.MLPTrainer(epochs=20))
    assert all(0.45 < v.estimates["auc"].value < 0.58 for v in report.verdicts)
