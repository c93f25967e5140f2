"""The blind check of an audit is kept beside the reference models' answers, by content."""

from __future__ import annotations

import numpy as np

from mlleaks.auditing import fairness
from mlleaks.auditing.fairness import check_fairness
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, MemberSplit

X = np.random.default_rng(0).normal(size=(200, 3))


def split(shift=0.0):
    members = Dataset("toy", X[:100] + shift, np.zeros(100, dtype=int), 2)
    return MemberSplit(members, Dataset("toy", X[100:], np.zeros(100, dtype=int), 2))


def test_the_same_records_are_checked_once(tmp_path, monkeypatch):
    first = check_fairness(split(), Seeds(0), tmp_path)
    assert not first.differs
    monkeypatch.setattr(fairness.blind, "blind_check", None)
    assert check_fairness(split(), Seeds(0), tmp_path) == first


def test_other_records_and_other_seeds_are_checked_anew(tmp_path):
    first = check_fairness(split(), Seeds(0), tmp_path)
    assert check_fairness(split(shift=1.0), Seeds(0), tmp_path).differs
    assert check_fairness(split(), Seeds(1), tmp_path).auc != first.auc
    assert len(list((tmp_path / "blind checks").glob("*.json"))) == 3


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check_fairness(split(shift=1.0), Seeds(0), None).differs
    assert list(tmp_path.iterdir()) == []
