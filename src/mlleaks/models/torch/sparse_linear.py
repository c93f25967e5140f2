"""A network's first layer over sparse records: it reads and changes no more than it must.

A step of training changes every weight: the mean of the records and the averages of Adam reach all
of them. So memory traffic is the cost, and three things keep it down. Columns that no training record
has are skipped while training goes on; weight decay is all that happens to them, and is made up for
at the end. The other weights are gone through once per step, in blocks that stay in the cache while
their gradient is made, used and forgotten. And the mean's share of the next product is taken
from each block while it is there. The floor is six passes over the weights of the columns that
occur: weight and two averages, read and written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from mlleaks.models.sparse_input import Inputs, Rows, dense
from mlleaks.models.torch.keyed_dropout import KeyedDropout

if TYPE_CHECKING:
    from mlleaks.models.settings import TrainingSettings
    from mlleaks.models.torch.optimizers import Update

_BLOCK = 2**18
"""Weights gone through at a time on a CPU: a megabyte, and as much for each average."""

_RESTING_BLOCK = 2**17
"""The same where nothing but weight decay happens."""


@dataclass(frozen=True)
class Batch:
    """Some sparse records: their numbers row by row, and the mean's share of the product.

    Parameters
    ----------
    columns, values : Tensor (m,)
        Where numbers are, and what they are.
    starts : Tensor (n,)
        Where in these each record begins.
    shift : Tensor (h,), optional
        The mean times the weights, to be subtracted from every product.
    """

    columns: Tensor
    values: Tensor
    starts: Tensor
    shift: Tensor | None

    def with_values(self, values: Tensor) -> Batch:
        """Return the same records with other numbers in the same places."""
        return replace(self, values=values)


class SparseLinear(nn.Module):
    """A linear layer with weights ``(d, h)`` for a `Batch` or a dense tensor ``(n, d)``.

    The weights ask for no gradient: `ActiveColumns` makes and uses it from that of ``product``, which is
    kept in training, as are the ``values`` that it was made of: dropout may come before this layer.
    """

    def __init__(self, like: nn.Linear) -> None:
        super().__init__()
        self.weight = nn.Parameter(like.weight.detach().T.contiguous(), requires_grad=False)
        self.bias = like.bias
        self.product: Tensor | None = None
        self.values: Tensor | None = None

    def forward(self, x: Batch | Tensor) -> Tensor:
        """Return ``x @ weight + bias``."""
        if isinstance(x, Tensor):
            return x @ self.weight + self.bias
        product = _gathered(self.weight, x.columns, x.values, x.starts)
        if x.shift is not None:
            product -= x.shift
        if self.training:
            self.product, self.values = product.requires_grad_(), x.values
        return product + self.bias


def with_sparse_input(net: nn.Module) -> SparseLinear | None:
    """Return a network's first layer, exchanged for one that takes sparse records; None if it has none.

    Parameters
    ----------
    net : Module
        Changed in place: a `torch.nn.Sequential` that begins with a trained `torch.nn.Linear`, or with
        dropout and that.
    """
    place = _place(net)
    if place is None:
        return None
    layer: Any = net[place]  # type: ignore[index]
    if type(layer) is nn.Linear and layer.bias is not None and layer.weight.requires_grad:
        net[place] = SparseLinear(layer)  # type: ignore[operator]
    return first_layer(net)


def first_layer(net: nn.Module) -> SparseLinear | None:
    """Return a network's first layer if it takes sparse records."""
    place = _place(net)
    layer = None if place is None else net[place]  # type: ignore[index]
    return layer if isinstance(layer, SparseLinear) else None


def _place(net: nn.Module) -> int | None:
    """Return where in a `torch.nn.Sequential` the first layer is: after dropout, if it begins with that."""
    if not isinstance(net, nn.Sequential):
        return None
    dropped = len(net) > 0 and isinstance(net[0], (nn.Dropout, KeyedDropout))
    return int(dropped) if len(net) > dropped else None


def batches(net: nn.Module, X: Inputs, size: int, place: torch.device) -> Iterator[Any]:
    """Yield inputs as ``net`` takes them, ``size`` records at a time."""
    first = first_layer(net)
    if isinstance(X, Rows) and first is not None:
        shift = None if X.mean is None else torch.from_numpy(X.mean).to(place) @ first.weight
        for rows in np.split(np.arange(len(X)), range(size, len(X), size)):
            yield _batch(X.matrix[rows], shift, place)
    else:
        for some in torch.split(torch.from_numpy(dense(X)), size):
            yield some.to(place)


