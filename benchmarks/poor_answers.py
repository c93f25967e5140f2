"""What a service that answers less than all posteriors takes from its attackers, on Location and News.

    OMP_NUM_THREADS=1 python benchmarks/poor_answers.py

The paper's network and protocol, three seeds. The attacker knows what the service answers and learns the
attack from a shadow model behind the same mask. Trained models are stored in the cache folder. A few minutes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
from machine import write

from mlleaks.data.protocol import SHADOW
from mlleaks.defenses import LabelOnly, Rounded, TopK
from mlleaks.stats.aggregation import summarize
from mlleaks.storage.atomic import cache_folder
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.scale import FULL
from mlleaks.studies.paper.service_attackers import (
    AttackerShadows,
    ServiceAnswers,
    attack_answers,
    unchanged,
)

DATASETS, SEEDS = ("location", "news"), (0, 1, 2)
MASKS = {
    "all posteriors": unchanged,
    "rounded to 2 decimals": Rounded(2),
    "rounded to 1 decimal": Rounded(1),
    "top 3": TopK(3),
    "top 1": TopK(1),
    "the class": LabelOnly(),
}
ATTACKS = ("adversary-1", "adversary-3", "gap")


def main() -> None:
    """Attack the target of each data set and seed behind each mask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--store", type=Path, default=cache_folder() / "reproduce")
    context = StudyContext(parser.parse_args().store, FULL)
    rows: list[dict[str, Any]] = []
    for dataset in DATASETS:
        for seed in SEEDS:
            target, shadow = context.pair(dataset, seed)
            random_answers = context.random_answers(dataset, seed, FULL.reference(dataset))
            observed = ServiceAnswers(target, random_answers)
            shadows = AttackerShadows(
                shadow, (context.observe(dataset, seed, FULL.reference(dataset), SHADOW),)
            )
            measured = attack_answers(observed, shadows, context.seeds(seed), masks=MASKS)
            rows += [{"dataset": dataset, "seed": seed, **row} for row in measured]
    write("poor_answers", {"seeds": len(SEEDS), "figures": table(pd.DataFrame(rows))})


def table(tidy: pd.DataFrame) -> dict[str, Any]:
    """Return AUC and TPR at 1 % FPR by data set, answers and attack: mean, low, high."""
    means = summarize(tidy[tidy["attack"].isin(ATTACKS) & tidy["metric"].isin(("auc", "tpr@1%fpr"))])
    figures: dict[str, Any] = {}
    for row in means.to_dict("records"):
        place = figures.setdefault(row["dataset"], {}).setdefault(row["answers"], {})
        place.setdefault(row["attack"], {})[row["metric"]] = [
            round(row[name], 4) for name in ("value", "low", "high")
        ]
    return figures


if __name__ == "__main__":
    main()
