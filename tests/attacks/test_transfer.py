"""Adversary 2's attack that the package brings along, and the file it stands in."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
import pytest

from mlleaks.attacks.top_k import LearnedAttack, learn
from mlleaks.attacks.transfer import from_json, pooled, pretrained, to_json
from mlleaks.errors import InputError
from mlleaks.stats import metrics
from tests.synthetic import planted

TEXT = (resources.files("mlleaks.attacks") / "transferred.json").read_text()


def changed(**weights):
    document = json.loads(TEXT)
    document["weights"] |= weights
    return json.dumps(document)


def test_the_file_is_small_and_says_where_it_comes_from():
    assert len(TEXT) < 10_000
    provenance = json.loads(TEXT)["provenance"]
    assert {"data sets", "seed", "scale", "versions", "date"} <= set(provenance)
    assert all("Trainer(epochs=50" in trainer for trainer in provenance["data sets"].values())


@pytest.mark.parametrize("k", [3, None, 1])
def test_a_round_trip_changes_no_score_by_a_millionth(k):
    attack = learn(planted(3, seed=1), np.random.default_rng(0), k=k)
    again, outputs = from_json(to_json(attack, {})), planted(3, seed=2).outputs
    np.testing.assert_allclose(again.score(outputs), attack.score(outputs), rtol=0, atol=1e-6)
    assert again.threshold == attack.threshold
    assert to_json(again, {}) == to_json(attack, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON"),
        ("[1]", "without an object 'weights'"),
        ("{}", "without an object 'weights'"),
        (TEXT.replace('"schema":1', '"schema":2'), "schema 2"),
        (TEXT.replace('"threshold":0.5', '"threshold":[0.5]'), "threshold of shape"),
        (TEXT.replace('"threshold":0.5,', ""), "threshold that are missing"),
        (changed(output_bias=None), "output_bias that are missing"),
        (changed(output_bias=float("nan")), "output_bias that are missing, nan"),
        (changed(output_bias="much"), "output_bias that are no rectangle"),
        (changed(hidden_weights=[[1], [2, 3], [4]]), "hidden_weights that are no rectangle"),
        (changed(hidden_weights=[]), r"hidden_weights of shape \(0,\)"),
        (changed(hidden_biases=[0.0] * 63), r"hidden_biases of shape \(63,\)"),
        (changed(output_weights=[[0.0]] * 64), r"output_weights of shape \(64, 1\)"),
    ],
)
def test_a_damaged_file_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        from_json(text)


def test_an_attack_over_other_features_cannot_be_stored():
    attack = LearnedAttack(pretrained().classifier, features=np.sort)
    with pytest.raises(InputError, match="over the features"):
        to_json(attack, {})


def test_sources_weigh_alike_and_may_differ_in_classes():
    """Few records of a leaking source are not drowned by many of a clean one with other classes."""
    few, many = planted(4, n=300, k=3, seed=1), planted(0, n=20_000, k=20, seed=2)
    attack, target = pooled([few, many], np.random.default_rng(0)), planted(4, k=3, seed=3)
    scores = attack.score(target.outputs)
    assert metrics.auc(target.member, scores) > 0.85
    assert (scores > attack.threshold)[target.member].mean() > 0.8


def test_pooling_needs_both_sides_of_every_source():
    members = planted(1, n=100).take(np.flatnonzero(planted(1, n=100).member))
    with pytest.raises(InputError, match="a source with 50 members and 0 non-members"):
        pooled([members], np.random.default_rng(0))
    with pytest.raises(InputError, match="0 sources and per_source=2000"):
        pooled([], np.random.default_rng(0))
    with pytest.raises(InputError, match="1 sources and per_source=1"):
        pooled([planted(1, n=100)], np.random.default_rng(0), per_source=1)
