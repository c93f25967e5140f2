"""Evidence for label-only attacks: further queries about the audited records; only the answered class counts.

`label_sources` has the sources of all kinds. Where there is a shadow model, the same is measured on its
records; it is the attacker's own, so its queries cost nothing but time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mlleaks.attacks.augmentations import AUGMENTATIONS, are_images
from mlleaks.attacks.boundary import boundary_distances
from mlleaks.attacks.label_attack import best_reading
from mlleaks.attacks.needs import AugmentedAnswers, BoundaryDistances, NoisyAnswers
from mlleaks.attacks.noise_robustness import STRENGTHS, Predict, variant_agreement
from mlleaks.attacks.replacement import paths_of, replacement_distances
from mlleaks.attacks.variants import ArrayFeatures, Features, Variation, features_of
from mlleaks.auditing.collecting import Missing, TrainedShadows
from mlleaks.auditing.measured_records import MeasuredRecords, first_of_each_side
from mlleaks.auditing.planning import Cost, Source
from mlleaks.auditing.timing import seconds_per_query
from mlleaks.outputs.label_robustness import LabelEvidence, LabelRobustness, ShadowRobustness
from mlleaks.outputs.query import query
from mlleaks.outputs.signals import predicted_classes
from mlleaks.seeds import Seeds
from mlleaks.types import Floats, MemberSplit, Model

SHADOW_SIDE = 1000
"""Members, and non-members, of a shadow model that are measured, at most."""
NOT_ASKED_FOR = "label-only attacks are off: pass label_only=True (command line: --label-only)"
NO_NUMBERS = "no numbers to change: pass records with text columns as a pandas DataFrame"
NO_IMAGES = (
    "no images: records are augmented if they are arrays (n, height, width) or (n, height, width, channels)"
)


@dataclass(frozen=True)
class _LabelQueries:
    """What all sources of label-only evidence share.

    Parameters
    ----------
    target : Model
    split : MemberSplit
        The audited records, with their true classes.
    shadow : TrainedShadows, optional
        Its model chooses strengths and thresholds; the audit trains it once for all attacks.
    """

    target: Model
    split: MemberSplit
    shadow: TrainedShadows | None = None

    def missing(self, need: Any) -> str | None:
        """Return a reason if the records are arrays of anything but numbers."""
        X = self.split.members.X
        plain = isinstance(X, np.ndarray) and X.dtype.kind not in "biuf"
        return NO_NUMBERS if plain else None

    def cost(self, need: Any) -> Cost:
        """Return the queries that are sent to the target, at most; the shadow model is its own source's."""
        return Cost(queries=self.per_record(need) * (len(self.split.members) + len(self.split.nonmembers)))

    def per_record(self, need: Any) -> int:
        """Return the target's queries per record, at most."""
        return int(need.count)

    def seconds(self, need: Any) -> float:
        """Return the time of all queries, the shadow model's too, from some that are sent now."""
        shadow = 0 if self.shadow is None else len(self._shadow_records(self.shadow))
        queries = self.cost(need).queries + self.per_record(need) * shadow * self.shadow_rounds
        return queries * self.seconds_per_query

    shadow_rounds = 1
    """How often a shadow model is sent the queries of a record."""

    @cached_property
    def seconds_per_query(self) -> float:
        """The time of one query, measured when it is first asked for."""
        return seconds_per_query(self.target, self.split.members)

    @cached_property
    def audited(self) -> MeasuredRecords:
        """The audited records."""
        return MeasuredRecords.of(self.split)

    @cached_property
    def features(self) -> Features:
        """What is public about the features; members and non-members alike show it."""
        return features_of(self.split.members.X, self.split.nonmembers.X)

    def shadow_of(self, seeds: Seeds) -> tuple[MeasuredRecords, Predict] | None:
        """Return a shadow model's records and how it classifies; None without one."""
        if self.shadow is None:
            return None
        records = self._shadow_records(self.shadow)
        return records, classes_of(self.shadow.model(seeds), records.n_classes, "answers of the shadow model")

    @staticmethod
    def _shadow_records(shadow: TrainedShadows) -> MeasuredRecords:
        return MeasuredRecords.of(first_of_each_side(shadow.split, SHADOW_SIDE))

    def target_classes(self) -> Predict:
        """Return how the target classifies."""
        return classes_of(self.target, self.audited.n_classes, "answers to label-only queries")


