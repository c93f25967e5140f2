"""Which protocol a service speaks, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from mlleaks.errors import InputError, MLLeaksError, ModelError
from mlleaks.targets.http.identity import send_probe
from mlleaks.targets.http.model import Service
from mlleaks.targets.http.probes import probes_of
from mlleaks.targets.http.protocol import ProtocolSpec, ServiceInfo, Settings
from mlleaks.targets.http.protocols import REGISTRY
from mlleaks.targets.http.records import encode_rows
from mlleaks.targets.http.refusals import Decisive, TooLarge
from mlleaks.targets.http.sending import Sender
from mlleaks.types import Records

AUTO, TEMPLATE = "auto", "template"
TRIES = 2
"""Of a request that may be wrong: a service may answer 500 to what it does not understand."""
PROBES = 2
"""Records that are sent in each shape that a service might take."""


def learn_info(url: str, protocol: ProtocolSpec, sender: Sender) -> ServiceInfo | None:
    """Return what a service tells of itself in one protocol; None if it does not speak it."""
    try:
        metadata = {address: sender.get(address) for address in protocol.metadata_urls(url)}
        return protocol.recognise(url, metadata)
    except (TypeError, ValueError, AttributeError, KeyError):  # of another protocol's JSON
        return None


def find_protocol(
    url: str, name: str, settings: Settings, sender: Sender, open_service: Callable[..., Service], X: Records
) -> Service:
    """Return the service, with the protocol that it speaks and the shape of requests that it takes.

    A protocol that is named is believed. With "auto", those whose address or metadata tell are tried first,
    then the others. Each shape of request is sent with two records, until one is answered as it should be.

    Parameters
    ----------
    url : str
    name : str
        A protocol's name, or "auto".
    settings : Settings
    sender : Sender
    open_service : callable
        ``open_service(sender=, protocol=, info=, settings=) -> Service``.
    X : records
        Two of those that will be audited.

    Raises
    ------
    ModelError
        The service answers no request as it should; the message lists what was tried.
    """
    tried = []
    for spec, info in _candidates(url, name, sender):
        try:
            probes = probes_of(spec, url, encode_rows(X), settings=settings, info=info)
        except InputError as error:
            tried.append(f"{spec.name}: {error.got}")
            continue
        for probe in probes:
            service = open_service(sender=sender, protocol=spec, info=probe.info, settings=probe.settings)
            hasty = replace(service, sender=replace(sender, attempts=TRIES))
            shape = f"{spec.name} ({probe.settings.body or 'its usual request'})"
            try:
                _, stated = send_probe(hasty, probe)
            except Decisive:
                raise
            except TooLarge:
                tried.append(f"{shape}: requests that are too large (status 413)")
                continue
            except MLLeaksError as error:
                tried.append(f"{shape}: {error.got}")
                continue
            settled = replace(probe.info, version=probe.info.version or stated)
            return replace(service, info=settled, told_version=stated)
    raise ModelError(
        "no answer to any request: " + "; ".join(dict.fromkeys(tried)),
        expected="a service that speaks one of " + ", ".join(REGISTRY),
        fix="Check the address, pass --protocol NAME, or describe its requests with --template.",
    )


def _candidates(url: str, name: str, sender: Sender) -> Iterator[tuple[ProtocolSpec, ServiceInfo | None]]:
    """Return the protocols to try with what the service tells in them, the most likely ones first."""
    specs = REGISTRY.select(REGISTRY if name == AUTO else [name])
    specs.sort(key=lambda spec: spec.position)
    later = []
    sender.reach(url)
    for spec in specs:
        info = learn_info(url, spec, sender)
        if info is not None or name != AUTO:
            yield spec, info
        elif spec.name != TEMPLATE:
            later.append(spec)
    for spec in later:
        yield spec, None
