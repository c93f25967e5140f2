"""What a protocol is: how records become a request, and how its answer becomes one item per record.

A protocol has only pure functions. `mlleaks.targets.http.transport` sends the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from mlleaks.errors import InputError, ModelError
from mlleaks.targets.http.records import Rows


@dataclass(frozen=True)
class Request:
    """One HTTP request (POST) for a batch.

    Parameters
    ----------
    url : str
    body : bytes
        Compact JSON, or another content type.
    headers : mapping
        Content type and accept; no secrets.
    id : str, optional
        What the answer must repeat, where the protocol has ids.
    """

    url: str
    body: bytes
    headers: Mapping[str, str]
    id: str | None = None


@dataclass(frozen=True)
class InputTensor:
    """One input of a service, as its metadata describes it.

    Parameters
    ----------
    name : str
    datatype : str, optional
        In the protocol's own terms: ``FP32``, ``DT_FLOAT``.
    shape : tuple of int, optional
        With the axis of records; -1 for any length.
    """

    name: str
    datatype: str | None = None
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Settings:
    """What the user says of a service, where the protocol leaves a choice.

    Parameters
    ----------
    body : str, optional
        One of the protocol's `ProtocolSpec.bodies`; its first by default.
    input : str, optional
        Name of the input tensor, or of the method's argument.
    output : str, optional
        Name of the output that holds the probabilities (template: JSONPath). ``""`` asks for no output
        by name.
    names : str, optional
        JSONPath to the class names in each answer (template).
    classes : tuple of str, optional
        Class names in the order of the scores.
    template : str, optional
        JSON text with placeholders (template).
    parameters : mapping
        More members of the request, in the protocol's own terms: ``signature_name``, ``top_k``.
    """

    body: str | None = None
    input: str | None = None
    output: str | None = None
    names: str | None = None
    classes: tuple[str, ...] | None = None
    template: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ServiceInfo:
    """What a service tells of itself (metadata), and what the user adds to it.

    Parameters
    ----------
    protocol : str
    version : str, optional
        Version of the model. It is part of the store's key, and a change of it stops the run.
    classes : tuple of str, optional
        Class names, in the order of the scores.
    inputs : tuple of InputTensor
    output : str, optional
        Name of the output that holds probabilities (template: JSONPath).
    notes : tuple of str
        What a reader of the report must know.
    names : str, optional
        JSONPath to the class names in each answer (template).
    one_record : bool
        Whether a request holds a single record, so that the answer is the item itself.
    """

    protocol: str
    version: str | None = None
    classes: tuple[str, ...] | None = None
    inputs: tuple[InputTensor, ...] = ()
    output: str | None = None
    notes: tuple[str, ...] = ()
    names: str | None = None
    one_record: bool = False


Metadata: TypeAlias = Mapping[str, Any]
"""The parsed JSON that each metadata URL answered, or None."""


def _no_urls(endpoint: str) -> Sequence[str]:
    return ()


def _no_version(answer: Any, headers: Mapping[str, str]) -> str | None:
    return None


@dataclass(frozen=True)
class ProtocolSpec:
    """One protocol of prediction services.

    Parameters
    ----------
    name : str
        Lower-case words joined by hyphens.
    title : str
        What people call it.
    source : str
        Documentation that it was written from.
    recognise : callable
        ``(endpoint URL, {metadata URL: parsed JSON or None}) -> ServiceInfo``, or None where this is
        another protocol.
    request : callable
        ``(endpoint URL, rows, info, settings) -> Request``.
    read : callable
        ``(parsed answer, number of records, info) -> items``, one per record, in the records' order. It
        raises `ModelError` for another number of records or a missing output. See `items`.
    metadata_urls : callable
        ``endpoint URL -> URLs`` to GET, in this order, to learn about the service.
    version : callable
        ``(parsed answer, response headers in lower case) -> version`` of the model, where an answer
        tells it.
    bodies : tuple of str
        The shapes that a request may have, the most common one first.
    single : frozenset of str
        Those of them that hold one record per request.
    outputs : tuple of str
        What to write into `Settings.output`, in this order, where nothing is known.
    position : int
        Where the protocol stands in the order in which ``--protocol auto`` tries them.
    """

    name: str
    title: str
    source: str
    recognise: Callable[[str, Metadata], ServiceInfo | None]
    request: Callable[[str, Rows, ServiceInfo, Settings], Request]
    read: Callable[[Any, int, ServiceInfo], list[Any]]
    metadata_urls: Callable[[str], Sequence[str]] = _no_urls
    version: Callable[[Any, Mapping[str, str]], str | None] = _no_version
    bodies: tuple[str, ...] = ("default",)
    single: frozenset[str] = frozenset()
    outputs: tuple[str | None, ...] = (None,)
    position: int = 0

    def settle(self, info: ServiceInfo | None, settings: Settings) -> ServiceInfo:
        """Return ``info`` with what the user says: their word counts more than the metadata.

        Parameters
        ----------
        info : ServiceInfo or None
            What `recognise` has answered.
        settings : Settings

        Raises
        ------
        InputError
            ``settings.body`` is no body of this protocol.
        """
        body = self.body(settings)
        info = info or ServiceInfo(self.name)
        return replace(
            info,
            classes=info.classes if settings.classes is None else settings.classes,
            output=info.output if settings.output is None else settings.output or None,
            names=settings.names or info.names,
            one_record=body in self.single or is_for_one_record(settings.template),
        )

    def body(self, settings: Settings) -> str:
        """Return the shape of the request that the settings name, or the protocol's first.

        Raises
        ------
        InputError
            No such shape.
        """
        body = settings.body or self.bodies[0]
        if body not in self.bodies:
            raise InputError(
                f"the request body {body!r} for {self.title}",
                expected=f"one of {', '.join(self.bodies)}",
                fix="Pass one of them, or none.",
            )
        return body

    def attempts(self, settings: Settings) -> list[Settings]:
        """Return the settings to try on a service that tells nothing of itself, in this order.

        They differ in the shape of the request and in the output that it names. What the user has settled
        stays as it is. First comes the shape that the records suggest.
        """
        bodies = (settings.body,) if settings.body else (None, *self.bodies)
        outputs = self.outputs if settings.output is None else (settings.output,)
        return [replace(settings, body=body, output=output) for body in bodies for output in outputs]

    def items(self, answer: Any, n: int, *, request: Request, info: ServiceInfo) -> list[Any]:
        """Return what the service said about each record, after a look at the answer's id.

        Parameters
        ----------
        answer : parsed JSON, or text where the service answers no JSON
        n : int
            How many records the request held.
        request : Request
            What was sent.
        info : ServiceInfo
            As `settle` returns it.

        Raises
        ------
        ModelError
            The answer belongs to another request, or is not of this protocol.
        """
        if request.id is not None and isinstance(answer, Mapping):
            repeated = answer.get("id")
            if repeated not in (None, "", request.id):
                raise ModelError(
                    "an answer with the id of another request",
                    expected="the id that was sent",
                    fix="Check that no proxy or cache between here and the service mixes answers up.",
                )
        return self.read(answer, n, info)


def is_for_one_record(template: str | None) -> bool:
    """Return whether a template holds one record, and no placeholder for many.

    Examples
    --------
    >>> is_for_one_record('{"x": "$row"}'), is_for_one_record('{"x": "$rows"}')
    (True, False)
    """
    if template is None:
        return False
    many = any(f'"{name}"' in template for name in ("$rows", "$records", "$each"))
    return not many and any(f'"{name}"' in template for name in ("$row", "$record"))
