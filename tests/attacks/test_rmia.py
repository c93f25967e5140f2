"""RMIA against its double loop over records and population, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from mlleaks.attacks.offline_prior import CANDIDATES, LEAST, USUAL, choose_offline_a
from mlleaks.attacks.rmia import rmia, rmia_scores
from mlleaks.errors import InputError
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.stats import metrics
from tests.attacks.reference_cases import posteriors, sides
from tests.synthetic import planted_references


def population(seed, z=25, m=9):
    """Return posteriors of a target ``(z,)`` and of reference models ``(m, z)``; some are 0 or 1."""
    target, references, _ = posteriors(seed + 100, z, m)
    return target, references


def prior(values, a):
    mean = max(sum(values) / len(values), LEAST)
    return mean if a is None else ((1 + a) * mean + (1 - a)) / 2


def slow(target, references, trained_on, z, *, a, gamma):
    """Equations 2 to 4 of the paper: each record against each record of the population."""
    of_records = []
    for record in range(len(target)):
        inside, outside = sides(references, trained_on, record)
        of_records.append(inside + outside if a is None else outside)
    means = [np.mean(values) for values in of_records if values]
    scores = []
    for x, values in zip(target, of_records, strict=True):
        ratio = x / prior(values or [np.mean(means)], a)
        wins = [ratio / (pz / prior(row, a)) > gamma if pz else ratio > 0 for pz, row in zip(*z, strict=True)]
        scores.append(sum(wins) / len(wins))
    return scores


@pytest.mark.parametrize("gamma", [1.0, 2.0, 0.7])
@pytest.mark.parametrize(
    ("mode", "a"), [("online", None), ("offline", 0.3), ("offline", 1.0), ("offline", 0)]
)
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_double_loop(seed, mode, a, gamma):
    target, references, trained_on = posteriors(seed)
    z, z_references = population(seed)
    settings = {"mode": mode, "gamma": gamma} | ({} if a is None else {"offline_a": a})
    scores = rmia_scores(
        target,
        references,
        trained_on=trained_on,
        population_target=z,
        population_references=z_references,
        **settings,
    )
    expected = slow(target, references, trained_on, (z, z_references.T.tolist()), a=a, gamma=gamma)
    np.testing.assert_allclose(scores, expected, 1e-9)


def test_the_constant_is_the_one_that_attacks_reference_models_best():
    rng = np.random.default_rng(0)
    trained_on = rng.random((6, 300)) < 0.5
    references = 1 / (1 + np.exp(-rng.normal(2 * trained_on + 2 * rng.normal(size=300))))
    sums = []
    for a in CANDIDATES:
        total = 0.0
        for player in range(6):
            rest = [i for i in range(6) if i != player]
            out = [[references[i, r] for i in rest if not trained_on[i, r]] for r in range(300)]
            usual = np.mean([np.mean(values) for values in out if values])
            priors = [prior(values or [usual], a) for values in out]
            total += metrics.auc(trained_on[player], references[player] / priors)
        sums.append(total)
    assert choose_offline_a(references, trained_on) == CANDIDATES[int(np.argmax(sums))]


def test_without_trained_records_the_constant_is_the_usual_one():
    target, references, _ = posteriors()
    never = np.zeros(references.shape, dtype=bool)
    z, z_references = population(0)
    arguments = {"trained_on": never, "population_target": z, "population_references": z_references}
    by_default, fixed = (
        rmia_scores(target, references, **arguments, mode="offline", **more)
        for more in ({}, {"offline_a": USUAL})
    )
    np.testing.assert_array_equal(by_default, fixed)


def test_further_records_that_models_were_trained_on_count_offline_without_these_models():
    references, rng = planted_references(2.0, n=200, further=80, models=6), np.random.default_rng(3)
    further = references.further
    trained_on = rng.random((6, 80)) < 0.5
    trained_on[0] = False  # every record has a model that never saw it
    mixed = References(
        references.audited,
        references.pairs,
        ReferenceSignals(further.values + 5.0 * trained_on, trained_on, further.labels, further.ids),
    )
    z = rng.normal(size=80)
    z[:5] = np.nan  # the target was not queried on these
    x, rows = rng.normal(size=200), np.arange(200)
    a = choose_offline_a(1 / (1 + np.exp(-mixed.audited.values)), mixed.audited.trained_on)
    p = 1 / (1 + np.exp(-mixed.further.values))
    ratios = []
    for record in range(5, 80):
        out = [p[model, record] for model in range(6) if not trained_on[model, record]]
        ratios.append(1 / (1 + np.exp(-z[record])) / prior(out, a))
    of_x = 1 / (1 + np.exp(-mixed.audited.values))
    expected = []
    for record in range(200):
        out = [of_x[model, record] for model in range(6) if not mixed.audited.trained_on[model, record]]
        ratio = 1 / (1 + np.exp(-x[record])) / prior(out, a)
        expected.append(np.mean([ratio > other for other in ratios]))
    np.testing.assert_allclose(rmia("offline")(mixed, z)(x, rows), expected, 1e-9)


def test_offline_evidence_chooses_the_constant_on_further_records():
    rng = np.random.default_rng(0)
    trained_on = np.repeat(rng.random((4, 400)) < 0.5, 2, axis=0)
    trained_on[1::2] ^= True
    hard = 2 * rng.normal(size=400)
    further = ReferenceSignals(
        rng.normal(hard + 3 * trained_on), trained_on, np.zeros(400, int), np.arange(400)
    )
    never = ReferenceSignals(
        rng.normal(size=(8, 50)), np.zeros((8, 50), bool), np.zeros(50, int), np.arange(400, 450)
    )
    references = References(never, np.repeat(np.arange(4), 2), further)
    a = choose_offline_a(1 / (1 + np.exp(-further.values)), trained_on)
    assert a != USUAL
    p, z = 1 / (1 + np.exp(-never.values)), rng.normal(size=400)
    x = rng.normal(size=50)
    got = rmia("offline")(references, z)(x, np.arange(50))
    of_z = 1 / (1 + np.exp(-further.values))
    priors = [prior([of_z[i, r] for i in range(8) if not trained_on[i, r]], a) for r in range(400)]
    of_population = 1 / (1 + np.exp(-z)) / priors
    for record in range(50):
        ratio = 1 / (1 + np.exp(-x[record])) / prior(p[:, record].tolist(), a)
        assert got[record] == pytest.approx(np.mean(ratio > of_population), abs=1e-9)


@pytest.mark.parametrize("target_population", [None, np.full(500, np.nan)])
def test_a_population_without_answers_is_refused(target_population):
    with pytest.raises(InputError, match="no record of a population that both the target"):
        rmia("online")(planted_references(1.0), target_population)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gamma": 0.0}, "gamma=0.0"),
        ({"offline_a": 0.3}, "offline_a=0.3"),
        ({"offline_a": 1.3, "mode": "offline"}, "offline_a in 0..1"),
        ({"mode": "both"}, "mode='both'"),
        (
            {"population_target": np.empty(0), "population_references": np.empty((9, 0))},
            "0 population records",
        ),
        (
            {"population_references": np.full((9, 3), 0.5)},
            r"a target of shape \(25,\), 9 references of shape",
        ),
        ({"population_target": np.full(25, 1.5)}, "posteriors outside of 0..1"),
        ({"population_target": np.full(25, np.nan)}, "25 values in the target's signals that are not finite"),
        ({"trained_on": np.zeros((9, 40))}, "trained_on of type float64"),
    ],
)
def test_refuses_what_does_not_fit(change, message):
    target, references, trained_on = posteriors()
    z, z_references = population(0)
    arguments = {"trained_on": trained_on, "population_target": z, "population_references": z_references}
    with pytest.raises(InputError, match=message):
        rmia_scores(target, references, **(arguments | change))


def test_logits_instead_of_posteriors_are_refused():
    target, references, trained_on = posteriors(1, n=25)
    with pytest.raises(InputError, match="posteriors outside of 0..1.*Pass posteriors, not logits"):
        rmia_scores(
            logit(np.clip(target, 0.01, 0.99)),
            references,
            trained_on=trained_on,
            population_target=target,
            population_references=references,
        )
