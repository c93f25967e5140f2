"""The settings of the authors' code: other records, means of each part, and nothing mixed with ours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from typer.testing import CliRunner

import mlleaks
from mlleaks.cli import app
from mlleaks.data.protocol import SHADOW, TARGET, protocol_split
from mlleaks.errors import InputError
from mlleaks.models import ConstantSchedule
from mlleaks.shadows import InProcess
from mlleaks.studies.engine.as_published import (
    TRAINING_IMAGES,
    centred_by_part,
    published_records,
    require_published,
    with_parts,
)
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.scale import SMOKE
from mlleaks.types import Dataset

PUBLISHED = replace(SMOKE, as_published=True)


def sparse_data(n=80, d=6000):
    X = sparse.random_array((n, d), density=0.01, rng=0, format="csr", dtype=np.float32)
    return Dataset("words", X, np.arange(n) % 2, 2)


def test_each_record_is_centred_with_the_mean_of_its_part():
    """As if the parts had been written out and centred before training."""
    split = with_parts(protocol_split(sparse_data(), 0, largest_part=None, queries=5))
    base = mlleaks.MLPTrainer(epochs=4, hidden=8, center=True)
    model = centred_by_part(base, split)(split.pool.take(np.arange(split.size)), np.random.default_rng(0))
    answers = model.predict_proba(split.pool.X)
    X = split.pool.X.toarray()[:, :-1]
    for part in range(4):
        rows = np.arange(part * split.size, (part + 1) * split.size)
        centred = X[rows] - X[rows].mean(axis=0)  # the model subtracts its own mean, that of the first part
        expected = model.model.predict_proba(sparse.csr_array(centred + X[: split.size].mean(axis=0)))
        np.testing.assert_allclose(answers[rows], expected, atol=1e-5)
    mixed = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(model.predict_proba(split.pool.X[mixed]), answers[mixed], atol=1e-6)


def test_images_are_those_of_the_training_set():
    images = Dataset("cifar10", np.zeros((TRAINING_IMAGES + 5, 1)), np.zeros(TRAINING_IMAGES + 5, int), 2)
    assert len(published_records(images)) == TRAINING_IMAGES
    assert published_records(replace(images, name="cifar100")) == replace(images, name="cifar100")


def test_rate_and_attack_model_are_those_of_the_code(tmp_path):
    context = StudyContext(tmp_path, PUBLISHED, InProcess())
    for name in ("cifar10", "news"):
        assert context.scale.reference(name).schedule == ConstantSchedule()
    assert isinstance(context.attack("adversary-1", "digits", 0).classifier, LogisticRegression)


def test_answers_of_the_two_settings_are_not_mixed(tmp_path):
    """One store; the second setting trains models of its own."""
    for count, scale in ((2, SMOKE), (4, PUBLISHED)):
        context = StudyContext(tmp_path, scale, InProcess())
        context.train("digits", 0, scale.reference("digits"), [TARGET, SHADOW])
        assert len(list((tmp_path / "models").glob("*.npy"))) == count


@pytest.mark.parametrize("names", [["location"], ["cifar10", "adult"]])
def test_a_data_set_without_known_settings_is_refused(names):
    with pytest.raises(InputError, match=rf"{names[-1]}; expected some of cifar10, cifar100, news"):
        require_published(names)


def test_the_command_refuses_it_too(tmp_path):
    result = CliRunner().invoke(
        app,
        ["reproduce", "overfitting", "--scale", "smoke", "--as-published", "--datasets", "digits"],
        env={"MLLEAKS_CACHE": str(tmp_path)},
    )
    assert result.exit_code
    assert not (tmp_path / "reproduce" / "models").exists()
