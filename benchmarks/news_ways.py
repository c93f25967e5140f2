"""News prepared in other ways: whether what the paper leaves open explains its higher figures.

    python benchmarks/news_ways.py

For each way a target and adversary 1's shadow are trained on the parts of seed 0 that the studies use.
"Bound" is the largest that the smaller of precision and recall is at any threshold.
"""

from __future__ import annotations

from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from machine import write
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from mlleaks.attacks.learned import learn
from mlleaks.datasets import news
from mlleaks.datasets.archives import unpack
from mlleaks.datasets.facts import fetch
from mlleaks.experiments.attack_model import highest
from mlleaks.experiments.scale import FULL
from mlleaks.experiments.study import rows, target_rows
from mlleaks.experiments.world import SHADOW, TARGET, world
from mlleaks.models import MLPTrainer
from mlleaks.shadows import train_shadows
from mlleaks.splits import distinct
from mlleaks.types import Dataset, Observations, Outputs


def main() -> None:
    """Prepare, train, attack, store."""
    path = fetch(news.ARCHIVE)
    own, y = news.posts(path)
    whole = [content.decode("latin1") for content in unpack(path).values()]
    weigh: Callable[[list[str]], Any] = TfidfVectorizer(dtype=np.float32).fit_transform
    count: Callable[[list[str]], Any] = CountVectorizer(dtype=np.float32).fit_transform
    ways = {
        "as here": (weigh(own), True),
        "not centred": (weigh(own), False),
        "words counted, not weighed": (count(own), True),
        "headers, footers and quotes kept": (weigh(whole), True),
    }
    kept = distinct(Dataset("news", sparse.csr_array(weigh(own)), y, 20)).ids  # the same posts every way
    write("news_ways", {name: figures(X[kept], y[kept], center) for name, (X, center) in ways.items()})


def figures(X: Any, y: Any, center: bool) -> dict[str, float]:
    """Return the target's accuracies, what adversary 1 reaches against it, and the bound."""
    here = world(Dataset("news", sparse.csr_array(X), y, 20), 0, FULL)
    plan = here.plan(1)
    with TemporaryDirectory() as folder:
        trained = train_shadows(
            MLPTrainer(epochs=FULL.epochs, center=center),
            here.pool,
            plan,
            here.seeds,
            folder=folder,
            ask_about=here.asked,
            stack=1,
        )
        target, shadow = (
            Observations(
                Outputs(np.array(trained.answers(role)[here.judged(role)]), here.labels(role)),
                here.member(role, plan),
                here.pool.ids[here.judged(role)],
            )
            for role in (TARGET, SHADOW)
        )
    attack = learn(shadow, here.seeds.stream("attack adversary-1"))
    told = target_rows(target) + rows("adversary-1", attack, target)
    bound = attack.score(target.outputs) > highest(attack, target)
    both = target.member[bound].mean(), bound[target.member].mean()
    return {row["metric"]: round(row["value"], 4) for row in told} | {"bound": round(float(min(both)), 4)}


if __name__ == "__main__":
    main()
