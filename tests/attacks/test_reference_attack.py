"""What attacks with reference models share: look-up by id, playing the target, thresholds, blindness."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.bayes_optimal import _fit
from mlleaks.attacks.clipping import choose_limit, is_saturated
from mlleaks.attacks.false_positives import FPR
from mlleaks.attacks.lira import lira
from mlleaks.attacks.needs import Evidence, Labels, Population, ReferenceModels
from mlleaks.attacks.reference_attack import (
    played,
    players_of,
    population_signals,
    reference_attack,
    threshold,
)
from mlleaks.errors import InputError
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.outputs.signals import scaled_logit
from mlleaks.stats import metrics
from mlleaks.stats.metrics import auc
from mlleaks.types import Outputs
from tests.synthetic import planted, planted_references


def null_audit(seed, n=200, models=8):
    """Return evidence and a target of records that differ in how hard they are; training leaves no trace."""
    rng = np.random.default_rng(seed)
    references = planted_references(0.0, n=n, further=150, models=models, seed=seed)
    hard = 2 * rng.normal(size=n + 150)

    def shifted(signals, hard):
        return ReferenceSignals(signals.values + hard, signals.trained_on, signals.labels, signals.ids)

    shifted_references = References(
        shifted(references.audited, hard[:n]), references.pairs, shifted(references.further, hard[n:])
    )
    p = 1 / (1 + np.exp(-rng.normal(hard)))
    labels = np.concatenate([references.audited.labels, references.further.labels])
    posteriors = np.repeat((1 - p)[:, None] / 4, 5, axis=1)
    posteriors[np.arange(n + 150), labels] = p
    outputs = Outputs(posteriors, labels, np.arange(n + 150))
    items = {
        ReferenceModels: shifted_references,
        Population: outputs.take(np.arange(n, n + 150)),
        Labels: True,
    }
    return Evidence(items), outputs.take(np.arange(n)), rng.permutation(n) % 2 == 0


BLIND = [
    name
    for name, spec in REGISTRY.items()
    if ReferenceModels in {type(need) for need in spec.needs}
    and {type(need) for need in spec.needs} <= {ReferenceModels, Population, Labels}
]
AUDITS = 12


@pytest.mark.parametrize("name", BLIND)
def test_is_blind_where_training_leaves_no_trace(name):
    """The mean AUC of exchangeable scores has a standard error below sqrt((2n + 1) / 12 n^2 / audits)."""
    aucs = []
    for seed in range(AUDITS):
        evidence, outputs, member = null_audit(seed)
        attack = REGISTRY[name].build(evidence, np.random.default_rng(0))
        aucs.append(metrics.auc(member, attack.score(outputs)))
    error = np.sqrt(201 / (12 * 100**2) / AUDITS)
    assert abs(np.mean(aucs) - 0.5) < 6 * error  # by chance: 2e-9


def test_a_reference_model_that_plays_is_attacked_without_its_pair():
    references = planted_references(2.0, n=50, models=8)
    fitted = []

    def fit(rest, population):
        fitted.append((rest, population))
        return lambda signals, rows: signals

    players = [model for model, _ in played(references, fit, 2)]
    assert players == [0, 1, 2, 3]
    for model, (rest, population) in zip(players, fitted, strict=True):
        assert rest.n_models == 6
        assert references.pairs[model] not in rest.pairs
        np.testing.assert_array_equal(population, references.further.values[model])


def test_a_player_has_no_population_records_that_it_was_trained_on():
    references = planted_references(1.0, n=20, further=30, models=4)
    further = references.further
    trained_on = np.arange(4)[:, None] % 2 == np.arange(30) % 2
    mixed = References(
        references.audited,
        references.pairs,
        ReferenceSignals(further.values, trained_on, further.labels, further.ids),
    )
    populations = []

    def fit(rest, population):
        populations.append(population)
        return lambda signals, rows: signals

    list(played(mixed, fit, 2))
    np.testing.assert_array_equal(np.isnan(populations), trained_on)


def test_the_threshold_flags_one_unseen_record_in_a_hundred():
    references = planted_references(2.0, n=1000, models=8)
    attack = reference_attack(Evidence({ReferenceModels: references}), _fit)
    above = [
        scores[~references.audited.trained_on[model]] > attack.threshold
        for model, scores in played(references, _fit, 4)
    ]
    share = np.concatenate(above).mean()
    assert FPR - 1 / 4000 <= share <= FPR


def test_a_single_pair_has_no_threshold():
    assert np.isnan(threshold(players_of(planted_references(1.0, n=20, models=2), _fit)))


def test_records_are_looked_up_by_id():
    references = planted_references(2.0, n=100)
    attack = reference_attack(Evidence({ReferenceModels: references}), _fit)
    outputs = planted(1, n=100).outputs
    rows = np.array([7, 3, 99])
    np.testing.assert_array_equal(attack.score(outputs.take(rows)), attack.score(outputs)[rows])
    stranger = Outputs(outputs.posteriors[:1], outputs.labels[:1], np.array([5000]))
    with pytest.raises(InputError, match="1 records that the reference models were not queried on"):
        attack.score(stranger)
    with pytest.raises(InputError, match="outputs without labels or ids"):
        attack.score(Outputs(outputs.posteriors))


def test_the_target_s_population_is_aligned_with_further_records():
    references = planted_references(1.0, n=20, further=6, models=2)
    outputs = planted(0, n=3).outputs
    population = Outputs(outputs.posteriors, outputs.labels, np.array([25, 20, 22]))
    signals = population_signals(references, population)
    expected = scaled_logit(outputs.posteriors, outputs.labels)
    np.testing.assert_array_equal(signals, [expected[1], np.nan, expected[2], np.nan, np.nan, expected[0]])


def test_the_limit_is_the_one_that_attacks_best():
    references = planted_references(2.0, n=600)
    audited = references.audited
    atoms = np.where(np.arange(600) % 3 == 0, 100.0, audited.values)  # a forest: infinite logits
    atoms[:, ::3] *= np.random.default_rng(0).random((8, 200)) < 0.8
    forest = References(
        ReferenceSignals(atoms, audited.trained_on, audited.labels, audited.ids), references.pairs
    )
    assert is_saturated(forest)
    assert not is_saturated(references)
    attack = partial(lira, "global", "online")

    def power(limit):
        values = []
        for model, scores in played(forest, attack(limit), 2):
            member = audited.trained_on[model]
            curve = metrics.roc(member, scores)
            values.append(metrics.auc(member, scores) + metrics.tpr_at_fpr(curve, 0.01))
        return np.mean(values)

    limit = choose_limit(forest, attack)
    assert limit < 10
    assert power(limit) > power(np.inf) + 0.05


def test_models_trained_on_all_or_none_do_not_choose_the_limit():
    references = planted_references(1.0, n=30, models=4)
    audited = references.audited
    trained_on = np.arange(4)[:, None] % 2 == np.zeros(30)
    extreme = References(
        ReferenceSignals(audited.values, trained_on, audited.labels, audited.ids), references.pairs
    )
    assert choose_limit(extreme, partial(lira, "global", "online")) == np.inf


def test_the_auc_of_the_limit_is_that_of_the_statistics():
    rng = np.random.default_rng(0)
    member, scores = rng.random(500) < 0.3, rng.integers(20, size=500).astype(float)
    assert auc(member, scores) == pytest.approx(metrics.auc(member, scores), abs=1e-12)


@pytest.mark.parametrize("name", ["lira", "lira-per-record", "lira-offline", "student-t", "class-proxies"])
def test_no_threshold_comes_from_players_with_one_model_on_each_side(name):
    """They have no variance: the scores of four models' target were of another order of magnitude."""
    for models, undefined in ((4, True), (5, True), (6, False)):
        references = planted_references(2.0, n=200, models=6).models(np.arange(models))
        attack = REGISTRY[name].build(Evidence({ReferenceModels: references}), np.random.default_rng(0))
        assert np.isnan(attack.threshold) == undefined


def test_models_trained_on_all_records_give_no_threshold():
    signals = planted_references(1.0, n=30, models=4).audited
    everything = ReferenceSignals(
        signals.values, np.ones_like(signals.trained_on), signals.labels, signals.ids
    )
    assert np.isnan(threshold(players_of(References(everything, np.arange(4)), _fit)))
