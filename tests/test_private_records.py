"""Models and trainers that write into what they are given change neither the records nor the figures."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

import mlleaks
from mlleaks.auditing.collecting import observe_shadow
from mlleaks.data.membership_plan import plan_members
from mlleaks.defenses import memguard
from mlleaks.outputs.query import BATCH, query
from mlleaks.seeds import Seeds
from mlleaks.shadows import InProcess, train_shadows
from mlleaks.types import Dataset, MemberSplit

N, WIDTH = 60, 4


def side(seed, n=N):
    rng = np.random.default_rng(seed)
    X = rng.normal(5, 3, size=(n, WIDTH))
    return X, (X[:, 0] + rng.normal(size=n) > 5).astype(np.int64)


FORMS = {
    "array": lambda X: X,
    "Fortran array": np.asfortranarray,
    "sparse": sparse.csr_array,
    "DataFrame": lambda X: pd.DataFrame(X, columns=list("abcd")),
    "columns of objects": lambda X: pd.DataFrame(X, columns=list("abcd")).assign(e="text"),
}


def dense(X):
    if sparse.issparse(X):
        return X.toarray()
    return X.to_numpy() if isinstance(X, pd.DataFrame) else X


class Writing:
    """Answers, then scribbles over the records."""

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-dense(X)[:, 0].astype(float)))
        if sparse.issparse(X):
            X.data[:] = -1
        elif isinstance(X, pd.DataFrame):
            X.iloc[:, :] = X.iloc[0]
            del X["a"], X["b"]
        else:
            X[:] = -1
        return np.column_stack([1 - p, p])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_model_that_writes_into_its_records_leaves_them_as_they_were(form):
    sides = [(form(side(seed)[0]), side(seed)[1]) for seed in (1, 2)]
    before = deepcopy(sides)
    mlleaks.audit(Writing(), members=sides[0], nonmembers=sides[1])
    for (X, _), (was, _) in zip(sides, before, strict=True):
        np.testing.assert_array_equal(dense(X), dense(was))


@pytest.mark.parametrize("scaler", [StandardScaler, MaxAbsScaler])
@pytest.mark.parametrize("form", [FORMS["array"], FORMS["sparse"]], ids=["array", "sparse"])
def test_a_pipeline_that_scales_in_place_is_audited_like_one_that_copies(scaler, form):
    reports = []
    for copy in (True, False):
        sides = [(form(side(seed)[0]), side(seed)[1]) for seed in (1, 2, 3)]
        scaling = scaler(copy=copy, **({"with_mean": False} if scaler is StandardScaler else {}))
        model = make_pipeline(scaling, LogisticRegression()).fit(form(side(1)[0]), side(1)[1])
        members, nonmembers, shadow = sides
        reports.append(mlleaks.audit(model, members=members, nonmembers=nonmembers, shadow=shadow))
    pd.testing.assert_frame_equal(reports[0].to_frame(), reports[1].to_frame())


class Buffered:
    """Fills the same array in each call."""

    def __init__(self):
        self.buffer = np.empty((BATCH, 2))

    def predict_proba(self, X):
        answers = self.buffer[: len(X)]
        answers[:, 1] = X[:, 0]
        answers[:, 0] = 1 - answers[:, 1]
        return answers


def test_answers_are_kept_before_the_next_ones_overwrite_them():
    X = np.random.default_rng(0).random((2 * BATCH + 5, 1))
    np.testing.assert_array_equal(query(Buffered(), X)[:, 1], X[:, 0])


class Watching:
    """Notes how large each batch is, and whether it is memory of the caller's."""

    def __init__(self, X):
        self.X, self.sizes, self.shared = X, [], False

    def predict_proba(self, X):
        self.sizes.append(len(X))
        self.shared |= np.shares_memory(X, self.X)
        return np.full((len(X), 2), 0.5)


def test_only_one_batch_at_a_time_is_copied():
    X = np.zeros((2 * BATCH + 5, 3), dtype=np.float32)
    model = Watching(X)
    query(model, X)
    assert model.sizes == [BATCH, BATCH, 5]
    assert not model.shared


def test_records_that_cannot_be_written_to_reach_the_model_writable():
    X = side(1)[0]
    X.flags.writeable = False
    assert query(Writing(), X).shape == (N, 2)


def scribbling(data, rng):
    """Train, then scribble over records, classes and ids."""
    model = LogisticRegression().fit(data.X.copy(), data.y.copy())
    data.X[:], data.y[:], data.ids[:] = -1, 0, 0
    return model


def plain(data, rng):
    return LogisticRegression().fit(data.X, data.y)


def test_an_audit_of_a_trainer_that_writes_into_its_records_is_the_same():
    frames = []
    for trainer in (plain, scribbling):
        data = Dataset("made", *side(0, 4 * N), 2)
        frames.append(mlleaks.audit_trainer(data, trainer).to_frame())
        np.testing.assert_array_equal(data.X, side(0, 4 * N)[0])
    pd.testing.assert_frame_equal(*frames)


def test_shadows_of_a_trainer_that_writes_into_its_records_are_the_same(tmp_path):
    answers = []
    for trainer in (plain, scribbling):
        data = Dataset("made", *side(0), 2)
        made = plan_members(N, 3, np.random.default_rng(0))
        folder = tmp_path / trainer.__name__
        shadows = train_shadows(trainer, data, made, Seeds(0), folder=folder, backend=InProcess())
        answers.append([shadows.answers(i) for i in range(3)])
        np.testing.assert_array_equal(data.X, side(0)[0])
    np.testing.assert_array_equal(*answers)


def test_the_signal_of_answers_cannot_change_the_classes(tmp_path):
    def keep(posteriors, labels):
        signal = posteriors[np.arange(len(labels)), labels]
        labels[:] = 0
        return signal

    data = Dataset("made", *side(0), 2)
    made = plan_members(N, 2, np.random.default_rng(0))
    train_shadows(plain, data, made, Seeds(0), folder=tmp_path, signal=keep)
    np.testing.assert_array_equal(data.y, side(0)[1])


def test_a_defense_that_observes_its_own_model_observes_the_records_as_they_were():
    data = Dataset("made", *side(0, 200), 2)
    answers = [
        memguard(trainer)(data, np.random.default_rng(0)).predict_proba(data.X)
        for trainer in (plain, scribbling)
    ]
    np.testing.assert_array_equal(*answers)


def test_a_mask_that_writes_into_answers_leaves_the_models_own():
    def even(posteriors):
        posteriors[:] = 0.5
        return posteriors

    class Table:
        answers = np.tile([0.9, 0.1], (N, 1))

        def predict_proba(self, X):
            return self.answers

    mlleaks.defenses.mask_model(Table(), even).predict_proba(np.zeros((N, 1)))
    assert Table.answers[0, 0] == 0.9


def test_a_shadow_is_observed_on_what_it_was_trained_on():
    split = MemberSplit(*(Dataset("made", *side(seed), 2) for seed in (1, 2)))
    observations = observe_shadow(split, scribbling, np.random.default_rng(0))
    expected = LogisticRegression().fit(*side(1)).predict_proba(side(1)[0])
    np.testing.assert_array_equal(observations.outputs.posteriors[:N], expected)
