"""The context of studies: membership, stored answers, and stored rows."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin

import mlleaks
from mlleaks.data import protocol
from mlleaks.data.protocol import SHADOW, TARGET, protocol_split
from mlleaks.models import CNNTrainer, MLPTrainer, SklearnTrainer
from mlleaks.shadows import InProcess
from mlleaks.storage.memo import PACKAGE, files_of, key_of, memoize
from mlleaks.studies import REGISTRY as studies
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.scale import SMOKE, scale_named
from mlleaks.studies.paper import first_adversary, overfitting
from mlleaks.types import Dataset
from tests.synthetic import masks_of

SMALL = replace(SMOKE, epochs=3, shadows=4, queries=30, largest_part=60)
ROLES = range(1 + SMALL.shadows)


def split(seed, scale=SMALL):
    return protocol_split(
        mlleaks.load_dataset("digits"), seed, largest_part=scale.most("digits"), queries=scale.queries
    )


class Memory(ClassifierMixin, BaseEstimator):
    """Sure of every record that it was trained on, and of no other."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.rows_ = {row.tobytes() for row in X}
        return self

    def predict_proba(self, X):
        sure, unsure = np.eye(len(self.classes_))[0], np.full(len(self.classes_), 1 / len(self.classes_))
        return np.array([sure if row.tobytes() in self.rows_ else unsure for row in X])


@pytest.fixture(scope="module")
def digits():
    return mlleaks.load_dataset("digits")


def study_context(folder, size=SMALL):
    return StudyContext(folder, size, InProcess())


def fingerprint(made):
    return made.pool.ids.tolist(), made.queries.tobytes(), made.plan(4).bits.tobytes()


def test_four_disjoint_parts_in_their_roles(digits):
    made = split(0)
    assert made.size == 60
    assert len(set(made.pool.ids.tolist())) == len(made.pool) == 240
    np.testing.assert_array_equal(made.pool.X, digits.X[made.pool.ids])
    np.testing.assert_array_equal(made.pool.y, digits.y[made.pool.ids])
    plan = made.plan(SMALL.shadows)
    assert len(plan) == len(ROLES)
    assert masks_of(plan).sum(axis=1).tolist() == [60] * len(ROLES)
    assert plan.members(TARGET).tolist() == list(range(60))
    assert plan.members(SHADOW).tolist() == list(range(120, 180))
    for role in ROLES:
        rows, member = np.arange(240)[made.evaluated_rows(role)], made.member(role, plan)
        assert len(rows) == 120
        assert rows[member].tolist() == plan.members(role).tolist()
        np.testing.assert_array_equal(made.labels(role), made.pool.y[rows])


def test_further_shadows_train_on_halves_of_the_shadows_records(digits):
    made = split(0)
    masks = masks_of(made.plan(6))[2:]
    assert not masks[:, :120].any()
    assert len({mask.tobytes() for mask in masks}) == len(masks)
    assert masks[:, 120:180].any(axis=1).all()
    assert masks[:, 180:].any(axis=1).all()


def test_more_shadows_leave_the_first_ones_as_they_are(digits):
    made = split(0)
    np.testing.assert_array_equal(made.plan(10).bits[:5], made.plan(4).bits)


def test_a_seed_makes_one_split(digits):
    first = fingerprint(split(0))
    assert fingerprint(split(0)) == first
    other = fingerprint(split(1))
    assert all(a != b for a, b in zip(first, other, strict=True))


def test_a_part_is_as_large_as_the_records_allow(digits):
    assert split(0, replace(SMALL, largest_part=10_000)).size == 1797 // 4
    assert split(0, replace(SMALL, parts={"digits": 7})).size == 7
    assert scale_named("full").most("cifar100") == 10_520


def test_queries_are_of_the_records_range_and_asked_last(digits):
    made = split(0)
    low, high = made.pool.X.min(axis=0), made.pool.X.max(axis=0)
    assert made.queries.shape == (30, 64)
    assert ((made.queries >= low) & (made.queries <= high)).all()
    np.testing.assert_array_equal(made.queried.X[:240], made.pool.X)
    np.testing.assert_array_equal(made.queried.X[240:], made.queries)
    assert made.queried.y[240:].tolist() == [0] * 30


def test_fewer_queries_where_records_are_wide(digits, monkeypatch):
    monkeypatch.setattr(protocol, "MOST_NUMBERS", 64 * 5 + 1)
    assert protocol_split(
        digits, 0, largest_part=SMALL.most(digits.name), queries=SMALL.queries
    ).queries.shape == (5, 64)


def test_a_sparse_pool_stays_sparse(digits):
    rows = Dataset("digits", sparse.csr_array(digits.X), digits.y, 10)
    made, dense = (
        protocol_split(rows, 0, largest_part=SMALL.most(rows.name), queries=SMALL.queries),
        split(0),
    )
    assert sparse.issparse(made.queried.X)
    assert made.queried.X.shape == (270, 64)
    np.testing.assert_array_equal(made.pool.X.toarray(), dense.pool.X)
    np.testing.assert_array_equal(made.plan(3).bits, dense.plan(3).bits)


def test_records_that_repeat_another_are_dropped(digits):
    few = digits.take(np.repeat(np.arange(50), 4))
    made = protocol_split(few, 0, largest_part=SMALL.most(few.name), queries=SMALL.queries)
    assert made.size == 12
    assert len({row.tobytes() for row in made.pool.X}) == 48


def test_the_reference_is_the_papers_network():
    assert isinstance(SMALL.reference("face"), CNNTrainer)
    assert SMALL.reference("news") == MLPTrainer(epochs=3, center=True)
    assert SMALL.reference("adult") == MLPTrainer(epochs=3)


