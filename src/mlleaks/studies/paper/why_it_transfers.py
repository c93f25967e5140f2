"""Why the attack transfers: the three largest posteriors of two data sets in one plane."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

from mlleaks.outputs.signals import top_k
from mlleaks.results.reproduction import Column, Finding, Picture, ShortTable
from mlleaks.stats.criteria import is_above
from mlleaks.stats.intervals import share
from mlleaks.studies.engine.conclusions import each_is, finding
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows
from mlleaks.studies.engine.study import Row, Study, metric_row

PAIRS = {"news": "cifar100", "face": "cifar10"}
"""The paper's pairs: each data set, and the one that it is compared with."""
EACH = 250
"""Members, and as many non-members, of each data set."""


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return two data sets' answers in a plane, and how often neighbours have the same membership."""
    partner = PAIRS.get(dataset)
    if seed or partner is None or partner not in other_datasets:
        return []
    samples = [_sample(context, name, seed) for name in (dataset, partner)]
    features = np.concatenate([p for p, _ in samples])
    member = np.concatenate([m for _, m in samples])
    first = np.repeat([True, False], [len(m) for _, m in samples])
    plane = TSNE(random_state=0, init="pca", perplexity=min(30, len(member) // 5)).fit_transform(features)
    result: list[Row] = []
    for is_first in (True, False):
        own, other = first == is_first, first != is_first
        near = NearestNeighbors(n_neighbors=5).fit(features[other])
        votes = member[other][near.kneighbors(features[own])[1]].mean(axis=1) > 0.5
        right = int((votes == member[own]).sum())
        setting = {
            "attack": f"neighbours of {dataset if is_first else partner}",
            "who": "",
            "x": 0.0,
            "y": 0.0,
        }
        result.append(metric_row("same side", share(right, int(own.sum())), **setting))
    for x, y, is_member, is_first in zip(*plane.T.tolist(), member.tolist(), first.tolist(), strict=True):
        who = f"{dataset if is_first else partner}, {'members' if is_member else 'others'}"
        result.append(
            {"attack": "plane", "metric": "plane", "who": who, "x": round(x, 2), "y": round(y, 2)}
            | {"value": 0.0, "low": 0.0, "high": 0.0}
        )
    return result


def _sample(context: StudyContext, dataset: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the three largest posteriors and the membership of some members and as many non-members."""
    target, _ = context.pair(dataset, seed)
    rng = context.seeds(seed).stream("plane")
    each = min(EACH, int(target.member.sum()))
    places = np.concatenate(
        [rng.choice(np.flatnonzero(target.member == side), each, replace=False) for side in (True, False)]
    )
    return top_k(target.outputs.posteriors[places]), target.member[places]


def check(measured: Measurements) -> Finding:
    """Check that a record's nearest neighbours in the other data set have the same membership."""
    rows = measured.only(metric="same side")
    if rows.tidy.empty:
        raise MissingRows("it lacks one data set of each pair")
    near = rows.table
    figures = "; ".join(f"{r.attack} {r.value:.2f} ({r.low:.2f} to {r.high:.2f})" for r in near.itertuples())
    shares = [rows.only(attack=name).estimate(_share) for name in near["attack"]]
    lowest = near.sort_values("value").iloc[0]
    return finding(
        each_is(is_above, shares, 0.5),
        "Share of records whose five nearest neighbours in the other data set mostly have the same "
        f"membership: {figures}.",
        figure=f"share {lowest['value']:.2f} ({lowest['attack']})",
    )


def _share(table: pd.DataFrame) -> pd.Series[float]:
    return table["value"]


STUDIES = (
    Study(
        name="why-it-transfers",
        title="Models answer members of different data sets alike",
        figure="Section on adversary 2 (t-SNE)",
        claim="If two data sets are drawn in one plane by their three largest posteriors, members of one lie "
        "beside members of the other.",
        datasets=tuple(name for pair in PAIRS.items() for name in pair),
        run=run,
        check=check,
        pictures=(Picture("plane", "x", "who", ("plane",), ("", "")),),
        across=True,
        metrics=("same side",),
        short=ShortTable(("attack",), (Column("same membership", ("same side",)),)),
        position=11,
    ),
)
