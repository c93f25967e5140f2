"""A model behind a service, with the interface of all models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any
from weakref import finalize

import numpy as np

from mlleaks.errors import ModelError
from mlleaks.outputs.occasion import occasion
from mlleaks.targets.http.answer_form import AnswerForm, masks, to_posteriors
from mlleaks.targets.http.budget import Budget
from mlleaks.targets.http.posteriors import OutputMask
from mlleaks.targets.http.protocol import ProtocolSpec, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows, encode_rows, record_bytes
from mlleaks.targets.http.refusals import TooLarge
from mlleaks.targets.http.sending import Sender
from mlleaks.targets.http.store import AnswerStore
from mlleaks.types import Floats, Records

BATCH = 100
"""Records per request."""


@dataclass
class Service:
    """A service that answers records: what `HttpModel` and the search for a protocol share.

    Parameters
    ----------
    url : str
    protocol : ProtocolSpec
    info : ServiceInfo
        What the service tells of itself.
    settings : Settings
        Of the protocol's requests.
    sender : Sender
    store : AnswerStore
    budget : Budget
    batch : int
        Records per request; halved for good when the service finds requests too large.
    workers : int
        Requests at once.
    told_version : str, optional
        The version that the first answer came with; later ones must have the same.
    generation : int
        Counts the models that stood at this address under one version: see `mlleaks.targets.http.identity`.
    check : callable
        Raises `ModelError` for items that are no answers of this service; they are not stored.
    """

    url: str
    protocol: ProtocolSpec
    info: ServiceInfo
    settings: Settings
    sender: Sender
    store: AnswerStore
    budget: Budget = field(default_factory=Budget)
    batch: int = BATCH
    workers: int = 4
    told_version: str | None = None
    generation: int = 0
    check: Callable[[list[Any]], object] = lambda items: None

    def close(self) -> None:
        """Close connections and store."""
        self.sender.client.close()
        self.store.close()

    @property
    def scope(self) -> str:
        """What all answers of this service have in common, besides the record."""
        settings = asdict(self.settings) | {"parameters": dict(self.settings.parameters)}
        parts = [self.url, self.protocol.name, self.info.version, settings]
        return json.dumps(parts, sort_keys=True)

    def keys(self, X: Records, rows: Rows, number: int = 0) -> list[bytes]:
        """Return the store's keys of the present model's answers to records, on an occasion."""
        return self.store.keys(f"{self.scope} {self.generation}", record_bytes(X, rows), number)

    def items(self, X: Records) -> list[Any]:
        """Return what the service says about each record: from the store, else sent and stored first.

        Records that are equal are sent once.
        """
        rows = encode_rows(X)
        keys = self.keys(X, rows, occasion())
        stored = self.store.get(keys)
        missing = {key: value for key, value in zip(keys, rows.values, strict=True) if key not in stored}
        self.sender.usage.add("cached", len(set(keys)) - len(missing))
        if missing:
            self.budget.take(len(missing))
            for answers in self._fetched(rows, list(missing.items())):
                stored |= answers
            self.store.sync()
        return [stored[key] for key in keys]

    def remember(self, X: Records, items: list[Any]) -> None:
        """Store what the service has said about records."""
        self.store.put(dict(zip(self.keys(X, encode_rows(X)), items, strict=True)))

    def _fetched(self, rows: Rows, wanted: list[tuple[bytes, Any]]) -> Iterator[dict[bytes, Any]]:
        """Send records in batches, several at once; yield the answers of each batch once they are stored.

        Batches wait in a queue that is not longer than there are workers, so memory holds no more than these.
        """
        size = 1 if self.info.one_record else self.batch
        self.sender.stopping.clear()
        batches = iter([wanted[start : start + size] for start in range(0, len(wanted), size)])
        with ThreadPoolExecutor(self.workers) as pool:
            running = {pool.submit(self._answered, rows, batch) for batch in islice(batches, self.workers)}
            try:
                while running:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
                    running |= {
                        pool.submit(self._answered, rows, batch) for batch in islice(batches, len(done))
                    }
            except BaseException:
                self.sender.stopping.set()  # all that wait to send again give up
                raise
            finally:
                for future in running:
                    future.cancel()

    def _answered(self, rows: Rows, batch: list[tuple[bytes, Any]]) -> dict[bytes, Any]:
        """Return the answers to one batch, which are stored then; a batch that is too large is halved."""
        some = replace(rows, values=[value for _, value in batch])
        request = self.protocol.request(self.url, some, self.info, self.settings)
        try:
            body, headers = self.sender.send(request, len(batch))
        except TooLarge:
            if len(batch) == 1:
                raise too_large() from None
            middle = len(batch) // 2
            self.batch = min(self.batch, middle)
            return self._answered(rows, batch[:middle]) | self._answered(rows, batch[middle:])
        self._refuse_other_version(self.protocol.version(body, headers))
        items = self.protocol.items(body, len(batch), request=request, info=self.info)
        self.check(items)
        answers = {key: item for (key, _), item in zip(batch, items, strict=True)}
        self.store.put(answers)
        self.sender.usage.add("sent", len(batch))
        return answers

    def _refuse_other_version(self, version: str | None) -> None:
        """Raise `ModelError` if an answer comes from another version of the model."""
        if version is None or self.told_version is None or version == self.told_version:
            return
        raise ModelError(
            f"an answer of version {version} of the model after version {self.told_version}",
            expected="one model for the whole audit",
            fix="Run the audit again when the new version stays; its answers are stored apart.",
        )


def too_large() -> ModelError:
    """Return the error of a single record that a service finds too large."""
    return ModelError(
        "one record that is too large for the service (status 413)",
        expected="a service that takes single records",
        fix="Ask its owner for a larger limit.",
    )


class HttpModel:
    """A model behind a service.

    Parameters
    ----------
    service : Service
    form : AnswerForm
        How it answers.
    visible : int, optional
        Of how many classes it tells something: see `mlleaks.targets.http.equal_rest.visible_classes`.
    """

    def __init__(self, service: Service, form: AnswerForm, visible: int | None = None) -> None:
        self.service, self.form, self.visible = service, form, visible
        self._end = finalize(self, service.close)

    def close(self) -> None:
        """Close connections and store; so does the end of the model's life."""
        self._end()

    @property
    def classes_(self) -> Any:
        """The classes in the order of the columns."""
        return np.array(self.form.classes)

    @property
    def feature_names_in_(self) -> Any:
        """The names of the columns that the service wants, if it tells them."""
        names = [tensor.name for tensor in self.service.info.inputs]
        if len(names) < 2:
            raise AttributeError("feature_names_in_")
        return np.array(names, dtype=object)

    @property
    def output_masks(self) -> tuple[OutputMask, ...]:
        """What makes a shadow model answer as poorly as the service."""
        if self.visible == 0:
            return (OutputMask("label-only"),)
        return (*(() if self.visible is None else (OutputMask("top-k", self.visible),)), *masks(self.form))

    def usage_counts(self) -> dict[str, Any]:
        """Return what was sent so far; see `mlleaks.targets.http.usage`."""
        return self.service.sender.usage.facts()

    def predict_proba(self, X: Records) -> Floats:
        """Return posteriors ``(n, k)``; 0 and 1 where the service answers the class alone."""
        return to_posteriors(self.service.items(X), self.form)
