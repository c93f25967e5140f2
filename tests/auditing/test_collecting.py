"""Collecting evidence, and attacks that learn from more than one shadow model."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import (
    Evidence,
    Labels,
    Population,
    RandomQueries,
    ReferenceModels,
    ShadowModels,
    merge_needs,
)
from mlleaks.attacks.top_k import learn
from mlleaks.auditing.collecting import Missing, TargetQueries, TrainedShadows, collect, observe_shadow
from mlleaks.auditing.planning import Cost, plan_attacks
from mlleaks.data.domains import domain_of
from mlleaks.data.splits import four_way_member_split
from mlleaks.errors import InputError
from mlleaks.outputs.query import observe
from mlleaks.seeds import Seeds
from mlleaks.stats import metrics
from mlleaks.types import Dataset, Outputs
from tests.synthetic import attacks_that_need


class Memory:
    """Gives the true class of a training record ``inside``, class 0 of any other record ``outside``.

    The rest goes to one other class, or evenly to all.
    """

    def __init__(self, data, rng, *, inside, outside, evenly):
        self.classes = dict(zip(data.X[:, 0].tolist(), data.y.tolist(), strict=True))
        self.inside, self.outside, self.evenly = inside, outside, evenly
        self.k, self.seed = data.n_classes, int(rng.integers(2**31))

    def predict_proba(self, X):
        rng = np.random.default_rng(self.seed)
        answers = np.zeros((len(X), self.k))
        for p, x in zip(answers, X[:, 0].tolist(), strict=True):
            first, level = self.classes.get(x, 0), self.inside if x in self.classes else self.outside
            level = min(1, max(0.5, level + rng.normal(scale=0.03)))
            rest = np.delete(np.arange(self.k), first)
            rest = rest if self.evenly else rest[:1]
            p[rest] = (1 - level) / len(rest)
            p[first] = level
        return answers


def spread(data, rng):
    """Return a model that is more confident about members, with its doubt spread over all classes."""
    return Memory(data, rng, inside=0.95, outside=0.7, evenly=True)


def torn(data, rng):
    """Return a model of another kind: more confident about members too, but torn between two classes."""
    return Memory(data, rng, inside=0.7, outside=0.5, evenly=False)


def split(n=1200, k=3, seed=0):
    rng = np.random.default_rng(seed)
    data = Dataset("made", rng.permutation(n)[:, None].astype(float), rng.integers(k, size=n), k)
    return four_way_member_split(data, rng)


TARGET, SHADOW = split()


def shadow(trainer, records=SHADOW, seed=0):
    return observe_shadow(records, trainer, Seeds(seed).stream("shadow"))


def attack_of(name, *shadows):
    return REGISTRY[name].build(Evidence({ShadowModels: shadows}), np.random.default_rng(0))


def target(trainer=spread):
    return observe(trainer(TARGET.members, np.random.default_rng(1)), TARGET)


def accuracy(attack, observations):
    return ((attack.score(observations.outputs) > attack.threshold) == observations.member).mean()


@pytest.mark.parametrize(("trainer", "other"), [(spread, torn), (torn, spread)])
def test_shadows_of_several_algorithms_repair_what_one_of_another_algorithm_breaks(trainer, other):
    assert accuracy(attack_of("adversary-1", shadow(other)), target(trainer)) < 0.6
    assert accuracy(attack_of("adversary-1", shadow(torn), shadow(spread)), target(trainer)) > 0.9


def test_what_is_learned_on_other_classes_transfers():
    _, elsewhere = split(k=8, seed=5)
    attack = attack_of("adversary-1", shadow(spread, elsewhere))
    assert metrics.auc(target().member, attack.score(target().outputs)) > 0.95


def test_shokri_learns_a_model_per_class_from_all_shadows():
    attack = attack_of("shokri", *(shadow(spread, records) for records in split(seed=7)))
    assert set(attack.models) == {0, 1, 2}
    assert metrics.auc(target().member, attack.score(target().outputs)) > 0.95


def test_no_shadows_and_unlike_shadows_are_refused():
    with pytest.raises(InputError, match="got no models"):
        attack_of("adversary-1")
    with pytest.raises(InputError, match="models with 3 and 8 classes"):
        attack_of("shokri", shadow(spread), shadow(spread, split(k=8)[0]))


def test_the_number_of_posteriors_can_be_set():
    outputs = Outputs(np.random.default_rng(0).dirichlet(np.ones(3), size=50))
    one = learn(shadow(spread), np.random.default_rng(0), k=1)
    assert one.features(outputs.posteriors).shape == (50, 1)


def test_a_source_collects_what_the_plan_asks_for():
    seeds = Seeds(0)
    model = spread(TARGET.members, seeds.stream("target"))
    sources = {
        RandomQueries: TargetQueries(model, domain_of(TARGET.members.X), like=TARGET.members),
        ShadowModels: TrainedShadows(SHADOW, spread),
        Labels: Missing("no labels here"),
    }
    plan = plan_attacks(REGISTRY.values(), sources)
    assert plan.skipped["gap"] == plan.skipped["shokri"] == "no labels here"
    assert plan.skipped.keys() == attacks_that_need(Labels, ReferenceModels, Population)
    assert plan.cost == Cost(models=1, queries=1000)
    evidence = collect(plan, sources, seeds)
    assert len(evidence[RandomQueries]) == 1000
    [observations] = evidence[ShadowModels]
    np.testing.assert_array_equal(observations.ids, shadow(spread).ids)
    assert Labels not in evidence


def test_needs_of_a_kind_merge_to_the_largest():
    assert merge_needs([ShadowModels(1), RandomQueries(5), ShadowModels(3)]) == (
        ShadowModels(3),
        RandomQueries(5),
    )
    with pytest.raises(TypeError, match="different kinds of evidence"):
        Labels().merge(RandomQueries(1))
