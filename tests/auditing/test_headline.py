"""The attack that leads is chosen by whether reference models answer as the target does, not by the leak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Evidence, Population, ReferenceModels
from mlleaks.auditing.headline import choose_headline
from mlleaks.auditing.planning import AttackPlan
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.types import Observations, Outputs

N = 1000
PLAN = AttackPlan(tuple(REGISTRY.values()), {}, (), ())


def outputs(signals, ids):
    p = expit(signals)
    return Outputs(np.column_stack([p, 1 - p]), np.zeros(len(p), dtype=int), ids)


def offline(shift=0.0, gap=4.0):
    """Offline evidence, and a target that leaks; ``shift`` is the difference to its references."""
    rng = np.random.default_rng(0)
    half = np.stack([rng.permutation(N) % 2 == 0 for _ in range(4)])
    trained_on = np.concatenate([half, ~half])
    never, classes, ids = np.zeros((8, N), dtype=bool), np.zeros(N, dtype=int), np.arange(2 * N)
    references = References(
        ReferenceSignals(rng.normal(size=(8, N)), never, classes, ids[:N]),
        np.tile(np.arange(4), 2),
        ReferenceSignals(rng.normal(gap * trained_on), trained_on, classes, ids[N:]),
    )
    member = rng.permutation(N) % 2 == 0
    target = Observations(outputs(rng.normal(gap * member + shift), ids[:N]), member)
    population = outputs(rng.normal(shift, size=500), ids[N : N + 500])
    return {ReferenceModels: references, Population: population}, target


def test_offline_a_leak_is_no_mismatch():
    evidence, target = offline()
    assert choose_headline(PLAN, Evidence(evidence), target) == ("combined", ())


@pytest.mark.parametrize("gap", [0.0, 4.0])
def test_offline_another_level_of_confidence_is_a_mismatch(gap):
    evidence, target = offline(shift=1.0, gap=gap)
    leader, [note] = choose_headline(PLAN, Evidence(evidence), target)
    assert leader == "base"
    assert "do not answer as the target does" in note


def test_offline_without_a_population_nothing_can_be_compared():
    evidence, target = offline(shift=1.0)
    del evidence[Population]
    assert choose_headline(PLAN, Evidence(evidence), target) == ("combined", ())


def test_without_reference_models_the_best_attack_leads():
    _, target = offline()
    assert choose_headline(PLAN, Evidence({}), target) == (None, ())


def test_online_the_audited_records_are_compared():
    evidence, target = offline()
    references = evidence[ReferenceModels]
    half = np.random.default_rng(1).random((8, N)) < 0.5
    audited = replace(references.audited, trained_on=half, values=np.random.default_rng(2).normal(4.0 * half))
    online = Evidence({ReferenceModels: References(audited, references.pairs)})
    assert choose_headline(PLAN, online, target) == ("combined", ())
    p = expit(np.random.default_rng(3).normal(4.0, size=N))
    certain = Observations(
        Outputs(np.column_stack([p, 1 - p]), target.outputs.labels, target.ids), target.member
    )
    assert choose_headline(PLAN, online, certain)[0] == "base"