@dataclass(frozen=True)
class _VariantQueries(_LabelQueries):
    """Queries about variants of the audited records.

    With a shadow model the kind of variant is chosen on it, and the target gets queries of this kind alone.
    """

    shadow_rounds = 2

    def variations(self) -> list[Variation]:
        """Return the kinds of variants, from weak to strong."""
        raise NotImplementedError

    def collect(self, need: Any, seeds: Seeds) -> LabelEvidence:
        """Return how often the true class of each record, and of its variants, is answered."""
        kinds = self.variations()
        shares = [len(part) for part in np.array_split(np.arange(need.count), len(kinds))]
        some = [(kind, count) for kind, count in zip(kinds, shares, strict=True) if count]
        shadow = self.shadow_of(seeds)
        measured = None
        if shadow is not None:
            records, predict = shadow
            right = predict(records.X) == records.labels
            trial = ShadowRobustness(_agreements(predict, records, some, seeds), records.member, right)
            some = [(some[best_reading(trial)[0]][0], need.count)]
            measured = ShadowRobustness(_agreements(predict, records, some, seeds), records.member, right)
        values = _agreements(self.target_classes(), self.audited, some, seeds)
        return LabelEvidence(LabelRobustness(values, self.audited.ids), measured)


class NoiseQueries(_VariantQueries):
    """Queries about the audited records with noise of several strengths."""

    def variations(self) -> list[Variation]:
        """Return noise of each strength."""
        return [_with_strength(self.features, strength) for strength in STRENGTHS]


class AugmentationQueries(_VariantQueries):
    """Queries about augmented images."""

    def missing(self, need: AugmentedAnswers) -> str | None:
        """Return a reason if the records are no images."""
        return None if are_images(self.split.members.X) else NO_IMAGES

    def variations(self) -> list[Variation]:
        """Return each kind of augmentation."""
        features = self.features
        assert isinstance(features, ArrayFeatures)
        return [_augmented(kind, features) for kind in AUGMENTATIONS]


class BoundaryQueries(_LabelQueries):
    """Queries around the decision boundary: its distance, or the share of replaced features."""

    def per_record(self, need: BoundaryDistances) -> int:
        """Return the target's queries per record, for one that is classified correctly."""
        if self.features.continuous:
            return need.queries
        paths, bisections = paths_of(need.queries, int(np.prod(self.split.members.X.shape[1:])))
        return 1 + paths * bisections

    def collect(self, need: BoundaryDistances, seeds: Seeds) -> LabelEvidence:
        """Return how far each record is from the boundary."""
        shadow = self.shadow_of(seeds)
        measured = None
        if shadow is not None:
            records, predict = shadow
            values = self._distances(predict, records, need, seeds)
            measured = ShadowRobustness(values[None], records.member, values > 0)
        values = self._distances(self.target_classes(), self.audited, need, seeds)
        return LabelEvidence(LabelRobustness(values[None], self.audited.ids), measured)

    def _distances(
        self, predict: Predict, records: MeasuredRecords, need: BoundaryDistances, seeds: Seeds
    ) -> Floats:
        rng, features = seeds.stream("label-only boundary"), self.features
        if not (isinstance(features, ArrayFeatures) and features.continuous):
            return replacement_distances(predict, records.X, records.labels, rng, queries=need.queries)
        # Pixels have one unit; the columns of a table each have their own.
        units = np.ones(features.low.shape) if features.low.ndim > 1 else features.deviation
        return boundary_distances(
            lambda X: predict(features.cast(X)),
            records.X,
            records.labels,
            rng,
            queries=need.queries,
            scale=units,
        )


def label_sources(target: Model, split: MemberSplit, shadow: Source | None = None) -> dict[Any, Source]:
    """Return the sources of all kinds of label-only evidence, for `plan_attacks`.

    Parameters
    ----------
    target : Model
        Its largest posterior is the class; `mlleaks.outputs.label_only.LabelOnlyModel` wraps models without.
    split : MemberSplit
        The audited records, with their true classes.
    shadow : Source, optional
        Of shadow models; used if it is a `TrainedShadows`.
    """
    own = shadow if isinstance(shadow, TrainedShadows) else None
    return {
        NoisyAnswers: NoiseQueries(target, split, own),
        AugmentedAnswers: AugmentationQueries(target, split, own),
        BoundaryDistances: BoundaryQueries(target, split, own),
    }


def no_label_sources(why: str = NOT_ASKED_FOR) -> dict[Any, Source]:
    """Return sources that say why there is no label-only evidence."""
    return dict.fromkeys((NoisyAnswers, AugmentedAnswers, BoundaryDistances), Missing(why))


def classes_of(model: Model, n_classes: int, what: str) -> Predict:
    """Return how a model classifies records ``(n, ...)``; answers are checked, then reduced to it."""
    return lambda X: predicted_classes(query(model, X, n_classes=n_classes, what=what))


def _agreements(
    predict: Predict, records: MeasuredRecords, some: list[tuple[Variation, int]], seeds: Seeds
) -> Floats:
    """Return a row of shares for each kind of variant and its number of queries ``(s, n)``."""
    X, labels, name = records.X, records.labels, "label-only variants"
    return np.array(
        [variant_agreement(predict, X, labels, seeds.stream(name), vary=v, count=c) for v, c in some]
    )


def _with_strength(features: Features, strength: float) -> Variation:
    return lambda X, rng: features.vary(X, rng, strength=strength)


def _augmented(kind: Any, features: ArrayFeatures) -> Variation:
    return lambda X, rng: kind(X, rng, features)
