"""Checks that every attack of the registry must pass; a file in ``attacks/`` is what adds one."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.stats import binom

from mlleaks import attacks
from mlleaks.attacks.needs import (
    AugmentedAnswers,
    BoundaryDistances,
    Evidence,
    Labels,
    NoisyAnswers,
    Population,
    RandomQueries,
    Records,
    ReferenceModels,
    ShadowModels,
    Variants,
)
from mlleaks.auditing.evaluating import evaluate
from mlleaks.stats import metrics
from mlleaks.types import Dataset, Outputs
from tests.synthetic import planted, planted_label_evidence, planted_references, planted_variants

GAP = 3.0
AUDITED = 4
"""The seed of the records that label-only evidence is about."""


def evidence(gap, seeds):
    shadow, queries = planted(gap, seed=seeds[0]), planted(0, seed=seeds[1]).outputs
    references = planted_references(gap, seed=seeds[0])
    names = references.further.ids
    population = planted(0, n=len(names), seed=seeds[1]).outputs
    records = np.random.default_rng(seeds[0]).normal(size=(len(references.audited) + len(names), 4))
    member = planted(gap, seed=AUDITED).member
    label_only = planted_label_evidence(gap, member, seeds[0])
    return {
        ShadowModels: (shadow,),
        RandomQueries: queries,
        Labels: True,
        ReferenceModels: references,
        Variants: planted_variants(gap, member, references, seed=seeds[1]),
        Population: Outputs(population.posteriors, population.labels, names),
        Records: Dataset("made", records, np.zeros(len(records), dtype=int), 5),
        NoisyAnswers: label_only,
        AugmentedAnswers: label_only,
        BoundaryDistances: label_only,
    }


ITEMS = evidence(GAP, (1, 2))
FULL = Evidence(ITEMS)
SPECS = attacks.REGISTRY


@pytest.fixture(scope="module", params=SPECS.values(), ids=SPECS.keys())
def spec(request):
    return request.param


@pytest.fixture(scope="module")
def attack(spec):
    return spec.build(FULL, np.random.default_rng(0))


def test_is_named_and_titled(spec):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", spec.name)
    assert spec.title
    assert len(spec.title) < 80
    assert spec.source
    assert {type(need) for need in (*spec.needs, *spec.uses)} <= ITEMS.keys()


def test_can_be_built_from_what_it_says_it_needs(spec):
    least = Evidence({type(need): ITEMS[type(need)] for need in spec.needs})
    scores = spec.build(least, np.random.default_rng(0)).score(planted(1).outputs)
    assert np.isfinite(scores).all()


def test_scores_are_one_finite_number_a_record(attack):
    scores = attack.score(planted(1).outputs)
    assert scores.shape == (2000,)
    assert np.isfinite(scores).all()


def test_rows_are_scored_independently(attack):
    outputs = planted(1).outputs
    order = np.random.default_rng(3).permutation(2000)
    np.testing.assert_allclose(attack.score(outputs.take(order)), attack.score(outputs)[order])


def test_does_not_write_to_its_input(attack):
    outputs = planted(1).outputs
    before = outputs.posteriors.copy()
    attack.score(outputs)
    np.testing.assert_array_equal(outputs.posteriors, before)


def test_finds_a_planted_leak(spec, attack):
    observations = planted(GAP, seed=AUDITED)
    verdict = evaluate(spec, attack, observations)
    assert verdict.estimates["auc"].low > 0.6
    assert verdict.p_value < 1e-6


def test_is_blind_without_a_leak(spec):
    clean = planted(0, seed=5)
    attack = spec.build(Evidence(evidence(0, (6, 7))), np.random.default_rng(0))
    flagged = attack.score(clean.outputs) > np.median(attack.score(clean.outputs))
    if flagged.any():
        hits = int((flagged & clean.member).sum())
        low, high = binom.ppf([0.0005, 0.9995], int(flagged.sum()), 0.5)
        assert low <= hits <= high
    assert abs(metrics.auc(clean.member, attack.score(clean.outputs)) - 0.5) < 0.04


def test_same_seed_same_scores(spec):
    first, again = (spec.build(FULL, np.random.default_rng(9)).score(planted(1).outputs) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_accepts_another_number_of_classes(attack):
    for k in (2, 3, 40):
        assert np.isfinite(attack.score(planted(1, n=100, k=k).outputs)).all()


def test_accepts_float32_and_saturated_answers(attack):
    hard = np.eye(5, dtype=np.float32)[np.arange(200) % 5]
    assert np.isfinite(attack.score(Outputs(hard, np.arange(200) % 5, np.arange(200)))).all()


def test_never_splits_ties(attack):
    p = np.repeat(planted(1, n=10).outputs.posteriors, 5, axis=0)
    labels = np.repeat(planted(1, n=10).outputs.labels, 5)
    scores = attack.score(Outputs(p, labels, np.repeat(np.arange(10), 5))).reshape(10, 5)
    np.testing.assert_array_equal(scores, scores[:, :1].repeat(5, axis=1))
