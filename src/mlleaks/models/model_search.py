"""The way to train that predicts best, found by cross-validation: what automatic machine learning does."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlleaks.errors import InputError, MissingExtra, ModelError, first_line
from mlleaks.models.training import train_model
from mlleaks.outputs.query import query
from mlleaks.outputs.signals import predicted_classes
from mlleaks.types import Dataset, Ints, Trainer


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Parameters
    ----------
    name : str
        The candidate with the highest accuracy.
    accuracies : mapping of str to float
        The cross-validated accuracy, in 0..1, of each candidate that could be trained.
    skipped : mapping of str to str
        The other candidates, and why they could not be trained.
    """

    name: str
    accuracies: Mapping[str, float]
    skipped: Mapping[str, str]


def search_trainer(
    candidates: Mapping[str, Trainer], data: Dataset, rng: np.random.Generator, *, folds: int = 3
) -> SearchResult:
    """Return which candidate has the highest cross-validated accuracy; the first of equals.

    All candidates are trained and tested on the same folds. No model is left over: train the best candidate
    on all records to have one.

    Parameters
    ----------
    candidates : mapping of str to Trainer
    data : Dataset
        Training records alone: who searches has no others.
    rng : numpy.random.Generator
        Draws the folds, and trains the candidates: each has a stream of its own.
    folds : int
        Each record is in one of so many parts, and is predicted by a model that was trained on the others.

    Raises
    ------
    InputError
        Fewer than two folds, fewer records than folds, or no candidate can be trained on these records.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from mlleaks.models import as_trainer
    >>> X, y = load_digits(return_X_y=True)
    >>> trainers = {"prior": as_trainer(DummyClassifier()), "Bayes": as_trainer(GaussianNB())}
    >>> search_trainer(trainers, Dataset("digits", X, y, 10), np.random.default_rng(0)).name
    'Bayes'
    """
    if not 2 <= folds <= len(data):
        raise InputError(
            f"{folds} folds of {len(data)} records",
            expected="two folds or more, and a record for each",
            fix="Pass another number of folds, or more records.",
        )
    fold = rng.permutation(len(data)) % folds
    accuracies, skipped = {}, {}
    for (name, trainer), own_rng in zip(candidates.items(), rng.spawn(len(candidates)), strict=True):
        try:
            accuracies[name] = _cross_validated(trainer, data, fold, own_rng)
        except (InputError, MissingExtra, ModelError) as error:
            skipped[name] = first_line(error)
    if not accuracies:
        raise InputError(
            "; ".join(f"{name}: {why}" for name, why in skipped.items()) or "no candidate",
            expected="records that at least one candidate can be trained on",
            fix="Encode the records as numbers, or pass other candidates.",
        )
    return SearchResult(max(accuracies, key=lambda name: accuracies[name]), accuracies, skipped)


def _cross_validated(trainer: Trainer, data: Dataset, fold: Ints, rng: np.random.Generator) -> float:
    """Return the share of records that a model predicts correctly that was trained on the other folds."""
    correct = np.zeros(len(data), dtype=bool)
    for number in range(int(fold.max()) + 1):
        inside, outside = data.take(fold == number), data.take(fold != number)
        with warnings.catch_warnings():  # a fold of few records may look like a regression to scikit-learn
            warnings.filterwarnings("ignore", message="The number of unique classes is greater than 50%")
            model = train_model(trainer, outside, rng)
        answers = query(model, inside.X, n_classes=data.n_classes)
        correct[fold == number] = predicted_classes(answers) == inside.y
    return float(correct.mean())
