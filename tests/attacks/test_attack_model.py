"""The attack network is scikit-learn's, trained faster."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from mlleaks.attacks.attack_model import EPOCHS, HIDDEN, fit
from mlleaks.runtime.threads import one_thread
from tests.synthetic import planted


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # the schedule ends there on purpose
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "k", "batch"), [(730, 3, 100), (83, 30, 83), pytest.param(26_001, 2, 105, marks=pytest.mark.slow)]
)
def test_the_network_is_that_of_scikit_learn(dtype, n, k, batch):
    observations = planted(2, n=n, k=k)
    features = observations.outputs.posteriors.astype(dtype)
    network = fit(features, observations.member, np.random.default_rng(3))
    theirs = MLPClassifier(
        (HIDDEN,),
        batch_size=batch,
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        random_state=int(np.random.default_rng(3).integers(2**31)),
    )
    with one_thread():
        theirs.fit(features, observations.member)
    ours = (network.hidden_weights, network.output_weights, network.hidden_biases, network.output_bias)
    expected = (theirs.coefs_[0], theirs.coefs_[1][:, 0], *theirs.intercepts_)
    for values, reference in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(values, np.squeeze(reference))
    answers = network.predict_proba(features)
    np.testing.assert_allclose(answers, theirs.predict_proba(features), rtol=0, atol=1e-5)
    np.testing.assert_allclose(answers.sum(axis=1), 1)


def test_integer_features_are_numbers():
    x = np.repeat([[0], [1]], 100, axis=0)
    answers = fit(x, x[:, 0] == 1, np.random.default_rng(0)).predict_proba(x)
    assert answers[-1, 1] > 0.5 > answers[0, 1]
