"""The options of a target behind a service, and the model that they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlleaks.errors import InputError

if TYPE_CHECKING:
    pass

_SERVICE = "With a service"


def _option(help_text: str, **more: Any) -> Any:
    return typer.Option(help=help_text, rich_help_panel=_SERVICE, **more)


Protocol = Annotated[str | None, _option("What the service speaks; by default it is probed.", metavar="NAME")]
Auth = Annotated[
    str | None,
    _option("bearer:VARIABLE or basic:USER_VARIABLE:PASSWORD_VARIABLE: names of environment variables."),
]
Header = Annotated[
    list[str] | None,
    _option("NAME: VALUE, or NAME: env:VARIABLE for a secret; may be repeated.", metavar="NAME: VALUE"),
]
Authority = Annotated[Path | None, _option("Certificates of the authorities to trust (PEM).")]
Certificate = Annotated[Path | None, _option("Own certificate with its key (PEM).")]
Proxy = Annotated[str | None, _option("Address of a proxy.")]
Timeout = Annotated[float | None, _option("Seconds until an answer must have come [default: 30].")]
Batch = Annotated[int | None, _option("Records per request [default: 100].")]
Concurrency = Annotated[int | None, _option("Requests at once [default: 4].")]
Rate = Annotated[float | None, _option("Records per second at most.")]
Price = Annotated[float | None, _option("What one record costs; the report says what the audit cost.")]
BudgetCost = Annotated[
    float | None, _option("What the audit may cost, at --price: a number of queries follows from it.")
]
Template = Annotated[
    Path | None, _option("File with the JSON of a request, with $rows or $row in it: any JSON service.")
]
Output = Annotated[
    str | None, _option("Name of the output with the probabilities; with --template its JSONPath.")
]
Classes = Annotated[
    str | None, _option("Class names in the order of the scores, separated by commas.", metavar="NAMES")
]

SERVICE_OPTIONS = (
    *("protocol", "auth", "header", "ca", "certificate", "proxy", "timeout", "batch", "concurrency"),
    *("rate", "price", "budget-cost", "template", "output", "classes"),
)


def most_queries(options: Mapping[str, Any]) -> int | None:
    """Return how many queries an audit may send: the smaller of the number and of what the money buys.

    Raises
    ------
    InputError
        Money without a price, or a price that is not above 0.

    Examples
    --------
    >>> most_queries({"max-queries": 500, "price": 0.01, "budget-cost": 2})
    200
    """
    price, money, number = (options[name] for name in ("price", "budget-cost", "max-queries"))
    if price is not None and price <= 0:
        raise InputError(f"a price of {price}", expected="more than 0", fix="Pass another --price.")
    if money is None:
        return number  # type: ignore[no-any-return]
    if price is None:
        raise InputError(
            "--budget-cost without --price", expected="what one record costs", fix="Pass --price, too."
        )
    bought = int(money / price + 1e-9)
    return bought if number is None else min(bought, number)
