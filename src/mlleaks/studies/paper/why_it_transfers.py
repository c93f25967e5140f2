"""Why the attack transfers: two data sets' three largest posteriors in one plane."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

from mlleaks.outputs.signals import top_k
from mlleaks.results.study import Finding, Picture
from mlleaks.stats.intervals import share
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import Row, Study, row

PAIRS = {"news": "cifar100", "location": "cifar10"}
"""Data set -> the one it is laid beside."""
EACH = 250
"""Members, and others, of each data set."""


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return the plane of two data sets' answers, and whose neighbours are whose."""
    beside = PAIRS.get(dataset)
    if seed or beside is None or beside not in others:
        return []
    drawn = [_drawn(lab, name, seed) for name in (dataset, beside)]
    features = np.concatenate([p for p, _ in drawn])
    member = np.concatenate([m for _, m in drawn])
    first = np.repeat([True, False], [len(m) for _, m in drawn])
    plane = TSNE(random_state=0, init="pca", perplexity=min(30, len(member) // 5)).fit_transform(features)
    told: list[Row] = []
    for mine in (True, False):
        own, other = first == mine, first != mine
        near = NearestNeighbors(n_neighbors=5).fit(features[other])
        votes = member[other][near.kneighbors(features[own])[1]].mean(axis=1) > 0.5
        right = int((votes == member[own]).sum())
        who = dataset if mine else beside
        told.append(
            row(
                "same side", share(right, int(own.sum())), attack=f"neighbours of {who}", who="", x=0.0, y=0.0
            )
        )
    for x, y, is_member, is_mine in zip(*plane.T.tolist(), member.tolist(), first.tolist(), strict=True):
        who = f"{dataset if is_mine else beside}, {'members' if is_member else 'others'}"
        told.append(
            {"attack": "plane", "metric": "plane", "who": who, "x": round(x, 2), "y": round(y, 2)}
            | {"value": 0.0, "low": 0.0, "high": 0.0}
        )
    return told


def _drawn(lab: StudyContext, dataset: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return three posteriors and membership of some members and as many others of a target."""
    seen, _ = lab.pair(dataset, seed)
    rng = lab.seeds(seed).stream("plane")
    each = min(EACH, int(seen.member.sum()))
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(seen.member == side), each, replace=False) for side in (True, False)]
    )
    return top_k(seen.outputs.posteriors[rows]), seen.member[rows]


def check(table: pd.DataFrame) -> Finding:
    """Check that a record's nearest neighbours in the other data set are on its side."""
    near = table[table["metric"] == "same side"]
    if near.empty:
        raise ValueError("no two data sets were laid side by side")
    told = "; ".join(f"{r.attack} {r.value:.2f} ({r.low:.2f} to {r.high:.2f})" for r in near.itertuples())
    return Finding(
        "reproduced" if bool((near["low"] > 0.5).all()) else "not reproduced",
        f"share of records whose five nearest neighbours in the other data set are mostly on the same "
        f"side: {told}.",
    )


STUDIES = (
    Study(
        name="why-it-transfers",
        title="Members of different data sets are answered alike",
        figure="Section on adversary 2 (t-SNE)",
        claim="Laid in one plane by their three largest posteriors, members of one data set lie with the "
        "other's members.",
        datasets=tuple(name for pair in PAIRS.items() for name in pair),
        run=run,
        check=check,
        pictures=(Picture("plane", "x", "who", ("plane",), ("", "")),),
        across=True,
        metrics=("same side",),
        position=10,
    ),
)
