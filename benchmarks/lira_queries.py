"""What LiRA gains from several queries per image, for networks trained on images as they are, or changed.

    python benchmarks/lira_queries.py --cache FOLDER

CNNs on CIFAR-10, 16 in pairs that share no image; each is the target in turn, attacked with the 14 of the
other pairs. "Trained on changed images": as many steps, on the images and all `changed` ones.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from machine import write

import mlleaks
from mlleaks.attacks.augmentations import image_axes, mirrored, shifted
from mlleaks.attacks.lira_mirrored import lira_with_variants
from mlleaks.auditing.reference_models import TrainedReferences
from mlleaks.auditing.reference_settings import ReferenceSettings
from mlleaks.data.joining import join
from mlleaks.outputs.references import References
from mlleaks.outputs.variant_signals import VariantSignals
from mlleaks.seeds import Seeds
from mlleaks.stats.aggregation import summarize
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.intervals import area, tpr_at_fpr
from mlleaks.stats.metrics import roc
from mlleaks.types import Dataset, Floats, MemberSplit, Records

RECORDS, MODELS, EPOCHS, SEED = 1000, 16, 50, 0
QUERIES = (1, 2, 10)
SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
"""Pixels down and to the right."""


def changed(X: Records) -> list[Records]:
    """Return images mirrored, and shifted by a pixel, each change alone and both together; mirrored first."""
    ways = [shifted(X, by, image_axes(X)) for by in SHIFTS]
    return [side for way in ways for side in (way, mirrored(way))][1:]


class QueriedOnChangedImages(TrainedReferences):
    """Reference models that are queried on all changed images, not only on mirrored ones."""

    @cached_property
    def variants(self) -> list[Records]:
        """The changed images."""
        return changed(self.pool.X[: self.audited])


@dataclass(frozen=True)
class OnChangedImages:
    """Trains on images and their variants, in as many steps as on the images alone."""

    trainer: mlleaks.CNNTrainer

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Any:
        """Return a network."""
        parts = [data, *(replace(data, X=variant) for variant in changed(data.X))]
        every = join(parts, np.arange(len(parts) * len(data)))
        fewer = replace(self.trainer, epochs=round(self.trainer.epochs / len(parts)))
        return fewer(every, rng)


def main() -> None:
    """Train, attack every model with 1, 2 and 10 queries per image, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    cache = parser.parse_args().cache
    data = mlleaks.load_dataset("cifar10")
    order = np.random.default_rng(SEED).permutation(len(data))
    split = MemberSplit(data.take(order[:RECORDS]), data.take(order[RECORDS : 2 * RECORDS]))
    base = mlleaks.CNNTrainer(epochs=EPOCHS, gain=1.0)  # as the figures in the docs were measured
    rows: list[dict[str, Any]] = []
    for name, trainer in (("images as they are", base), ("changed images", OnChangedImages(base))):
        source = QueriedOnChangedImages(
            split, None, trainer, ReferenceSettings(MODELS, cache=cache), Seeds(SEED)
        )
        references = source.collect(None, Seeds(SEED))  # type: ignore[arg-type] (the number is the source's)
        variants = source.variant_signals()
        for model in range(MODELS):
            for queries in QUERIES:
                figures = attacked(references, variants[:, :, : queries - 1], model)
                setting = {"seed": model, "trained on": name, "queries per image": queries}
                rows += [
                    setting | {"metric": metric, "value": e.value, "low": e.low, "high": e.high}
                    for metric, e in figures.items()
                ]
        print(name, flush=True)
    table = summarize(pd.DataFrame(rows)).round(4).to_dict("records")
    facts = {"records": 2 * RECORDS, "models": MODELS, "epochs": EPOCHS, "seed": SEED}
    write("lira_queries", {**facts, "table": table})


def attacked(references: References, variants: Floats, model: int) -> dict[str, Estimate]:
    """Return the figures of an attack on one of the models, with those of the other pairs."""
    rest = np.flatnonzero(references.pairs != references.pairs[model])
    audited = references.audited
    signals = VariantSignals(variants[model], variants[rest], audited.ids)
    attack = lira_with_variants(references.models(rest), signals, "online")
    scores = attack.formula(audited.values[model].astype(np.float64), np.arange(len(audited)))
    curve = roc(audited.trained_on[model], scores)
    return {
        "auc": area(curve),
        "tpr@1%fpr": tpr_at_fpr(curve, 0.01),
        "tpr@0.1%fpr": tpr_at_fpr(curve, 0.001),
    }


if __name__ == "__main__":
    main()
