"""A small model, clean records and tables, and the two things that bad input may end in."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import mlleaks
from mlleaks.errors import MLLeaksError
from mlleaks.targets import read_answers

N, WIDTH, CLASSES = 60, 3, 3
FEATURES = [f"x{i}" for i in range(WIDTH)]
P = [f"p_{i}" for i in range(CLASSES)]
NAMES = np.array(["cat", "dog", "eel"])


class Stub:
    """Answers a softmax of the features, whatever form they come in; more confident for large ones."""

    def __init__(self, classes=None):
        if classes is not None:
            self.classes_ = np.asarray(classes)

    def predict_proba(self, X):
        dense = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
        with np.errstate(invalid="ignore"):
            weights = np.exp(dense.reshape(len(dense), -1)[:, :CLASSES].astype(float))
            return weights / weights.sum(axis=1, keepdims=True)


def features(seed, scale=1.0):
    """Multiples of 1/64 below 8: the same numbers in every floating type, text or list."""
    return np.round(np.clip(np.random.default_rng(seed).normal(0, scale, (N, WIDTH)), -7, 7) * 64) / 64


def classes(seed):
    return np.random.default_rng(seed).permutation(np.arange(N) % CLASSES)


MEMBERS, NONMEMBERS, SHADOW = (
    (features(1, 2), classes(1)),
    (features(2), classes(2)),
    (features(3), classes(3)),
)


def train(data, rng):
    return Stub()


def audit(model=None, members=MEMBERS, nonmembers=NONMEMBERS, **options):
    return mlleaks.audit(model or Stub(), members=members, nonmembers=nonmembers, **options)


@cache
def clean_audit(labelled=True):
    return audit() if labelled else audit(members=MEMBERS[0], nonmembers=NONMEMBERS[0])


def table(seed=0, n=N, **columns):
    """Saved posteriors, more confident about members; ids count from 1000 times the seed."""
    member = np.arange(n) % 2 == 0
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 16, (n, CLASSES)) * np.where(member[:, None], [8, 1, 1], 1)
    frame = pd.DataFrame(weights / weights.sum(axis=1, keepdims=True), columns=P)
    frame = frame.assign(record_id=1000 * seed + np.arange(n), member=member, label=np.arange(n) % CLASSES)
    return frame.assign(**columns)


def with_shadow(**columns):
    """A target and a shadow model, of different records."""
    return pd.concat([table(0, model_id="target"), table(1, model_id="shadow")], ignore_index=True).assign(
        **columns
    )


@cache
def clean_table():
    return mlleaks.audit_posteriors(table())


@cache
def clean_tables():
    return mlleaks.audit_posteriors(with_shadow())


def replaced(values, row, value):
    """Return values as objects, one of them another."""
    entries = list(values)
    out = np.empty(len(entries), dtype=object)
    out[:] = entries
    out[row] = value
    return out


def assert_refused(call, says, kind=mlleaks.InputError):
    """The call raises an error of this kind that says this, in its three parts."""
    with pytest.raises(kind, match=says) as raised:
        call()
    error = raised.value
    assert isinstance(error, MLLeaksError)
    assert all((error.got, error.expected, error.fix))
    assert error.fix.endswith(".")


def assert_same_answers(answers, clean, **options):
    """Both tables say the same of each record in turn: posteriors, membership and class."""
    first, other = read_answers(answers, **options).target, read_answers(clean).target
    np.testing.assert_allclose(first.outputs.posteriors, other.outputs.posteriors, rtol=1e-12)
    np.testing.assert_array_equal(first.member, other.member)
    np.testing.assert_array_equal(first.outputs.labels, other.outputs.labels)


def assert_same(report, clean):
    """The report's figures are those of the clean input, for all attacks."""
    pd.testing.assert_frame_equal(report.to_frame(), clean.to_frame())
