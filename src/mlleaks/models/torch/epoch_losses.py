"""Each record's loss in an epoch, from the logits that training computes anyway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from mlleaks.errors import InputError
from mlleaks.types import Floats

_PENDING = 2**17
"""Logits that may wait for their losses: one call serves many batches."""


class EpochLosses:
    """Collects a network's logits on its batches; training computes the same with or without it.

    Parameters
    ----------
    n_records : int
    record : function
        Called with the losses ``(n,)`` of an epoch, in the order of the training records.
    """

    def __init__(self, n_records: int, record: Callable[[Floats], None]) -> None:
        self._n_records, self._record = n_records, record
        self._batch: tuple[Any, Tensor, Tensor] | None = None
        self._waiting: list[tuple[Tensor, Tensor, Tensor]] = []
        self._numbers = 0
        self._losses: Tensor | None = None

    def expect(self, records: Any, rows: Tensor, labels: Tensor) -> None:
        """Say which batch comes next: its records as the network gets them, positions and labels."""
        self._batch = (records, rows, labels)

    def see(self, records: Any, logits: Tensor) -> None:
        """Keep what the network answers, if these are the batch's records and no mixtures of them."""
        if self._batch is None or records is not self._batch[0]:
            return
        _, rows, labels = self._batch
        self._batch = None
        self._waiting.append((logits.detach(), rows, labels))
        self._numbers += logits.numel()
        if self._numbers > _PENDING:
            self._compute()

    def end_epoch(self) -> None:
        """Hand the losses of the epoch over, in one copy from the device.

        Raises
        ------
        InputError
            The network never got a record as it is: MixUp.
        """
        self._compute()
        if self._losses is None:
            raise InputError(
                "a trainer that shows its network mixtures of records",
                expected="one that shows it the records, to trace their losses",
                fix="Train without MixUp, or call trace.after_epoch(model, X, y) on the finished model.",
            )
        self._record(self._losses.cpu().numpy())

    @torch.no_grad()
    def _compute(self) -> None:
        if not self._waiting:
            return
        logits, rows, labels = (torch.cat(parts) for parts in zip(*self._waiting, strict=True))
        self._waiting, self._numbers = [], 0
        losses = nn.functional.cross_entropy(logits.float(), labels, reduction="none")
        if self._losses is None:
            self._losses = losses.new_empty(self._n_records)
        self._losses[rows] = losses
