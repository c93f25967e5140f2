"""The combined attack: reference models teach which statistic to trust, by playing the target.

Each reference model plays the target once: what it was trained on is known, and the others, without its
complement, are its reference models. A small model learns from these cases how the statistics of LiRA, BASE,
RMIA and the Student-t predictive tell members on this data set, with this many models. Nothing of the
target's membership is used. Ours; the parts are named in `mlleaks.attacks.combined_features`.

LightGBM in place of scikit-learn's boosted trees finds no more: on Location and Words-20, with 4 and 16
models, the intervals of the differences in AUC and in TPR at 1 % FPR contain 0 (``benchmarks/learner.py``).

Why the complement must go: of a record that the player was trained on, all others together have one more
model without it than with it. Why the target is scored without each of the pairs in turn: it has to see as
many reference models as the players did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import Any, TypeAlias, TypeVar

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from mlleaks.attacks.combined_features import ReferenceStatistics, Statistics
from mlleaks.attacks.false_positives import threshold_above
from mlleaks.attacks.needs import Labels, ReferenceModels
from mlleaks.attacks.reference_attack import PLAYERS, Player, ReferenceAttack
from mlleaks.attacks.rounds import Round, rounds
from mlleaks.attacks.spec import AttackSpec
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.runtime.threads import one_thread
from mlleaks.types import Bools, Floats, Ints

ROWS = 50_000
"""Cases to learn from; with more records, each player answers for a random part of them."""
FOLDS = 2
"""Parts of the rounds that are learned from separately. Scores are their mean; each tests the others."""
BLOCK = 100_000
"""Records that are scored at a time; of more, what reference models say about them is not kept."""
DIGITS = 9
"""Decimals of a score: records whose sums differ by rounding alone are tied, whatever is summed first."""
SETTINGS = {
    "max_iter": 80,
    "learning_rate": 0.1,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 60,
    "l2_regularization": 5.0,
    "max_features": 0.7,
    "early_stopping": False,
}

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")

Cases: TypeAlias = Sequence[Sequence[tuple[Floats, Bools]]]
"""By round and player: the statistics and the membership of records."""


def combined_attack(references: References, rng: np.random.Generator) -> ReferenceAttack:
    """Return the attack that reference models teach.

    Parameters
    ----------
    references : References
        In pairs; at least two of these. Offline, models play the target on the further records, which some of
        them were trained on.
    rng : numpy.random.Generator
        Draws cases and starts the learning.
    """
    signals = references.audited if references.online else references.further
    assert signals is not None
    statistics = Statistics.fit(references, signals)
    turns = rounds(references.pairs, signals.trained_on, rng)
    per_player = max(1, ROWS // sum(len(turn.players) for turn in turns))
    learned_from = _Knowledge(statistics, turns, signals)
    cases = [
        list(_cases(number, learned_from, _sample(len(signals), per_player, rng)))
        for number in range(len(turns))
    ]
    seeds = [int(rng.integers(2**31)) for _ in range(FOLDS)]
    folds = _side_by_side(lambda fold: _learn(cases[fold::FOLDS], seeds[fold]), range(FOLDS))
    with one_thread():
        threshold = _threshold(folds, cases)
    knowledge = learned_from if references.online else _Knowledge(statistics, turns, references.audited)

    def formula(target: Floats, rows: Ints) -> Floats:
        return _score(folds, knowledge, target, rows)

    def players() -> list[Player]:
        return _players(folds, knowledge)

    return ReferenceAttack(references.audited.ids, formula, threshold, players)


class _Knowledge:
    """What the references of each round say about records; kept, as target and placebo are asked in turn."""

    def __init__(self, statistics: Statistics, turns: Sequence[Round], signals: ReferenceSignals) -> None:
        self.statistics, self.turns, self.signals = statistics, turns, signals
        self._kept: dict[int, ReferenceStatistics] = {}

    def of(self, number: int, rows: Ints) -> ReferenceStatistics:
        """Return what the references of a round say about the records at some positions."""
        if len(self.signals) > BLOCK:
            return self.statistics.about(self.turns[number].of(self.signals, rows))
        if number not in self._kept:
            everything = np.arange(len(self.signals))
            self._kept[number] = self.statistics.about(self.turns[number].of(self.signals, everything))
        return self._kept[number].take(rows)


def _cases(number: int, knowledge: _Knowledge, rows: Ints) -> Iterator[tuple[Floats, Bools]]:
    """Yield the statistics and the membership of records for each player of a round."""
    reference, signals = knowledge.of(number, rows), knowledge.signals
    for player in knowledge.turns[number].players:
        values = knowledge.statistics.of(signals.values[player, rows], reference)
        yield values, signals.trained_on[player, rows]


def _score(folds: Sequence[Any], knowledge: _Knowledge, target: Floats, rows: Ints) -> Floats:
    """Return the learned log-odds of membership ``(n,)``: the mean over the rounds and the folds."""
    scores = np.zeros(len(target))
    for start in range(0, len(target), BLOCK):
        block = slice(start, start + BLOCK)
        of_rounds = [
            knowledge.statistics.of(target[block], knowledge.of(number, rows[block]))
            for number in range(len(knowledge.turns))
        ]
        scores[block] = np.mean(_side_by_side(partial(_mean_odds, of_rounds), folds), axis=0)
    return np.round(scores, DIGITS)


def _mean_odds(of_rounds: Sequence[Floats], learned: Any) -> Floats:
    return np.asarray(sum(learned.decision_function(values) for values in of_rounds) / len(of_rounds))


def _side_by_side(work: Callable[[_Part], _Result], parts: Sequence[_Part]) -> list[_Result]:
    """Return the result of each part; one thread each, which never waits for another one."""

    def on_one_thread(part: _Part) -> _Result:
        with one_thread():
            return work(part)

    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(on_one_thread, parts))


def _players(folds: Sequence[Any], knowledge: _Knowledge) -> list[Player]:
    """Return the scores of records against players, by what was learned from the rounds of other folds."""
    scored, audited = [], knowledge.signals
    everything = np.arange(len(audited))
    with one_thread():
        for number, turn in enumerate(knowledge.turns[:PLAYERS]):
            judges = [learned for fold, learned in enumerate(folds) if number % FOLDS != fold]
            for player in turn.players:
                reference = knowledge.of(number, everything)
                values = knowledge.statistics.of(audited.values[player], reference)
                scores = sum(learned.decision_function(values) for learned in judges) / len(judges)
                scored.append(Player(audited.trained_on[player], np.asarray(scores)))
    return scored


def _learn(cases: Cases, seed: int) -> Any:
    """Return boosted trees that tell members by their statistics, from the rounds of a fold."""
    values, member = (np.concatenate(part) for part in zip(*chain(*cases), strict=True))
    return HistGradientBoostingClassifier(**SETTINGS, random_state=seed).fit(values, member)


def _threshold(folds: Sequence[Any], cases: Cases) -> float:
    """Return the score that `FPR` of the records exceed that a player was not trained on.

    Each fold scores the players of the others: about the cases that it learned from, it is more confident
    than about the target.
    """
    outside = [
        learned.decision_function(values[~member])  # players have members and non-members
        for fold, learned in enumerate(folds)
        for turn, players in enumerate(cases)
        for values, member in players
        if turn % FOLDS != fold
    ]
    return threshold_above(np.concatenate(outside))


def _sample(n: int, size: int, rng: np.random.Generator) -> Ints:
    return np.arange(n) if n <= size else np.sort(rng.permutation(n)[:size])


ATTACKS = (
    AttackSpec(
        name="combined",
        title="Combined attack: learned from reference models",
        source="mlleaks; from the statistics of LiRA, RMIA, BASE and BaVarIA",
        needs=(ReferenceModels(4, online=False, members=True), Labels()),
        uses=(ReferenceModels(4),),
        build=lambda evidence, rng: combined_attack(evidence[ReferenceModels], rng),
        threshold_from="reference models",
        leads="usually",
    ),
)
