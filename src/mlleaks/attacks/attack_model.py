"""The paper's attack network: one hidden layer of 64 units that tells members from non-members.

The training gives the numbers of scikit-learn's `MLPClassifier` with the same seed, to the last bit. It is
written out here because such a network is so small that a step would mostly be the overhead of calls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from mlleaks.attacks.perceptron import Perceptron
from mlleaks.runtime.threads import one_thread
from mlleaks.types import Bools, Floats

HIDDEN = 64
EPOCHS = 50
BATCH = 100
RATE, DECAY = 1e-3, 1e-4
STEPS = 250
"""An epoch has no more: beyond 25,000 records, from many shadows, batches grow instead."""


def fit(features: Floats, member: Bools, rng: np.random.Generator) -> Perceptron:
    """Return the network trained to tell members by their features (Adam, 50 epochs, batches of 100 or more).

    Parameters
    ----------
    features : float array (n, d)
        Of float32, the network is trained in float32.
    member : bool array (n,)
        Both values must occur.
    rng : numpy.random.Generator
        Starts and orders the training.

    Examples
    --------
    >>> x = np.linspace(0, 1, 200)[:, None]
    >>> net = fit(x, x[:, 0] > 0.5, np.random.default_rng(0))
    >>> bool(net.predict_proba(x)[-1, 1] > net.predict_proba(x)[0, 1])
    True
    """
    features = features.astype(np.result_type(features, np.float32), copy=False)
    n, d = features.shape
    batch = min(max(BATCH, math.ceil(n / STEPS)), n)
    random = np.random.RandomState(int(rng.integers(2**31)))  # scikit-learn's stream of random numbers
    values = _Parameters.empty(d, features.dtype)
    for weights, biases in ((values.hidden, values.hidden_biases), (values.output, values.output_bias)):
        bound = math.sqrt(6 / sum(weights.shape))  # Glorot and Bengio, AISTATS 2010, equation 16
        weights[:] = random.uniform(-bound, bound, weights.shape)
        biases[:] = random.uniform(-bound, bound, len(biases))
    gradient, adam = _Parameters.empty(d, features.dtype), _Adam(values.flat)
    order, target = np.arange(n), np.asarray(member)[:, None]
    with one_thread():
        for _ in range(EPOCHS):
            order = order[random.permutation(n)]
            x, y = features[order], target[order]
            for start in range(0, n, batch):
                rows = slice(start, start + batch)
                _differentiate(values, x[rows], y[rows], gradient)
                adam.step(gradient.flat)
    return Perceptron(values.hidden, values.hidden_biases, values.output[:, 0], float(values.output_bias[0]))


@dataclass(frozen=True)
class _Parameters:
    """All numbers of a network in one array, so that a step of Adam is one pass; the layers are views."""

    flat: Floats
    hidden: Floats
    output: Floats
    hidden_biases: Floats
    output_bias: Floats

    @classmethod
    def empty(cls, inputs: int, dtype: np.dtype[np.floating]) -> _Parameters:
        flat = np.empty((inputs + 2) * HIDDEN + 1, dtype)
        hidden, output, biases, bias = np.split(flat, np.cumsum([inputs * HIDDEN, HIDDEN, HIDDEN]))
        return cls(flat, hidden.reshape(inputs, HIDDEN), output[:, None], biases, bias)

    @property
    def n_weights(self) -> int:
        """How many of the numbers, the first ones, are no biases."""
        return self.hidden.size + self.output.size


def _differentiate(values: _Parameters, x: Floats, member: Bools, gradient: _Parameters) -> None:
    """Write the gradient of the mean cross-entropy of records ``(b, d)``, ``(b, 1)``, with weight decay."""
    hidden = x @ values.hidden
    hidden += values.hidden_biases
    np.maximum(hidden, 0, out=hidden)
    error = hidden @ values.output
    error += values.output_bias
    expit(error, out=error)
    error -= member
    np.matmul(hidden.T, error, out=gradient.output)
    np.add.reduce(error, axis=0, out=gradient.output_bias)
    back = error @ values.output.T
    back *= hidden > 0
    np.matmul(x.T, back, out=gradient.hidden)
    np.add.reduce(back, axis=0, out=gradient.hidden_biases)
    weights = slice(values.n_weights)
    gradient.flat[weights] += DECAY * values.flat[weights]
    gradient.flat[:] /= len(x)


class _Adam:
    """Adam with its usual constants, on one array in place.

    Source: Kingma and Ba, *Adam: A Method for Stochastic Optimization*, ICLR 2015, the form at the end of
    section 2.
    """

    def __init__(self, values: Floats) -> None:
        self._values, self._steps = values, 0
        self._mean, self._square, self._work = np.zeros((3, len(values)), values.dtype)

    def step(self, gradient: Floats) -> None:
        """Change the values by one step against the gradient."""
        self._steps += 1
        work = self._work
        self._mean *= 0.9
        self._mean += np.multiply(gradient, 1 - 0.9, out=work)
        self._square *= 0.999
        np.multiply(gradient, gradient, out=work)
        work *= 1 - 0.999
        self._square += work
        rate = RATE * np.sqrt(1 - 0.999**self._steps) / (1 - 0.9**self._steps)
        np.sqrt(self._square, out=work)
        work += 1e-8
        change = -rate * self._mean  # of float64 also in float32: the rate is
        change /= work
        self._values += change
