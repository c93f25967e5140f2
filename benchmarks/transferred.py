"""Learn adversary 2's attack model that the package brings along, and write it into the package.

    python benchmarks/transferred.py --datasets location digits adult --seeds 3

One shadow a data set and seed, by the paper's protocol (four equal parts, MLP 128 tanh, 50 epochs);
all lend equally many records to one attack model.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import mlleaks
from mlleaks.adversaries import shadow_answers
from mlleaks.attacks import transferred
from mlleaks.models import described
from mlleaks.provenance import versions_in_use
from mlleaks.seeds import Seeds
from mlleaks.splits import distinct, four_parts
from mlleaks.types import Observations


def main() -> None:
    """Train the shadows, pool their answers, store the attack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["location", "digits", "adult"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--per-source", type=int, default=2000)
    arguments = parser.parse_args()
    sources = [shadow(name, seed) for name in arguments.datasets for seed in range(arguments.seeds)]
    rng = Seeds(0).stream("attack adversary-2")
    attack = transferred.pooled(sources, rng, per_source=arguments.per_source)
    provenance = {
        "data sets": arguments.datasets,
        "seeds": list(range(arguments.seeds)),
        "shadow trainer": described(mlleaks.MLPTrainer()),
        "records of each shadow": arguments.per_source,
        "versions": versions_in_use(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    path = Path(transferred.__file__).with_suffix(".json")
    path.write_text(transferred.to_json(attack, provenance), encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes")


def shadow(name: str, seed: int) -> Observations:
    """Return how a shadow of one data set answers its members and others."""
    seeds = Seeds(seed)
    _, halves = four_parts(distinct(mlleaks.load(name)), seeds.stream("split"))
    print(f"{name} seed {seed}", file=sys.stderr)
    return shadow_answers(halves, mlleaks.MLPTrainer(), seeds.stream("shadow"))


if __name__ == "__main__":
    main()
