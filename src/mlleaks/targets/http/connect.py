"""From an address to a model that can be audited."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlleaks.errors import InputError
from mlleaks.storage.atomic import cache_folder
from mlleaks.targets.http.answer_form import learn_form, to_posteriors
from mlleaks.targets.http.budget import Budget
from mlleaks.targets.http.connection import Connection
from mlleaks.targets.http.discovery import AUTO, PROBES, find_protocol
from mlleaks.targets.http.equal_rest import visible_classes
from mlleaks.targets.http.identity import ask_anew, find_generation
from mlleaks.targets.http.model import BATCH, HttpModel, Service
from mlleaks.targets.http.pacing import Pace
from mlleaks.targets.http.protocol import Settings
from mlleaks.targets.http.sending import Sender
from mlleaks.targets.http.store import AnswerStore
from mlleaks.targets.http.urls import checked_address
from mlleaks.targets.http.usage import Usage
from mlleaks.types import Records

LEARN_FROM = 25
"""Answers that the form is learned from."""


def connect(
    url: str,
    sample: Records,
    *,
    classes: Sequence[Any] | None = None,
    protocol: str = AUTO,
    settings: Settings | None = None,
    connection: Connection | None = None,
    batch: int = BATCH,
    rate: float | None = None,
    max_queries: int | None = None,
    price: float = 0.0,
    cache: Path | str | None = None,
) -> HttpModel:
    """Return the model behind a service. Some of the records are sent to learn how it answers.

    Every answer is stored before it is used: an audit that was killed, or the next one, sends no record again
    that was answered on the same occasion.

    Parameters
    ----------
    url : str
        The address of one model.
    sample : records
        Some of the records that will be audited; up to 29 are sent.
    classes : sequence, optional
        The classes as the records' labels name them, in any order.
    protocol : str
        A protocol's name, or "auto": see `mlleaks.targets.http.protocols`.
    settings : Settings, optional
        What the protocol leaves open: names of input and output, a template.
    connection : Connection, optional
        Credentials, certificates, proxy, time limits.
    batch : int
        Records per request.
    rate : float, optional
        Records per second at most.
    max_queries : int, optional
        Records that may be sent in all; more raise an error and are not sent.
    price : float
        Of one record, for the report.
    cache : path, optional
        The folder of the stored answers, by default in the platform's cache folder.

    Raises
    ------
    ModelError
        The service cannot be reached, refuses, or does not answer as a classifier does.
    InputError, DataUnavailable, MissingExtra, CorruptRun
        Settings, files and extras that are missing or wrong; a damaged store.
    """
    checked_address(url)
    if batch < 1:
        raise InputError(f"a batch of {batch}", expected="at least 1 record", fix="Pass another --batch.")
    connection = connection or Connection()
    budget = Budget(max_queries)
    with ExitStack() as stack:
        client, store = connection.open(), AnswerStore(store_path(url, cache))
        stack.callback(client.close)
        stack.callback(store.close)
        sender = Sender(client, Usage(price), Pace(rate), timeout=connection.timeout, billed=budget.take)
        make = partial(
            Service,
            url,
            store=store,
            budget=budget,
            batch=batch,
            workers=connection.concurrency,
        )
        service = find_protocol(url, protocol, settings or Settings(), sender, make, sample[:PROBES])
        some = sample[:LEARN_FROM]
        items = ask_anew(service, some)
        names = service.info.classes or classes
        form = learn_form(items, classes=names, n_classes=None if names is None else len(names))
        service.generation = find_generation(service, some, items, form)
        service.check = partial(to_posteriors, form=form)
        service.remember(some, items)
        model = HttpModel(service, form, visible_classes(to_posteriors(items, form)))
        stack.pop_all()  # the model closes them
    return model


def store_path(url: str, cache: Path | str | None) -> Path:
    """Return the file in which a service's answers are stored; its name says nothing of the address."""
    folder = cache_folder() / "services" if cache is None else Path(cache)
    return folder / f"{hashlib.sha256(urlsplit(url).netloc.encode()).hexdigest()[:16]}.sqlite"
