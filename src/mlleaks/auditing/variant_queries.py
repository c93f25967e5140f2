"""Further queries about the audited images: what the target and the reference models say of changed ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.needs import Variants
from mlleaks.auditing.label_queries import NO_IMAGES
from mlleaks.auditing.planning import Cost
from mlleaks.auditing.reference_models import TrainedReferences
from mlleaks.auditing.timing import seconds_per_query
from mlleaks.outputs.query import query
from mlleaks.outputs.signals import scaled_logit
from mlleaks.outputs.variant_signals import VariantSignals
from mlleaks.seeds import Seeds
from mlleaks.types import Model


@dataclass(frozen=True)
class VariantQueries:
    """Changed images, sent to the target; the reference models were queried on the same ones.

    Parameters
    ----------
    target : Model
    references : TrainedReferences
        They decide how the images are changed.
    """

    target: Model
    references: TrainedReferences

    def missing(self, need: Variants) -> str | None:
        """Return a reason if the records are no images."""
        return None if self.references.variants else NO_IMAGES

    def cost(self, need: Variants) -> Cost:
        """Return the queries; the models are the reference models' own cost."""
        return Cost(queries=len(self.references.variants) * self.references.audited)

    def seconds(self, need: Variants) -> float:
        """Return the time of that many queries, from some that are sent now."""
        return self.cost(need).queries * seconds_per_query(self.target, self.references.pool)

    def collect(self, need: Variants, seeds: Seeds) -> VariantSignals:
        """Return the scaled logits of all variants."""
        pool, n = self.references.pool, self.references.audited
        labels = pool.y[:n]
        answers = (
            query(self.target, variant, n_classes=pool.n_classes, what="answers to changed images")
            for variant in self.references.variants
        )
        target = np.stack([scaled_logit(answer, labels) for answer in answers], axis=1)
        return VariantSignals(target, self.references.variant_signals(), pool.ids[:n])
