"""Audit while training: every record's loss, once per epoch or boosting stage, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.errors import DataUnavailable, InputError
from mlleaks.models.loss_epochs import Epoch, Grouping, require_finite
from mlleaks.models.loss_statistics import FNR, loss_trace_iqr, tail_statistic
from mlleaks.models.model_losses import model_losses, staged_losses
from mlleaks.outputs.arrays import as_array
from mlleaks.runtime.foreign_code import reading
from mlleaks.storage.atomic import write_bytes
from mlleaks.types import Floats, Ids, Records


class LossTrace:
    """Each training record's loss in every epoch: which records are exposed, without a reference model.

    In a training loop of your own, call `record` with the losses that it computes anyway and `end_epoch`
    after each epoch. The networks of this package fill a trace themselves
    (``MLPTrainer().traced(data, rng, trace=trace)``); for estimators with ``partial_fit`` there is
    `after_epoch`, for boosting `while_boosting` and `from_staged`.

    Attributes
    ----------
    ids : array (n,)
        What the records are called, sorted.

    Examples
    --------
    >>> trace = LossTrace()
    >>> for losses in ([2.0, 0.3, 2.0], [1.5, 0.2, 0.4], [0.1, 0.2, 0.1]):
    ...     trace.record(losses[:2], ["a", "b"])
    ...     trace.record(losses[2:], ["c"])
    ...     trace.end_epoch()
    >>> trace.exposure().round(2)
    array([0.95, 0.05, 0.95])
    >>> trace.most_exposed(1)
    array(['a', 'c'], dtype='<U1')
    """

    def __init__(self) -> None:
        self.ids: Ids = np.empty(0, dtype=np.int64)
        self._epochs: list[Epoch] = []
        self._pending: list[tuple[Any, Any]] = []
        self._grouping: Grouping | None = None

    def __len__(self) -> int:
        """Return how many epochs are finished."""
        return len(self._epochs)

    @property
    def losses(self) -> Floats:
        """The losses ``(epochs, n)`` in float32, in the order of `ids`; nan where a record was missing."""
        table = np.full((len(self), len(self.ids)), np.nan, dtype=np.float32)
        for row, epoch in zip(table, self._epochs, strict=True):
            row[np.searchsorted(self.ids, epoch.ids)] = epoch.losses
        return table

    def record(self, losses: Any, ids: Any) -> None:
        """Keep the losses of one batch; batches may come in any order.

        Tensors stay on their device until the epoch ends, so that nothing waits for a GPU here. A record
        that comes more than once in an epoch counts with its mean loss.

        Parameters
        ----------
        losses : float array or tensor (b,)
            One loss per record, as ``reduction="none"`` gives it.
        ids : array or tensor (b,)
            What these records are called: whole numbers or text, the same in every epoch.

        Raises
        ------
        InputError
            Another number of losses than of ids, such as the mean of the batch.
        """
        losses, ids = _own(losses), _own(ids)
        if losses.ndim != 1 or ids.ndim != 1 or losses.shape != ids.shape:
            raise InputError(
                f"losses of shape {tuple(losses.shape)} for ids of shape {tuple(ids.shape)}",
                expected="one loss per record of the batch",
                fix='Compute the loss with reduction="none", record it, and train on its mean.',
            )
        self._pending.append((losses, ids))

    def end_epoch(self) -> None:
        """Finish an epoch: what was recorded since the last one belongs to it.

        Raises
        ------
        InputError
            Nothing was recorded, a loss is not finite, or the ids are of another type than before. The
            epoch is dropped, and the epochs before it stay.
        """
        batches, self._pending = self._pending, []
        if not any(len(ids) for _, ids in batches):
            raise InputError(
                "an epoch without a loss",
                expected="record(losses, ids) for each batch before end_epoch()",
                fix="Call record in the loop over batches.",
            )
        losses, ids = (np.concatenate([as_array(b[i], "losses or ids") for b in batches]) for i in (0, 1))
        require_finite(losses, ids, number=len(self) + 1)
        if self._grouping is None or not np.array_equal(self._grouping.raw_ids, ids):
            self._grouping = Grouping.of(self._checked(ids))
        epoch = self._grouping.epoch(losses)
        if not np.array_equal(epoch.ids, self.ids):
            self.ids = np.union1d(self.ids, epoch.ids) if len(self) else epoch.ids
        self._epochs.append(epoch)

    def after_epoch(self, model: Any, X: Records, y: Any, *, ids: Any = None) -> None:
        """Record an epoch by querying ``model`` on its training records, as after each ``partial_fit``.

        Parameters
        ----------
        model : object with ``predict_proba``
        X : array (n, ...), sparse matrix (n, d) or DataFrame
        y : array (n,)
            Classes as the model was trained with them.
        ids : array (n,), optional
            Row numbers by default.

        Raises
        ------
        ModelError, InputError
            The model cannot answer, or a class is none of its columns.
        """
        self._add(model_losses(model, X, y), ids)

    @classmethod
    def while_boosting(
        cls, model: Any, X: Records, y: Any, *, ids: Any = None, stages: Sequence[int] | None = None
    ) -> LossTrace:
        """Fit a ``HistGradientBoostingClassifier`` and return the trace of its stages, which costs nothing.

        The losses are those that scikit-learn computes anyway. Parameters and errors are those of
        `from_staged`. A model that sets records apart for early stopping is traced after it is fitted.
        """
        from mlleaks.models.boosting_losses import losses_while_boosting

        trace = cls()
        for losses in losses_while_boosting(model, X, y, stages=stages):
            trace._add(losses, ids)
        return trace

    @classmethod
    def from_staged(
        cls, model: Any, X: Records, y: Any, *, ids: Any = None, stages: Sequence[int] | None = None
    ) -> LossTrace:
        """Return the trace of a fitted boosted model over its stages, by ``staged_predict_proba``.

        Parameters
        ----------
        model : object with ``staged_predict_proba``
            Such as scikit-learn's ``HistGradientBoostingClassifier`` and ``GradientBoostingClassifier``.
        X : array (n, d), sparse matrix (n, d) or DataFrame
            The training records.
        y : array (n,)
            Classes as the model was trained with them.
        ids : array (n,), optional
            Row numbers by default.
        stages : sequence of int, optional
            Which stages to record, from 1 on; by default ten from the first to the last. The cost grows
            with the last one: the trees of each stage up to it are walked once.

        Raises
        ------
        ModelError
            The model has no stages.
        InputError
            A stage that it does not have.
        """
        trace = cls()
        for losses in staged_losses(model, X, y, stages=stages):
            trace._add(losses, ids)
        return trace

    def exposure(self) -> Floats:
        """Return how exposed each record is ``(n,)``, in the order of `ids`: its `loss_trace_iqr`."""
        return loss_trace_iqr(self.losses)

    def most_exposed(self, k: int) -> Ids:
        """Return the ids of the ``k`` most exposed records, highest first, and of all that tie with the last.

        Parameters
        ----------
        k : int
            From 1 to the number of records.

        Raises
        ------
        InputError
            Another ``k``.
        """
        exposure = self.exposure()
        if not 1 <= k <= len(exposure):
            raise InputError(f"k={k}", expected=f"a number in 1..{len(exposure)}", fix="Pass another k.")
        order = np.argsort(-exposure, kind="stable")
        return np.asarray(self.ids[order[: int((exposure >= exposure[order[k - 1]]).sum())]])

    def tail(self, nonmember_losses: Any, *, fnr: float = FNR) -> float:
        """Return the `tail_statistic` of the last epoch: the higher, the stronger an attack can be.

        The last epoch must be the finished model: `NetworkTrainer.traced` and `from_staged` end
        with it; after a loop of your own call ``trace.after_epoch(model, X, y)``. Losses that were computed
        on the way, with dropout above all, are larger, and the tail would look empty.

        Parameters
        ----------
        nonmember_losses : float array (m,)
            The finished model's losses on records that it was not trained on, such as a validation set:
            ``mlleaks.models.model_losses(model, X, y)``.
        fnr : float
        """
        if not self._epochs:
            raise InputError("a trace without an epoch", expected="one epoch or more", fix="Train first.")
        return tail_statistic(self._epochs[-1].losses, as_array(nonmember_losses, "losses"), fnr=fnr)

    def to_frame(self) -> pd.DataFrame:
        """Return a row per record, most exposed first: id, exposure, epochs, first and last loss."""
        losses = self.losses
        there = ~np.isnan(losses)
        first, last = there.argmax(axis=0), len(losses) - 1 - there[::-1].argmax(axis=0)
        columns = np.arange(len(self.ids))
        table = {
            "id": self.ids,
            "exposure": self.exposure(),
            "epochs": there.sum(axis=0),
            "first_loss": losses[first, columns],
            "last_loss": losses[last, columns],
        }
        frame = pd.DataFrame(table).sort_values("exposure", ascending=False, kind="stable")
        return frame.reset_index(drop=True)

    def save(self, path: Path | str) -> None:
        """Write the finished epochs to a file, whole or not at all: a ``.npz`` without pickled objects."""
        content = BytesIO()
        np.savez(content, ids=self.ids, losses=self.losses)
        write_bytes(Path(path), content.getbuffer())

    @classmethod
    def load(cls, path: Path | str) -> LossTrace:
        """Return a trace from a file; it can go on.

        Raises
        ------
        DataUnavailable
            No such file.
        InputError
            It holds no loss trace.
        """
        path = Path(path)
        expected, fix = "a file that LossTrace.save has written", "Pass the path of such a file."
        if not path.is_file():
            raise DataUnavailable(f"no file {path}", expected=expected, fix=fix)
        with reading(path, expected=expected, fix=fix), np.load(path, allow_pickle=False) as stored:
            ids, losses = stored["ids"], stored["losses"]
        trace = cls()
        if losses.ndim != 2 or ids.shape != losses.shape[1:]:
            raise InputError(f"{path} with arrays of other shapes", expected=expected, fix=fix)
        for row in losses:
            there = ~np.isnan(row)
            trace.record(row[there], ids[there])
            trace.end_epoch()
        return trace

    def _add(self, losses: Floats, ids: Any) -> None:
        self.record(losses, np.arange(len(losses)) if ids is None else ids)
        self.end_epoch()

    def _checked(self, ids: Ids) -> Ids:
        ids = ids.astype(str) if ids.dtype == object and all(isinstance(i, str) for i in ids) else ids
        kind = "U" if ids.dtype.kind == "U" else "i" if ids.dtype.kind in "iu" else ""
        if not kind or (len(self) and (self.ids.dtype.kind == "U") != (kind == "U")):
            raise InputError(
                f"ids of dtype {ids.dtype}",
                expected="whole numbers or text, the same in every epoch",
                fix="Number the records, and record these numbers.",
            )
        return ids


def _own(values: Any) -> Any:
    """Return a copy that the caller cannot change: a tensor stays one, where it is."""
    if hasattr(values, "detach"):
        return values.detach().clone()
    return np.array(as_array(values, "losses or ids"))
