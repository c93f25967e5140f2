"""Attack P against its interpolation in plain loops, per class and over all."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.attacks.needs import Evidence, Population
from mlleaks.attacks.population_attack import ATTACKS, ENOUGH, population_scores
from mlleaks.errors import InputError
from mlleaks.types import Outputs
from tests.attacks.test_reference_quantile import slow
from tests.synthetic import planted


def losses(seed, n):
    rng = np.random.default_rng(seed)
    values = rng.exponential(size=n)
    values[:4] = 0.0, 0.0, 103.0, values[4]
    return values, np.where(rng.random(n) < 0.2, 0, np.where(rng.random(n) < 0.5, 1, 2))


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_interpolation(seed):
    population, classes = losses(seed, 3 * ENOUGH)
    target, labels = losses(seed + 10, 50)
    labels[0], target[5:8] = 7, population[:3]  # a class that the population has not
    counts = np.bincount(classes, minlength=8)
    assert counts[0] < ENOUGH <= counts[1]
    expected = [
        slow(x, sorted(population[classes == c] if counts[c] >= ENOUGH else population))
        for x, c in zip(target, labels, strict=True)
    ]
    scores = population_scores(target, labels, population=population, population_labels=classes)
    np.testing.assert_allclose(scores, expected, 1e-9)


def test_flags_one_record_in_a_hundred_of_the_population_itself():
    outputs = planted(0, n=20_000).outputs
    half = np.arange(10_000)
    attack = ATTACKS[0].build(Evidence({Population: outputs.take(half)}), np.random.default_rng(0))
    flagged = (attack.score(outputs.take(half + 10_000)) > attack.threshold).sum()
    assert 40 <= flagged <= 170  # 100 expected; 6 standard deviations of both samples


def test_labels_are_needed():
    outputs = planted(1, n=300).outputs
    bare = Outputs(outputs.posteriors)
    with pytest.raises(InputError, match="outputs without labels"):
        ATTACKS[0].build(Evidence({Population: bare}), np.random.default_rng(0))
    attack = ATTACKS[0].build(Evidence({Population: outputs}), np.random.default_rng(0))
    with pytest.raises(InputError, match="outputs without labels"):
        attack.score(bare)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"population": np.empty(0), "population_labels": np.empty(0, int)}, "an empty population"),
        ({"population": np.array([-0.1])}, "the population's losses .* some negative or not a number"),
        ({"population": np.array([np.nan])}, "some negative or not a number"),
        ({"population_labels": np.array([0, 1])}, r"shape \(1,\) with labels of shape \(2,\)"),
        ({"labels": np.array([0, 1])}, r"the target's losses of shape \(1,\) with labels of shape \(2,\)"),
    ],
)
def test_refuses_what_does_not_fit(change, message):
    one, zero = np.ones(1), np.zeros(1, dtype=int)
    arguments = {"labels": zero, "population": one, "population_labels": zero} | change
    with pytest.raises(InputError, match=message):
        population_scores(one, **arguments)
