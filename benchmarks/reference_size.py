"""Whether further records help reference models where there are fewer non-members than members.

    python benchmarks/reference_size.py

An MLP on 2,000 records of Location is audited against 500 non-members, with 16 reference models. Half of the
audited records are 1,250; filled up with shadow records, a reference model has as many as the target, 2,000.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from machine import write

import mlleaks
from mlleaks.stats.aggregation import summarize

SEEDS = (0, 1, 2, 3, 4)
MEMBERS, NONMEMBERS, MODELS = 2000, 500, 16
ATTACKS = ("combined", "lira", "student-t", "base")


def main() -> None:
    """Audit with and without shadow records, on five seeds; store."""
    data, trainer = mlleaks.load_dataset("location"), mlleaks.MLPTrainer()
    rows: list[dict[str, object]] = []
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(data))
        ends = (0, MEMBERS, MEMBERS + NONMEMBERS, len(data))
        members, nonmembers, shadow = (data.take(order[a:b]) for a, b in pairwise(ends))
        model = trainer(members, np.random.default_rng(seed))
        sides = {"members": members, "nonmembers": nonmembers}
        for name, further in (("half of the audited records", {}), ("filled up", {"shadow": shadow})):
            with TemporaryDirectory() as cache:
                report = mlleaks.audit(
                    model,
                    **{side: (part.X, part.y) for side, part in (sides | further).items()},
                    shadows=MODELS,
                    trainer=trainer,
                    cache=Path(cache),
                    seed=seed,
                )
            for attack in ATTACKS:
                for metric in ("auc", "tpr@1%fpr"):
                    e = report.verdict(attack).estimates[metric]
                    setting = {"seed": seed, "models": name, "attack": attack, "metric": metric}
                    rows.append(setting | {"value": e.value, "low": e.low, "high": e.high})
            print(seed, name, flush=True)
    table = summarize(pd.DataFrame(rows)).round(4).to_dict("records")
    facts = {"seeds": list(SEEDS), "members": MEMBERS, "non-members": NONMEMBERS, "models": MODELS}
    write("reference_size", {**facts, "table": table})


if __name__ == "__main__":
    main()
