"""The threat models that are more than one shadow: their worlds, seeds and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.auditing import collecting
from mlleaks.data.splits import four_way_member_split
from mlleaks.errors import InputError
from mlleaks.outputs.query import observe
from mlleaks.seeds import Seeds
from mlleaks.stats import metrics
from mlleaks.types import Dataset, Outputs


class Memory:
    """Gives the true class of a training record ``inside``, class 0 of any other record ``outside``.

    The rest goes to one other class, or evenly to all.
    """

    def __init__(self, data, rng, *, inside, outside, evenly):
        self.known = dict(zip(data.X[:, 0].tolist(), data.y.tolist(), strict=True))
        self.inside, self.outside, self.evenly = inside, outside, evenly
        self.k, self.noise = data.n_classes, int(rng.integers(2**31))

    def predict_proba(self, X):
        rng = np.random.default_rng(self.noise)
        answers = np.zeros((len(X), self.k))
        for p, x in zip(answers, X[:, 0].tolist(), strict=True):
            first, level = self.known.get(x, 0), self.inside if x in self.known else self.outside
            level = min(1, max(0.5, level + rng.normal(scale=0.03)))
            others = np.delete(np.arange(self.k), first)
            others = others if self.evenly else others[:1]
            p[others] = (1 - level) / len(others)
            p[first] = level
        return answers


def spread(data, rng):
    """Return a model that is surer of members, with its doubt spread over all classes."""
    return Memory(data, rng, inside=0.95, outside=0.7, evenly=True)


def torn(data, rng):
    """Return a model of another kind: surer of members too, but always torn between two classes."""
    return Memory(data, rng, inside=0.7, outside=0.5, evenly=False)


def world(n=1200, k=3, seed=0):
    rng = np.random.default_rng(seed)
    data = Dataset("made", rng.permutation(n)[:, None].astype(float), rng.integers(k, size=n), k)
    return four_way_member_split(data, rng)


TARGET, SHADOW = world()


def accuracy(attack, seen):
    return ((attack.score(seen.outputs) > attack.threshold) == seen.member).mean()


@pytest.mark.parametrize(("target", "other"), [(spread, torn), (torn, spread)])
def test_combining_repairs_what_a_shadow_of_another_algorithm_breaks(target, other):
    seen = observe(target(TARGET.members, np.random.default_rng(1)), TARGET)
    mismatched = collecting.adversary_1(SHADOW, other, Seeds(0))
    combined = collecting.combining(SHADOW, [torn, spread], Seeds(0))
    assert accuracy(mismatched, seen) < 0.6
    assert accuracy(combined, seen) > 0.9


def test_combining_one_algorithm_is_adversary_1():
    outputs = observe(spread(TARGET.members, np.random.default_rng(1)), TARGET).outputs
    alone, first = (
        collecting.combining(SHADOW, [spread], Seeds(3)),
        collecting.adversary_1(SHADOW, spread, Seeds(3)),
    )
    np.testing.assert_array_equal(alone.score(outputs), first.score(outputs))


@pytest.mark.parametrize("mount", ["combining", "shokri"])
def test_every_shadow_has_a_stream_that_one_more_does_not_touch(mount):
    def draws(count):
        drawn = []

        def train(data, rng):
            drawn.append(int(rng.integers(2**31)))
            return spread(data, rng)

        if mount == "combining":
            collecting.combining(SHADOW, [train] * count, Seeds(0))
        else:
            collecting.shokri([SHADOW] * count, train, Seeds(0))
        return drawn

    two, three = draws(2), draws(3)
    assert three[:2] == two
    assert len(set(three)) == 3


def test_adversary_2_takes_what_she_learned_over_to_other_classes():
    _, elsewhere = world(k=8, seed=5)
    attack = collecting.adversary_2(elsewhere, spread, Seeds(0))
    seen = observe(spread(TARGET.members, np.random.default_rng(1)), TARGET)
    assert metrics.auc(seen.member, attack.score(seen.outputs)) > 0.95


def test_shokri_learns_a_model_a_class_from_all_shadows():
    attack = collecting.shokri(world(seed=7), spread, Seeds(0))
    assert set(attack.models) == {0, 1, 2}
    seen = observe(spread(TARGET.members, np.random.default_rng(1)), TARGET)
    assert metrics.auc(seen.member, attack.score(seen.outputs)) > 0.95


def test_no_shadows_and_unlike_shadows_are_refused():
    with pytest.raises(InputError, match="got no models"):
        collecting.combining(SHADOW, [], Seeds(0))
    with pytest.raises(InputError, match="models with 3 and 8 classes"):
        collecting.shokri([SHADOW, world(k=8)[0]], spread, Seeds(0))


def test_the_number_of_posteriors_can_be_chosen():
    outputs = Outputs(np.random.default_rng(0).dirichlet(np.ones(3), size=50))
    one = collecting.adversary_1(SHADOW, spread, Seeds(0), k=1)
    assert one.features(outputs.posteriors).shape == (50, 1)
