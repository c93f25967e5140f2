"""Which algorithm stands in for a target that cannot be cloned: the one that answers most like it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from mlleaks.data.audit_data import AuditData
from mlleaks.data.splits import half_split
from mlleaks.errors import InputError, MissingExtra, ModelError, first_line
from mlleaks.models import MLPTrainer, as_trainer, of_rows, train_model, trainer_source
from mlleaks.outputs.label_only import LabelOnlyModel
from mlleaks.outputs.query import query
from mlleaks.outputs.resemblance import Resemblance, resemblance
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, Model, Outputs, Records, Trainer

AUTO = "auto"
"""In place of a trainer: the one of `candidate_trainers` that answers most like the target."""
MOST = 5000
"""At most so many shadow records take part in the choice: half to train on, half to compare answers."""
NUMBERS = {1: "one algorithm", 2: "two algorithms", 3: "three algorithms", 4: "four algorithms"}
_PAPER_MLP = (
    "The model cannot be cloned: the shadow model is the paper's MLP, which may answer differently. "
    'trainer="auto" (command line: --trainer auto) takes the algorithm that answers most like the model.'
)


@dataclass(frozen=True)
class Surrogate:
    """How to train models that answer like a target.

    Parameters
    ----------
    name : str
        The algorithm.
    trainer : Trainer
    resemblances : mapping of str to Resemblance
        That of each candidate that could be trained, by its name.
    skipped : mapping of str to str
        The other candidates, and why they could not be trained.
    queries : int
        Records that were sent to the target.
    """

    name: str
    trainer: Trainer
    resemblances: Mapping[str, Resemblance]
    skipped: Mapping[str, str]
    queries: int

    @property
    def note(self) -> str:
        """What a reader of the report should know."""
        count = len(self.resemblances)
        likeness = self.resemblances[self.name]
        facts = [f"agreement {likeness.agreement:.0%}".replace("%", " %")]
        if likeness.accuracies is not None:
            target, own = (f"{100 * value:.0f} %" for value in likeness.accuracies)
            facts.append(f"accuracy {own} against the target's {target}")
        facts.append(f"distance of confidences {likeness.confidence_distance:.2f}")
        skipped = "".join(f" Skipped: {name} ({why})." for name, why in self.skipped.items())
        return (
            f"The target cannot be cloned. Of {NUMBERS.get(count, f'{count} algorithms')}, {self.name} "
            f"answers most like it ({', '.join(facts)}, on {self.queries:,} shadow records that neither was "
            f"trained on): shadow models are trained with it.{skipped}"
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The choice for a run's provenance; JSON values."""
        totals = {name: round(likeness.total, 4) for name, likeness in self.resemblances.items()}
        return {"choice": self.name, "resemblance": totals, "queries": self.queries}


def candidate_trainers(X: Records) -> dict[str, Trainer]:
    """Return the algorithms to choose among, by name, with default settings.

    Parameters
    ----------
    X : array, sparse matrix or DataFrame
        What they will be trained on: estimators get images as rows. The MLP wants PyTorch.

    Examples
    --------
    >>> list(candidate_trainers(np.zeros((2, 3))))[-3:]
    ['random forest', 'histogram boosting', 'logistic regression']
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    estimators = {
        "random forest": RandomForestClassifier(),
        "histogram boosting": HistGradientBoostingClassifier(),
        "logistic regression": LogisticRegression(max_iter=1000),
    }
    images = getattr(X, "ndim", 2) > 2
    trainers: dict[str, Trainer] = {"MLP": MLPTrainer()} if find_spec("torch") else {}
    return trainers | {
        name: as_trainer(of_rows(estimator) if images else estimator)
        for name, estimator in estimators.items()
    }


def choose_surrogate(
    target: Model,
    shadow: Dataset,
    rng: np.random.Generator,
    *,
    candidates: Mapping[str, Trainer] | None = None,
) -> Surrogate:
    """Return the algorithm whose answers are most like the target's.

    Each candidate is trained once on the same half of the shadow records. Its answers to the other half are
    compared with the target's: neither model was trained on these records. Nothing is compared on the half
    that the candidates were trained on, since the target never saw it, and nothing on members.

    Parameters
    ----------
    target : Model
        Is queried on half of the shadow records (at most half of `MOST`).
    shadow : Dataset
        Records that the target was not trained on.
    rng : numpy.random.Generator
        Cuts the records, and trains the candidates: each has a stream of its own.
    candidates : mapping of str to Trainer, optional
        By default `candidate_trainers`. The first of those that are equally like the target counts.

    Raises
    ------
    InputError
        No candidate, or none can be trained on these records.
    ModelError
        The target raises, or answers in another shape.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> target = RandomForestClassifier(random_state=0).fit(X[:600], y[:600])
    >>> shadow = Dataset("digits", X[600:], y[600:], 10)
    >>> trainers = {name: t for name, t in candidate_trainers(X).items() if name != "histogram boosting"}
    >>> choose_surrogate(target, shadow, np.random.default_rng(0), candidates=trainers).name
    'random forest'
    """
    trainers = candidate_trainers(shadow.X) if candidates is None else candidates
    split = half_split(shadow.take(rng.permutation(len(shadow))[:MOST]), rng)
    unseen = split.nonmembers
    of_target = _answers(target, unseen)
    likenesses, skipped = {}, {}
    for (name, trainer), own_rng in zip(trainers.items(), rng.spawn(len(trainers)), strict=True):
        try:
            model = train_model(trainer, deepcopy(split.members), own_rng)
            answering = LabelOnlyModel(model) if isinstance(target, LabelOnlyModel) else model
            likenesses[name] = resemblance(of_target, _answers(answering, unseen))
        except (InputError, MissingExtra, ModelError) as error:
            skipped[name] = first_line(error)
    if not likenesses:
        raise InputError(
            "; ".join(f"{name}: {why}" for name, why in skipped.items()) or "no algorithm to choose",
            expected="shadow records that at least one algorithm can be trained on",
            fix="Encode the records as numbers, or pass a trainer of your own (command line: "
            "--trainer package.module:attribute).",
        )
    best = max(likenesses, key=lambda name: likenesses[name].total)
    return Surrogate(best, trainers[best], likenesses, skipped, len(unseen))


def resolve_surrogate(
    trainer: Any, model: Model, target: Model, data: AuditData, seeds: Seeds
) -> tuple[Any, AuditData, dict[str, Any]]:
    """Return the trainer that ``trainer`` stands for, the data with a note, and settings for the provenance.

    Parameters
    ----------
    trainer : Trainer, estimator, "auto" or None
        A trainer is returned as it is. "auto" becomes None, which stands for `trainer_like`, where that
        knows the model's algorithm.
    model, target : Model
        What the user passed, and the same with posteriors as its answers.
    data : AuditData
    seeds : Seeds
    """
    automatic = isinstance(trainer, str) and trainer == AUTO
    if data.shadow is None or not (automatic or trainer is None):
        return trainer, data, {}
    source = trainer_source(model)
    if automatic and source in ("fallback", "none"):
        surrogate = choose_surrogate(target, data.shadow, seeds.stream("surrogate"))
        noted = replace(data, notes=(*data.notes, surrogate.note))
        return surrogate.trainer, noted, {"surrogate": surrogate.settings}
    if source == "fallback":
        return None, replace(data, notes=(*data.notes, _PAPER_MLP)), {}
    return None, data, {}


def _answers(model: Model, data: Dataset) -> Outputs:
    return Outputs(query(model, data.X, n_classes=data.n_classes), data.y, data.ids)
