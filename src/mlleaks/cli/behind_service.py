"""From the options of a service to the model behind it, and to records in the form that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mlleaks.cli.service_options import most_queries
from mlleaks.errors import InputError, ModelError

if TYPE_CHECKING:
    from mlleaks.types import Model


def behind_service(
    url: str,
    options: Mapping[str, Any],
    records: dict[str, Any],
    planted: Any,
    read: Callable[[Any], dict[str, Any]],
) -> tuple[Model, dict[str, Any]]:
    """Return the model behind an address, and the records in the form that it takes.

    Tables of numbers are sent as numbers. A service that does not take them so is sent named columns.

    Parameters
    ----------
    url : str
    options : mapping
        Those of `mlleaks.cli.service_options` and of the files, by their names.
    records : dict
        Of each side, from files.
    planted : CanarySet or None
    read : callable
        ``read(model) -> records``: reads the files again, with the columns that ``model`` names.
    """
    from mlleaks.targets.http.refusals import Decisive

    X, labels = records["members"][:2] if "members" in records else (planted.X, planted.y)
    try:
        return connect_service(url, options, X, labels), records
    except ModelError as error:
        names = [] if isinstance(error, Decisive) else _column_names(options)
        if hasattr(X, "columns") or not names:
            raise
        named = read(SimpleNamespace(feature_names_in_=names))
        try:
            return connect_service(url, options, named["members"][0], labels), named
        except ModelError:
            raise error from None


def _column_names(options: Mapping[str, Any]) -> list[str]:
    """Return the names of the features in the file of members; none where it is no table."""
    from mlleaks.data.tables import ID, read_table

    if options["members"] is None or options["members"].suffix.lower() not in (".csv", ".parquet"):
        return []
    table: Any = read_table(options["members"])
    return [str(name) for name in table.columns if name not in (ID, options["label"] or "label")]


def connect_service(url: str, options: Mapping[str, Any], X: Any, labels: Any) -> Model:
    """Return the model behind an address; some of the records are sent to learn how it answers.

    Parameters
    ----------
    url : str
    options : mapping
        Those of this module by their names.
    X, labels : records and their classes, or None
    """
    import numpy as np

    from mlleaks.targets.http import Connection, Settings, connect

    template, cache = options["template"], options["cache"]
    set_options = {name: options[name] for name in ("timeout", "concurrency") if options[name] is not None}
    connection = Connection(
        auth=options["auth"],
        headers=dict(_header(text) for text in options["header"] or []),
        ca=options["ca"],
        certificate=options["certificate"],
        proxy=options["proxy"],
        **set_options,
    )
    named = options["classes"]
    settings = Settings(
        output=options["output"],
        template=None if template is None else template.read_text(encoding="utf-8"),
        classes=None if named is None else tuple(name.strip() for name in named.split(",")),
    )
    protocol = options["protocol"] or ("auto" if template is None else "template")
    return connect(
        url,
        X,
        classes=None if labels is None else np.unique(labels).tolist(),
        protocol=protocol,
        settings=settings,
        connection=connection,
        rate=options["rate"],
        max_queries=most_queries(options),
        price=options["price"] or 0.0,
        cache=None if cache is None else Path(cache) / "services",
        **({} if options["batch"] is None else {"batch": options["batch"]}),
    )


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise InputError(
            f"the header {name.strip()!r} without a value",
            expected="NAME: VALUE",
            fix="Pass for example --header 'X-Key: env:KEY'.",
        )
    return name.strip(), value.strip()
