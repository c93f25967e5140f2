"""The losses of boosted trees while they are trained: scikit-learn computes them anyway.

Each stage of a ``HistGradientBoostingClassifier`` starts from what the stages before it answer about the
training records. Reading it there costs nothing; asking the finished model walks all trees once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import logsumexp
from sklearn._loss.loss import HalfBinomialLoss, HalfMultinomialLoss
from sklearn.ensemble import HistGradientBoostingClassifier

from mlleaks.errors import ModelError
from mlleaks.models.model_losses import spaced_stages, staged_losses
from mlleaks.runtime.foreign_code import attribute, calling
from mlleaks.types import Floats, Records


def losses_while_boosting(
    model: HistGradientBoostingClassifier, X: Records, y: Any, *, stages: Sequence[int] | None = None
) -> list[Floats]:
    """Fit ``model`` on all records and return each record's cross entropy ``(n,)`` after some stages.

    Parameters
    ----------
    model : HistGradientBoostingClassifier
        It is fitted, with its own settings. If it sets records apart for early stopping, the stages are
        walked afterwards, as by `mlleaks.models.model_losses.staged_losses`.
    X : array (n, d) or DataFrame
    y : array (n,)
    stages : sequence of int, optional
        From 1 to ``max_iter``; by default `spaced_stages` of all.

    Raises
    ------
    ModelError
        Another model, or one that cannot be fitted.
    InputError
        A stage that it does not have.

    Examples
    --------
    >>> X, y = np.arange(40.0)[:, None], np.arange(40) % 2
    >>> model = HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=1)
    >>> [float(losses.mean().round(2)) for losses in losses_while_boosting(model, X, y)]
    [0.62, 0.56, 0.5, 0.46]
    """
    if not isinstance(model, HistGradientBoostingClassifier):
        raise ModelError(
            f"a {type(model).__name__}",
            expected="a HistGradientBoostingClassifier of scikit-learn",
            fix="Fit it, and use LossTrace.from_staged or after_epoch.",
        )
    classes = len(np.unique(np.asarray(y)))
    wanted = set(spaced_stages(model.max_iter) if stages is None else stages)
    kind = _Binary if classes == 2 else _Multinomial
    recording = kind(wanted, classes, start=attribute(model, "n_iter_") or 0 if model.warm_start else 0)
    before = model.loss
    try:
        model.loss = recording
        with calling("from fit", expected="a fitted model", fix="Check the records, classes and settings."):
            model.fit(X, y)
    finally:
        model.loss = before
    model._loss = model._get_loss(sample_weight=None)  # the finished model is one like any other
    losses_by_stage = recording.finished(model.n_iter_)
    if (
        wanted
        and wanted == set(losses_by_stage)
        and all(len(losses) == len(y) for losses in losses_by_stage.values())
    ):
        return [losses_by_stage[stage] for stage in sorted(losses_by_stage)]
    return list(staged_losses(model, X, y, stages=stages))


class _Recording:
    """Keeps the losses before some of the stages; scikit-learn passes what all stages so far answer."""

    def __init__(self, stages: set[int], classes: int, *, start: int) -> None:
        super().__init__(**({} if classes == 2 else {"n_classes": classes}))
        self.stages = stages
        self.losses: dict[int, Floats] = {}
        self.stage = start
        self.latest: Any = None

    def gradient_hessian(self, y_true: Any, raw_prediction: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what scikit-learn asks for; the losses are kept on the way."""
        self.latest = y_true, raw_prediction  # the array is updated in place: at the end it is the answer
        if self.stage in self.stages:
            self.losses[self.stage] = _cross_entropy(*self.latest)
        self.stage += 1
        return super().gradient_hessian(y_true, raw_prediction, *args, **kwargs)  # type: ignore[misc]

    def finished(self, stages: int) -> dict[int, Floats]:
        """Return the losses by stage, with the last one's."""
        last = {stages: _cross_entropy(*self.latest)} if stages in self.stages else {}
        return self.losses | last


class _Binary(_Recording, HalfBinomialLoss):  # type: ignore[misc]
    pass


class _Multinomial(_Recording, HalfMultinomialLoss):  # type: ignore[misc]
    pass


def _cross_entropy(y_true: Any, raw_prediction: Any) -> Floats:
    raw = np.asarray(raw_prediction, dtype=np.float64)
    if raw.ndim == 1 or raw.shape[1] == 1:
        return np.logaddexp(0, -(2 * np.asarray(y_true) - 1) * raw.reshape(-1))
    return np.asarray(logsumexp(raw, axis=1) - raw[np.arange(len(raw)), np.asarray(y_true, dtype=int)])
