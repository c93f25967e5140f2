"""Dropout on CIFAR-100 with the paper's 50 epochs and with more: what it costs and what it still leaks.

    python benchmarks/dropout_epochs.py --epochs 50 100

Trains a target and adversary 1's shadow for each number of epochs, on the parts of seed 0 that the
studies use, and keeps them in the studies' store: what is there is not trained again.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from machine import write

from mlleaks.attacks.label_gap import LabelGapAttack
from mlleaks.datasets.facts import cache_folder
from mlleaks.defenses import dropout
from mlleaks.experiments.lab import Lab
from mlleaks.experiments.scale import FULL
from mlleaks.experiments.study import Row, rows, target_rows
from mlleaks.types import Trainer

DATASET, SEED = "cifar100", 0


def main() -> None:
    """Train, attack, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=cache_folder() / "reproduce")
    parser.add_argument("--epochs", nargs="+", type=int, default=[50, 100])
    told = parser.parse_args()
    lab = Lab(told.store, FULL)
    reference = lab.scale.reference(DATASET)
    ways: dict[str, Trainer] = {f"none, {reference.epochs} epochs": reference}
    for epochs in told.epochs:
        ways[f"dropout, {epochs} epochs"] = dropout(replace(reference, epochs=epochs))
    write("dropout_epochs", {name: figures(lab, trainer) for name, trainer in ways.items()})


def figures(lab: Lab, trainer: Trainer) -> dict[str, Any]:
    """Return the target's accuracies and what adversary 1, who knows of it, and the label gap reach."""
    target, _ = lab.pair(DATASET, SEED, trainer)
    told: list[Row] = [
        *target_rows(target),
        *rows("adversary-1", lab.adversary_1(DATASET, SEED, trainer), target),
        *rows("label-gap", LabelGapAttack(), target),
    ]
    return {
        f"{row['attack']} {row['metric']}": [round(row[key], 4) for key in ("value", "low", "high")]
        for row in told
    }


if __name__ == "__main__":
    main()