class ActiveColumns:
    """A first layer while it is trained, with no weights but those of columns that occur.

    Parameters
    ----------
    layer : SparseLinear
        On the device where it is trained.
    X : Rows
        The training records.
    settings : TrainingSettings
    """

    def __init__(self, layer: SparseLinear, X: Rows, settings: TrainingSettings) -> None:
        occurs = np.bincount(X.matrix.indices, minlength=X.shape[1]) > 0
        if X.mean is not None:
            occurs |= X.mean != 0
        self.layer, self.optimizer, self.decay = layer, settings.optimizer, 2 * settings.l2
        self.place = layer.weight.device
        self.matrix = X.matrix[:, np.flatnonzero(occurs)]
        self.occurs = torch.from_numpy(occurs).to(self.place)
        self.whole = layer.weight.data
        layer.weight.data = self.whole[self.occurs]
        mean = None if X.mean is None else torch.from_numpy(X.mean).to(self.place)[self.occurs]
        self.blocks = [
            _Block(weights, share, self.optimizer.start([([weights], self.decay)]))
            for weights, share in self._split(layer.weight.data, mean)
        ]
        self.edges = np.cumsum([0, *(len(block.weights) for block in self.blocks)])
        self.gradient = torch.empty_like(self.blocks[0].weights)
        self.shift = None if mean is None else mean @ layer.weight.data
        self.some, self.rates = self.matrix[:0], list[float]()

    def batch(self, rows: Tensor) -> Batch:
        """Return the records at these positions, which the next `update` takes the gradient of."""
        self.some = self.matrix[rows.cpu().numpy()]
        return _batch(self.some, self.shift, self.place)

    @torch.no_grad()
    def update(self, rate: float) -> None:
        """Change the weights by the gradient that has come back to the layer's last product."""
        assert self.layer.product is not None
        slopes = self.layer.product.grad
        assert slopes is not None
        assert self.layer.values is not None
        self.some.data = self.layer.values.cpu().numpy()
        by_column = self.some.tocsc()
        columns = np.flatnonzero(np.diff(by_column.indptr))
        parts = (by_column.indices, by_column.data, by_column.indptr[columns])
        changed = _gathered(slopes, *(torch.from_numpy(part).to(self.place) for part in parts))
        sizes = np.diff(np.searchsorted(columns, self.edges))
        local = torch.from_numpy(columns - np.repeat(self.edges[:-1], sizes)).to(self.place)
        total = slopes.sum(dim=0)
        if self.shift is not None:
            self.shift.zero_()
        split = (torch.split(part, sizes.tolist()) for part in (local, changed))
        for block, at, by in zip(self.blocks, *split, strict=True):
            gradient = block.start(total, self.gradient)
            block.update([[gradient.index_add_(0, at, by)]], rate)
            if self.shift is not None and block.mean is not None:
                self.shift.addmv_(block.weights.T, block.mean)
        self.rates.append(rate)

    @torch.no_grad()
    def finish(self) -> None:
        """Give the layer all its weights back, those of columns that do not occur decayed."""
        if self.decay:
            for rows in torch.split((~self.occurs).nonzero().squeeze(1), self._rows(_RESTING_BLOCK)):
                weights = self.whole[rows]
                nothing = torch.zeros_like(weights)
                update = self.optimizer.start([([weights], self.decay)])
                for rate in self.rates:
                    update([[nothing]], rate)
                self.whole[rows] = weights
        self.whole[self.occurs] = self.layer.weight.data
        self.layer.weight.data, self.layer.product, self.layer.values = self.whole, None, None

    def _split(self, weights: Tensor, mean: Tensor | None) -> Iterator[tuple[Tensor, Tensor | None]]:
        size = self._rows(_BLOCK)
        parts = torch.split(weights, size)
        yield from zip(parts, [None] * len(parts) if mean is None else torch.split(mean, size), strict=True)

    def _rows(self, weights: int) -> int:
        """Return how many rows are gone through at a time; a GPU does all at once."""
        n, width = self.whole.shape
        return max(1, weights // width if self.place.type == "cpu" else n)


@dataclass(frozen=True)
class _Block:
    """Rows of weights that follow one another, their columns' mean, and what updates them."""

    weights: Tensor
    mean: Tensor | None
    update: Update

    def start(self, total: Tensor, memory: Tensor) -> Tensor:
        """Return the mean's share of the gradient, written into ``memory``."""
        gradient = memory[: len(self.weights)]
        if self.mean is None:
            return gradient.zero_()
        return torch.outer(self.mean, total, out=gradient).neg_()


def _batch(some: Any, shift: Tensor | None, place: torch.device) -> Batch:
    parts = (some.indices, some.data, some.indptr[:-1])
    columns, values, starts = (torch.from_numpy(part).to(place) for part in parts)
    return Batch(columns, values, starts, shift)


def _gathered(table: Tensor, places: Tensor, values: Tensor, starts: Tensor) -> Tensor:
    """Return sums of rows of ``table``, each times its value; a sum ends where the next one starts."""
    return nn.functional.embedding_bag(places, table, starts, mode="sum", per_sample_weights=values)
