"""Kinds of scores: how often a decision from a few answers is right."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit, softmax

from mlleaks import ModelError
from mlleaks.targets.http.form_kinds import kind_of_numbers, kind_of_rows


@pytest.mark.parametrize("n", [5, 20])
@pytest.mark.parametrize("k", [2, 3, 10])
def test_posteriors_are_never_taken_for_logits_and_logits_hardly_ever_refused(k, n):
    rng, refused = np.random.default_rng(k * n), 0
    for _ in range(200):
        scores = rng.normal(size=(n, k)) * 3
        assert kind_of_rows(softmax(scores, axis=1), None, None) == "posteriors"
        assert kind_of_rows(softmax(scores, axis=1) * 100, None, None) == "percentages"
        try:
            assert kind_of_rows(scores, None, None) == "logits"
        except ModelError:
            refused += 1
    assert refused <= 4


def test_single_logits_are_never_taken_for_something_else():
    rng, refused = np.random.default_rng(0), 0
    for _ in range(200):
        p = rng.beta(0.5, 0.5, size=20)
        assert kind_of_numbers(p, 2) == "sigmoid"
        try:
            assert kind_of_numbers(logit(np.clip(p, 1e-9, 1 - 1e-9)), 2) == "logits"
        except ModelError:
            refused += 1
    assert refused <= 2


def test_log_probabilities_and_centred_logits_are_logits():
    p = np.random.default_rng(0).dirichlet(np.ones(4), size=20)
    assert kind_of_rows(np.log(p), None, None) == "logits"
    assert kind_of_rows(np.log(p) - np.log(p).mean(axis=1, keepdims=True), None, None) == "logits"


def test_counts_of_votes_are_refused():
    votes = np.random.default_rng(0).multinomial(500, [0.2, 0.3, 0.5], size=20).astype(float)
    with pytest.raises(ModelError, match="sum to 500"):
        kind_of_rows(votes, None, None)


def test_one_of_several_labels_is_refused():
    with pytest.raises(ModelError, match="sum to"):
        kind_of_rows(np.random.default_rng(0).uniform(size=(20, 5)), None, None)
    with pytest.raises(ModelError, match="a score for each of 3 classes"):
        kind_of_numbers(np.array([0.5, 0.2]), 3)
