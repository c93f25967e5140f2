"""Requests that find out how a service wants to be asked."""

from __future__ import annotations

from dataclasses import dataclass

from mlleaks.errors import InputError
from mlleaks.targets.http.protocol import ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows


@dataclass(frozen=True)
class Probe:
    """One request to try.

    Parameters
    ----------
    settings : Settings
        What to go on with if the service understands it.
    info : ServiceInfo
        As `ProtocolSpec.settle` returns it.
    request : Request
    n : int
        How many records it holds.
    """

    settings: Settings
    info: ServiceInfo
    request: Request
    n: int


def probes_of(
    spec: ProtocolSpec,
    endpoint: str,
    rows: Rows,
    *,
    settings: Settings,
    info: ServiceInfo | None = None,
) -> list[Probe]:
    """Return the different requests that a protocol can make of some records, in the order to try them.

    The first whose answer `ProtocolSpec.items` reads is the one. A service that understands a request by
    half answers an error, or another number of records.

    Parameters
    ----------
    spec : ProtocolSpec
    endpoint : str
    rows : Rows
        Two or more records: with one, an answer about one record and a list of one answer look alike.
    settings : Settings
        What the user has settled.
    info : ServiceInfo, optional
        What the metadata tell.

    Raises
    ------
    InputError
        No request of this protocol can hold these records.

    Examples
    --------
    >>> from mlleaks.targets.http.protocols import REGISTRY
    >>> rows, url = Rows([[1.5], [2.5]], ("float64",), (1,)), "http://localhost:5000/invocations"
    >>> [probe.request.body[:12] for probe in probes_of(REGISTRY["mlflow"], url, rows, settings=Settings())]
    [b'{"dataframe_', b'{"inputs":[[', b'{"instances"']
    """
    probes: list[Probe] = []
    first_error: InputError | None = None
    for attempt in spec.attempts(settings):
        settled = spec.settle(info, attempt)
        part = rows.part(slice(0, 1)) if settled.one_record else rows
        try:
            request = spec.request(endpoint, part, settled, attempt)
        except InputError as error:  # this shape does not suit the records; another may
            first_error = first_error or error
            continue
        if request not in [probe.request for probe in probes]:
            probes.append(Probe(attempt, settled, request, len(part)))
    if first_error is not None and not probes:
        raise first_error
    return probes
