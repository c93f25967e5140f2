"""The combined attack: reference models teach which statistic to trust, by playing the target.

Each reference model plays the target once: what it was trained on is known, and the others, without its
complement, are its reference models. A small model learns from these cases how the statistics of LiRA, BASE,
RMIA and the Student-t predictive tell members on this data set, with this many models. Nothing of the
target's membership is used. Ours; the parts are named in `mlleaks.attacks.combined_features`.

LightGBM in place of scikit-learn's boosted trees finds no more: TPR at 1 % FPR within half a point on
Location and Words-20, with 4 to 32 models.

Why the complement must go: of a record that the player was trained on, all others together have one more
model without it than with it. Why the target is scored without each of the pairs in turn: it has to see as
many reference models as the players did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from mlleaks.attacks.combined_features import Statistics
from mlleaks.attacks.false_positives import threshold_above
from mlleaks.attacks.needs import Labels, ReferenceModels
from mlleaks.attacks.reference_attack import PLAYERS, ReferenceAttack, Unseen
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
"""Records that are scored at a time."""
SETTINGS = {
    "max_iter": 80,
    "learning_rate": 0.1,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 60,
    "l2_regularization": 5.0,
    "max_features": 0.7,
    "early_stopping": False,
}


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
    cases = [
        list(_cases(turn, signals, statistics, _sample(len(signals), per_player, rng))) for turn in turns
    ]
    with one_thread():
        folds = [_learn(cases[fold::FOLDS], int(rng.integers(2**31))) for fold in range(FOLDS)]
        threshold = _threshold(folds, cases)
    audited = references.audited

    def formula(target: Floats, rows: Ints) -> Floats:
        return _score(folds, statistics, turns, target, audited, rows)

    def unseen() -> list[Unseen]:
        return _unseen(folds, statistics, turns, audited)

    return ReferenceAttack(audited.ids, formula, threshold, unseen)


def _cases(
    turn: Round, signals: ReferenceSignals, statistics: Statistics, rows: Ints
) -> Iterator[tuple[Floats, Bools]]:
    """Yield the statistics and the membership of records for each player of a round."""
    rest = turn.of(signals, rows)
    for player in turn.players:
        yield statistics.of(signals.values[player, rows], rest), signals.trained_on[player, rows]


def _score(
    folds: Sequence[Any],
    statistics: Statistics,
    turns: Sequence[Round],
    target: Floats,
    audited: ReferenceSignals,
    rows: Ints,
) -> Floats:
    """Return the learned log-odds of membership ``(n,)``: the mean over the rounds and the folds."""
    scores = np.zeros(len(target))
    with one_thread():
        for start in range(0, len(target), BLOCK):
            block = slice(start, start + BLOCK)
            for turn in turns:
                values = statistics.of(target[block], turn.of(audited, rows[block]))
                for learned in folds:
                    scores[block] += learned.decision_function(values)
    return scores / (len(turns) * len(folds))


def _unseen(
    folds: Sequence[Any], statistics: Statistics, turns: Sequence[Round], audited: ReferenceSignals
) -> list[Unseen]:
    """Return the scores of players' unseen records by what was learned from the rounds of other folds."""
    scored = []
    with one_thread():
        for number, turn in enumerate(turns[:PLAYERS]):
            judges = [learned for fold, learned in enumerate(folds) if number % FOLDS != fold]
            for player in turn.players:
                rows = np.flatnonzero(~audited.trained_on[player])
                values = statistics.of(audited.values[player, rows], turn.of(audited, rows))
                scores = sum(learned.decision_function(values) for learned in judges) / len(judges)
                scored.append(Unseen(rows, np.asarray(scores)))
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
