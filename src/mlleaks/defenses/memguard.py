"""Noise on the answers that misleads a membership classifier, after MemGuard."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mlleaks.attacks.spec import Attack
from mlleaks.attacks.top_k import learn
from mlleaks.data.splits import disjoint
from mlleaks.defenses.base import parts_of
from mlleaks.defenses.dp_sgd import PrivateTrainer
from mlleaks.defenses.facets import held_out_share
from mlleaks.defenses.masked_models import MaskedModel
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.errors import InputError
from mlleaks.models import as_trainer, train_model
from mlleaks.outputs.query import observe
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Floats, MemberSplit, Model, Outputs, Trainer

SHARE, BUDGET = 0.2, 1.0
_STEPS = np.linspace(0, 1, 33)
_EDGE = 0.02
"""How far the answered class stays ahead of the others at the least."""
_DECIMALS = 4
"""A model's last digits depend on what else is in the query; nothing here may depend on them."""


@tagged("MemGuard")
@dataclass(frozen=True)
class MemGuard:
    """Move each answer so far that the defender's own attack is undecided; the class stays the same.

    An answer that looks like a member's moves towards an even one, any other towards a certain one.
    It moves with a probability that keeps the expected change within the budget. The random
    number comes from the answer itself, to four decimals, so that a repeated query hardly ever draws anew.

    Parameters
    ----------
    attack : Attack
        The defender's own.
    budget : float
        The largest expected change of an answer, the sum of its absolute differences, in [0, 2].
    """

    attack: Attack
    budget: float = BUDGET

    def __call__(self, posteriors: Floats) -> Floats:
        """Return the answers ``(n, k)``."""
        p = np.round(posteriors.astype(float), _DECIMALS)
        p /= p.sum(axis=1, keepdims=True)
        n, k = p.shape
        certain = np.zeros_like(p)
        certain[np.arange(n), posteriors.argmax(axis=1)] = 1
        suspect = self._score(p) > self.attack.threshold
        goal = np.where(suspect[:, None], (1 - _EDGE) / k + _EDGE * certain, certain)
        away = np.abs(self._score(p) - self.attack.threshold)
        moved, done = p.copy(), np.zeros(n, dtype=bool)
        for step in _STEPS[1:]:
            tried = (1 - step) * p + step * goal
            score = self._score(tried)
            crossed = (score > self.attack.threshold) != suspect
            better = ~done & (crossed | (np.abs(score - self.attack.threshold) < away))
            moved[better] = tried[better]
            away[better] = np.abs(score - self.attack.threshold)[better]
            done |= crossed
        change = np.abs(moved - p).sum(axis=1)
        chance = np.minimum(1, self.budget / np.maximum(change, 1e-12))
        answers = np.where((_drawn(p) < chance)[:, None], moved, posteriors)
        return answers.astype(posteriors.dtype)

    def _score(self, posteriors: Floats) -> Floats:
        return self.attack.score(Outputs(posteriors))


@tagged("MemGuardTrainer")
@dataclass(frozen=True)
class MemGuardTrainer:
    """Hold out some records, train on the others, learn to distinguish the two, and put noise on the answers.

    Parameters
    ----------
    base : Trainer
    share : float
        Of the records that are held out, in (0, 1).
    budget : float
        See `MemGuard`.
    """

    base: Trainer
    share: float = SHARE
    budget: float = BUDGET

    changes_answers: ClassVar[bool] = True

    @property
    def held_out_share(self) -> float:
        """The share of its members that no weight is fitted to, here or within ``base``."""
        return self.share + (1 - self.share) * held_out_share(self.base)

    def __post_init__(self) -> None:
        if not 0 < self.share < 1 or not 0 <= self.budget <= 2:
            raise InputError(
                f"share={self.share}, budget={self.budget}",
                expected="a share in (0, 1) and a budget in [0, 2]",
                fix="Pass other settings.",
            )
        if any(isinstance(part, PrivateTrainer) for part in parts_of(self.base)):
            raise InputError(
                "MemGuard around DP-SGD",
                expected="a trainer without a privacy guarantee, which the defender's attack would break",
                fix="Leave one of the two out.",
            )

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the model behind its noise."""
        fitted, held_out = (data.take(rows) for rows in disjoint(data.y, (1 - self.share, self.share), rng))
        model = train_model(self.base, deepcopy(fitted), rng)
        some = fitted.take(rng.permutation(len(fitted))[: len(held_out)])
        attack = learn(observe(model, MemberSplit(some, held_out)), rng)
        return MaskedModel(model, MemGuard(attack, self.budget))


def memguard(trainer: Trainer, *, share: float = SHARE, budget: float = BUDGET) -> Trainer:
    """Return a trainer whose models answer with noise that misleads an attack of the defender's own.

    Where MemGuard searches the smallest noise by gradients of a neural network, this goes along the line
    from an answer to the even or to the certain one. The records that are held out count as members in
    an audit of the trainer, though no weight was fitted to them.

    Parameters
    ----------
    trainer : Trainer or scikit-learn estimator
    share : float
        Of the training records that the defender's attack needs as non-members, in (0, 1).
    budget : float
        The largest expected change of an answer, the sum of its absolute differences, in [0, 2].

    References
    ----------
    Jia et al., *MemGuard*, CCS 2019.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> memguard(DecisionTreeClassifier(), budget=0.5).budget
    0.5
    """
    return MemGuardTrainer(as_trainer(trainer), share, budget)


def _drawn(posteriors: Floats) -> Floats:
    """Return a number in [0, 1) for each row, the same for the same row."""
    rows = np.ascontiguousarray(posteriors)
    numbers = [int(hashlib.blake2b(row.tobytes(), digest_size=6).hexdigest(), 16) for row in rows]
    return np.array(numbers) / 2.0**48


DEFENSES = (DefenseSpec("memguard", memguard, for_networks=True, for_others=True, position=10),)
