"""Models that are asked again: noise is noted, what depends on the call is refused."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest

import mlleaks
from mlleaks.outputs.logits import SoftmaxModel
from mlleaks.outputs.query import observe
from mlleaks.outputs.stability import Repeats, query_again, refuse_unstable
from mlleaks.types import Dataset, MemberSplit

N, K = 120, 4


def side(name, seed, n=N):
    rng = np.random.default_rng(seed)
    return Dataset(name, rng.normal(size=(n, K)), rng.integers(K, size=n), K)


SPLIT = MemberSplit(side("members", 1), side("nonmembers", 2))


def softmax(logits):
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


class Plain:
    """Depends on the record alone; the others below add what they are named after."""

    def __init__(self, seed=0):
        self.rng, self.calls = np.random.default_rng(seed), 0

    def predict_proba(self, X):
        self.calls += 1
        return softmax(self.logits(X))

    def logits(self, X):
        return 2 * X


class Noisy(Plain):
    def __init__(self, seed=0, scale=0.5):
        super().__init__(seed)
        self.scale = scale

    def logits(self, X):
        return 2 * X + self.rng.normal(scale=self.scale, size=X.shape)


class HeavyTailed(Plain):
    def logits(self, X):
        return 2 * X + 0.1 * self.rng.standard_t(1.5, size=X.shape)


class Dropout(Plain):
    def logits(self, X):
        return 2 * X * (self.rng.random(X.shape) > 0.3)


class Rounding(Plain):
    """Has other last bits in each call, as float32 in batches of other sizes has."""

    def logits(self, X):
        return 2 * X + 1e-6 * self.rng.normal(size=X.shape)


class Constant(Plain):
    def logits(self, X):
        return 0 * X


class Position(Plain):
    def logits(self, X):
        return 2 * X + np.sin(np.arange(len(X)))[:, None] * np.arange(K)


class SeededNoise(Plain):
    """Starts the same noise anew in each call: it belongs to positions."""

    def logits(self, X):
        return 2 * X + np.random.default_rng(0).normal(size=X.shape)


class Batch(Plain):
    """Normalises over the batch, as a network in training mode does."""

    def logits(self, X):
        return 2 * (X - X.mean(axis=0)) / X.std(axis=0)


class Company(Plain):
    """Ranks each record among those it is asked with."""

    def logits(self, X):
        return 4 * X.argsort(axis=0).argsort(axis=0) / len(X) * np.arange(K)


class Drifting(Plain):
    """Gets more confident from call to call."""

    def logits(self, X):
        return (0.5 + 0.2 * self.calls) * X


class Tired(Plain):
    """Answers nothing any more after some calls."""

    def logits(self, X):
        return 2 * X * (self.calls < 4)


class Alternating(Plain):
    def logits(self, X):
        return X * (1 + self.calls % 2)


class Random(Plain):
    def logits(self, X):
        return self.rng.normal(size=X.shape)


def repeats_of(model, seed=0, split=SPLIT):
    return query_again(model, split, observe(model, split), np.random.default_rng(seed))


@pytest.mark.parametrize("model", [Plain, Rounding, Constant])
def test_models_that_answer_alike_are_not_mentioned(model):
    assert refuse_unstable(repeats_of(model())) == ()


@pytest.mark.parametrize("model", [Noisy, HeavyTailed, Dropout, partial(Noisy, scale=0.02)])
def test_noise_drawn_for_each_answer_is_noted_and_never_refused(model):
    for seed in range(40):
        (note,) = refuse_unstable(repeats_of(model(seed), seed))
        assert note.startswith("Asked again, the model answers the same record differently")


def test_few_records_are_enough_to_tell_noise():
    few = MemberSplit(side("members", 1, 20), side("nonmembers", 2, 20))
    for seed in range(40):
        assert len(refuse_unstable(repeats_of(Dropout(seed), seed, few))) == 1


@pytest.mark.parametrize("model", [Position, SeededNoise, Batch, Company, Drifting, Tired, Alternating])
def test_answers_that_depend_on_the_call_are_refused(model):
    with pytest.raises(mlleaks.ModelError, match="change with the call.*evaluation mode"):
        refuse_unstable(repeats_of(model()))


@pytest.mark.parametrize("seed", range(5))
def test_random_answers_are_noted(seed):
    (note,) = refuse_unstable(repeats_of(Random(seed), seed))
    spread, between = map(float, re.findall(r"(?:by|records:) ([\d.]+)", note)[:2])
    assert spread == pytest.approx(between, rel=0.2)


class Warm(Plain):
    """Is more confident about a fifth of all records in its first call."""

    def logits(self, X):
        return X * np.where((self.calls == 1) & (X[:, :1] > 0.8), 4, 1)


class Randomised(Plain):
    """Answers with a class alone, in three of ten cases with any."""

    def logits(self, X):
        lying = self.rng.random((len(X), 1)) < 0.3
        return 50.0 * np.eye(K)[np.where(lying[:, 0], self.rng.integers(K, size=len(X)), X.argmax(axis=1))]


def test_a_change_of_some_records_in_one_direction_is_refused():
    split = MemberSplit(side("members", 1, 400), side("nonmembers", 2, 400))
    with pytest.raises(mlleaks.ModelError, match="change with the call"):
        refuse_unstable(repeats_of(Warm(), split=split))


def test_a_noise_defense_is_never_refused():
    for seed in range(40):
        assert len(refuse_unstable(repeats_of(Randomised(seed), seed))) == 1


def test_no_more_queries_are_asked_than_are_stated():
    large = MemberSplit(side("members", 1, 500), side("nonmembers", 2, 500))
    for split, queries in (
        (large, 800),
        (MemberSplit(side("members", 1, 20), side("nonmembers", 2, 30)), 50),
    ):
        sizes = []

        class Counting(Plain):
            def logits(self, X, sizes=sizes):
                sizes.append(len(X))
                return X

        repeats = repeats_of(Counting(), split=split)
        assert repeats.queries == sum(sizes[2:]) == queries


def test_the_note_has_the_largest_difference():
    p = softmax(np.random.default_rng(0).normal(size=(40, 3)))
    second, third = p.copy(), p.copy()
    second[5] = p[5][[1, 2, 0]]
    (note,) = refuse_unstable(Repeats(p, second, third))
    largest = np.abs(p[5] - second[5]).max()
    assert f"at most by {largest:.2g}" in note
    spread = re.search(r"by (\S+) on average", note)
    assert spread is not None
    assert float(spread[1]) == pytest.approx(largest / 40, rel=0.05)


def test_answers_are_compared_record_by_record():
    model = Plain()
    repeats = repeats_of(model)
    np.testing.assert_array_equal(repeats.first, repeats.second)
    np.testing.assert_array_equal(repeats.second, repeats.third)
    assert repeats.between > 0.1


def audited(model, **options):
    members, nonmembers = ((half.X, half.y) for half in (SPLIT.members, SPLIT.nonmembers))
    return mlleaks.audit(model, members=members, nonmembers=nonmembers, **options)


def test_an_audit_notes_noise_and_counts_the_queries():
    result = audited(Dropout()).result
    assert any("Asked again" in note for note in result.notes)
    assert result.provenance["settings"]["repeated queries"] == 2 * N
    assert not any("Asked again" in note for note in audited(Plain()).result.notes)


def test_an_audit_refuses_what_depends_on_the_call():
    with pytest.raises(mlleaks.ModelError, match="change with the call"):
        audited(Drifting())


def test_an_audit_of_a_trainer_asks_its_model_again():
    data = Dataset("made", *(np.concatenate(parts) for parts in zip(*map(_parts, range(2)), strict=True)), K)
    assert any("Asked again" in note for note in mlleaks.audit_trainer(data, dropping).result.notes)


def _parts(seed):
    half = side("", seed)
    return half.X, half.y


def dropping(data, rng):
    return Dropout()


def test_logits_are_compared_as_posteriors():
    class Shifted(Plain):
        def predict_proba(self, X):
            self.calls += 1
            return 2 * X - self.calls  # the same posteriors

    model = SoftmaxModel(Shifted())
    repeats = query_again(model, SPLIT, observe(model, SPLIT), np.random.default_rng(0))
    assert refuse_unstable(repeats) == ()
