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


def is_address(text: str) -> bool:
    """Return whether a text is the address of a service.

    Examples
    --------
    >>> is_address("https://host/score"), is_address("model.skops"), is_address("package:model")
    (True, False, False)
    """
    return urlsplit(text).scheme in ("http", "https")


def shown(url: str) -> str:
    """Return an address without what may be a secret: user, password, query.

    Examples
    --------
    >>> shown("https://user:secret@host:8080/score?key=1"), shown("http://[bad")
    ('https://host:8080/score', 'an address that cannot be read')
    """
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def checked_address(url: str) -> str:
    """Return the address of a service.

    Raises
    ------
    InputError
        It cannot be read, or holds a user and a password.

    Examples
    --------
    >>> checked_address("https://host/score")
    'https://host/score'
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InputError(
            shown(url), expected="http:// or https://, a host, and a path", fix="Check the address."
        )
    if "@" in parts.netloc:
        raise InputError(
            f"a user and a password in the address {shown(url)}",
            expected="secrets in environment variables",
            fix="Pass --auth basic:USER_VARIABLE:PASSWORD_VARIABLE.",
        )
    return url


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
