"""The settings of the authors' code, where they differ from ours: data, preprocessing, rate, attack model.

CIFAR-10's parts come from its 50,000 training images. Each part of News is centred with a mean of its own.
The learning rate is constant. The attack model is a softmax regression.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from mlleaks.attacks.top_k import LearnedAttack
from mlleaks.data.protocol import ProtocolSplit
from mlleaks.errors import InputError
from mlleaks.models.network import InputScale, NetworkModel
from mlleaks.outputs.signals import top_k
from mlleaks.types import Dataset, Floats, Model, Observations, Records, Trainer

DATASETS = ("cifar10", "cifar100", "news")
"""The data sets whose settings in the authors' code are known."""
TRAINING_IMAGES = 50_000
"""The first images of CIFAR-10: its training set."""
PARTS = 4


def require_published(names: Iterable[str]) -> None:
    """Raise if the settings of the authors' code are not known for one of the data sets.

    Raises
    ------
    InputError
        One of them is not among `DATASETS`.
    """
    if unknown := [name for name in names if name not in DATASETS]:
        raise InputError(
            f"the settings of the authors' code for {', '.join(unknown)}",
            expected=f"some of {', '.join(DATASETS)}, for which they are known",
            fix="Leave these data sets out, or --as-published.",
        )


def published_records(data: Dataset) -> Dataset:
    """Return the records that the parts are drawn from."""
    return data.take(np.arange(TRAINING_IMAGES)) if data.name == "cifar10" else data


def with_parts(split: ProtocolSplit) -> ProtocolSplit:
    """Return a split whose records have one more column: the number of their part, 0 for random queries.

    Parts are the target's members and non-members, then the shadow's.
    """
    numbers = np.repeat(np.arange(1, PARTS + 1), split.size)
    pool = replace(split.pool, X=_with_column(split.pool.X, numbers))
    return replace(split, pool=pool, queries=_with_column(split.queries, np.zeros(split.queries.shape[0])))


def centred_by_part(trainer: Trainer, split: ProtocolSplit) -> Trainer:
    """Return a trainer whose models subtract from each record the mean of its part; see `with_parts`."""
    X, size = sparse.csr_array(split.pool.X)[:, :-1], split.size
    parts = (X[part * size : (part + 1) * size] for part in range(PARTS))
    means = np.stack([np.asarray(part.mean(axis=0), dtype=np.float32) for part in parts])
    return PartTrainer(trainer, means)


@dataclass(frozen=True)
class PartTrainer:
    """Trains on records without the number of their part.

    Parameters
    ----------
    base : Trainer
        Of networks that subtract the mean of their training records.
    means : float array (4, d)
        The mean record of each part.
    """

    base: Trainer
    means: Floats

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return a model that wants the number of the part in the last column."""
        model = self.base(replace(data, X=sparse.csr_array(data.X)[:, :-1]), rng)
        return PartModel(model, self.means)


@dataclass(frozen=True)
class PartModel:
    """Answers records that have the number of their part in the last column."""

    model: Any
    means: Floats

    def predict_proba(self, X: Records) -> Floats:
        """Return posteriors ``(n, k)``."""
        rows = sparse.csr_array(X)
        part = rows[:, [-1]].toarray().ravel().astype(np.int64)
        answers: list[Any] = []
        order: list[Any] = []
        for number in np.unique(part):
            here = np.flatnonzero(part == number)
            answers.append(self._centred(int(number)).predict_proba(rows[here][:, :-1]))
            order.append(here)
        return np.concatenate(answers)[np.argsort(np.concatenate(order), kind="stable")]

    def _centred(self, part: int) -> Any:
        if not part or not isinstance(self.model, NetworkModel) or self.model.scale is None:
            return self.model
        return replace(self.model, scale=InputScale(self.means[part - 1], self.model.scale.deviation))


def softmax_regression(shadow: Observations) -> LearnedAttack:
    """Return the attack model of the authors' code over the three largest posteriors."""
    regression = LogisticRegression(C=1e6, max_iter=1000)
    return LearnedAttack(regression.fit(top_k(shadow.outputs.posteriors), shadow.member))


def _with_column(X: Records, numbers: Sequence[int] | Any) -> Records:
    column = sparse.csr_array(np.asarray(numbers, dtype=np.float32)[:, None])
    return sparse.hstack([sparse.csr_array(X), column], format="csr")
