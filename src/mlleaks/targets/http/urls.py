"""The parts of an endpoint's URL."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from mlleaks.errors import InputError


def host_of(url: str) -> str:
    """Return the host of a URL in lower case, without the port.

    Examples
    --------
    >>> host_of("https://Example.org:8443/score")
    'example.org'
    """
    return urlsplit(url).hostname or ""


def path_of(url: str) -> str:
    """Return the path of a URL without a slash at its end.

    Examples
    --------
    >>> path_of("http://host/v2/models/iris/?x=1")
    '/v2/models/iris'
    """
    return urlsplit(url).path.rstrip("/")


def with_path(url: str, path: str) -> str:
    """Return a URL with another path; its query stays.

    Examples
    --------
    >>> with_path("http://host/score?key=1", "/ping")
    'http://host/ping?key=1'
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def without_verb(url: str, verb: str, *, marker: str) -> str:
    """Return a model's path without the verb at its end.

    Parameters
    ----------
    url : str
    verb : str
        ``/infer`` or ``:predict``.
    marker : str
        What the path of a model of this protocol contains.

    Raises
    ------
    InputError
        The URL names no model.

    Examples
    --------
    >>> without_verb("http://host/v1/models/iris:predict", ":predict", marker="/v1/models/")
    '/v1/models/iris'
    """
    path = path_of(url).removesuffix(verb)
    if not path.partition(marker)[2]:
        raise InputError(
            f"the path {path_of(url) or '/'!r}",
            expected=f"{marker}NAME{verb}",
            fix="Pass the URL of one model.",
        )
    return path