@pytest.mark.parametrize("role", ROLES)
def test_membership_is_what_the_model_was_trained_on(tmp_path, role):
    observations = study_context(tmp_path).observe("digits", 0, SklearnTrainer(Memory()), role)
    assert len(observations.member) == 120
    np.testing.assert_array_equal(observations.outputs.posteriors.max(axis=1) == 1, observations.member)
    np.testing.assert_array_equal(
        observations.outputs.labels, mlleaks.load_dataset("digits").y[observations.ids]
    )


def test_target_and_shadows_share_no_record(tmp_path):
    target, shadows = study_context(tmp_path).target_and_shadows("digits", 0)
    assert len(shadows) == SMALL.shadows
    assert all(set(target.ids.tolist()).isdisjoint(shadow.ids.tolist()) for shadow in shadows)


def test_two_contexts_measure_the_same(tmp_path):
    one, other = study_context(tmp_path / "a"), study_context(tmp_path / "b")
    for a, b in zip(one.pair("digits", 0), other.pair("digits", 0), strict=True):
        np.testing.assert_array_equal(a.outputs.posteriors, b.outputs.posteriors)
    answers = one.target_and_random_answers("digits", 0)[1].posteriors
    assert answers.shape == (30, 10)
    np.testing.assert_array_equal(answers, other.target_and_random_answers("digits", 0)[1].posteriors)
    assert not np.array_equal(answers, one.target_and_random_answers("digits", 1)[1].posteriors)


def test_a_shadow_alone_answers_as_among_all(tmp_path):
    target, shadows = study_context(tmp_path / "a").target_and_shadows("digits", 0)
    trainer = SMALL.reference("digits")
    alone = study_context(tmp_path / "b")
    for role, whole in enumerate((target, *shadows)):
        observations = alone.observe("digits", 0, trainer, role)
        np.testing.assert_allclose(observations.outputs.posteriors, whole.outputs.posteriors, atol=1e-5)
        np.testing.assert_array_equal(observations.member, whole.member)


def test_what_has_answered_is_not_trained_again(tmp_path):
    study_context(tmp_path).pair("digits", 0)
    files = {file: file.stat().st_mtime_ns for file in (tmp_path / "models").glob("*.npy")}
    assert len(files) == 2
    again = study_context(tmp_path)
    again.target_and_shadows("digits", 0)
    assert len(list((tmp_path / "models").glob("*.npy"))) == 5
    assert {file: file.stat().st_mtime_ns for file in files} == files


def made_once(folder, rows, key="key"):
    calls = []
    return memoize(folder, key, lambda: calls.append(1) or rows), len(calls)


ROWS = [{"metric": "auc", "value": 0.1 + 0.2, "low": float("nan"), "high": 1.0, "who": "ä"}]


def test_stored_rows_are_read(tmp_path):
    assert made_once(tmp_path, ROWS) == (ROWS, 1)
    rows, calls = made_once(tmp_path, [])
    assert calls == 0
    assert repr(rows) == repr(ROWS)
    assert made_once(tmp_path, [], key="other") == ([], 1)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("1.0", "0.9"),
        lambda text: "[]",
        lambda text: json.dumps({"rows": []}),
        lambda text: "",
    ],
    ids=["cut", "changed", "a list", "without checksum", "empty"],
)
def test_a_damaged_row_file_is_noticed_and_made_again(tmp_path, caplog, damage):
    made_once(tmp_path, ROWS)
    [file] = tmp_path.iterdir()
    whole = file.read_text()
    file.write_text(damage(whole))
    assert made_once(tmp_path, ROWS)[1] == 1
    assert "is damaged" in caplog.text
    assert file.read_text() == whole
    assert made_once(tmp_path, ROWS)[1] == 0


def test_an_interrupted_study_leaves_no_rows(tmp_path):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        memoize(tmp_path / "rows", "key", interrupted)
    assert not (tmp_path / "rows").exists()


def test_every_input_has_a_part_in_the_key():
    run, data = [first_adversary.__name__], [("digits", ("abc",))]
    keys = [
        key_of(run, "first-adversary", "digits", 0, data, SMALL),
        key_of(run, "first-adversary", "digits", 1, data, SMALL),
        key_of(run, "first-adversary", "digits", 0, [("digits", ("abd",))], SMALL),
        key_of(run, "first-adversary", "digits", 0, data, replace(SMALL, epochs=4)),
        key_of(run, "first-adversary", "digits", 0, data, replace(SMALL, parts={"digits": 9})),
        key_of([overfitting.__name__], "first-adversary", "digits", 0, data, SMALL),
    ]
    assert len(set(keys)) == len(keys)
    assert key_of(run, "first-adversary", "digits", 0, data, replace(SMALL)) == keys[0]


def test_a_key_knows_the_code_that_a_study_is_made_of():
    """Its own file, what it imports and what that imports; not the other studies, nor the pages."""
    files = set(files_of("mlleaks.studies.paper.dropout"))
    names = {str(file.relative_to(PACKAGE)) for file in files}
    assert {
        "studies/paper/dropout.py",
        "studies/paper/defended.py",
        "studies/engine/study.py",
    } <= names
    assert {"defenses/dropout.py", "models/torch/loop.py", "attacks/top_k.py", "stats/metrics.py"} <= names
    presentation = {
        "report/studies/page.py",
        "report/comparison/page.py",
        "cli/reproduce.py",
        "auditing/audit.py",
    }
    assert not names & {"studies/paper/epochs.py", *presentation}


@pytest.mark.parametrize("study", studies.values(), ids=studies)
def test_every_study_has_a_file_of_its_name(study):
    """By that name its file has a part in its key, wherever its function was made."""
    assert study is import_module(f"mlleaks.studies.paper.{study.name.replace('-', '_')}").STUDIES[0]
