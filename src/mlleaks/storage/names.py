"""Names that become files and folders, and text that can be written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np

from mlleaks.errors import InputError

_LONGEST, _BYTES = 100, 200
"""Letters and bytes of a name: most file systems take 255 bytes, and suffixes want some."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Devices of Windows, whatever their ending."""
_SEPARATORS = frozenset('/\\<>:"|?*')


def file_name(name: str) -> str:
    """Return a name if it is a plain file name on every system, so that it stays in the folder it is put in.

    Raises
    ------
    InputError
        It is empty, hidden, too long, reserved, or has separators, control characters or half surrogates.

    Examples
    --------
    >>> file_name("tree on digits")
    'tree on digits'
    >>> file_name("../escape")
    Traceback (most recent call last):
    mlleaks.errors.InputError: got the name '../escape' with the character '/'; expected a plain file name...
    """
    if why := _wrong(name):
        raise InputError(
            f"the name {name[:_LONGEST]!r} {why}",
            expected=f"a plain file name of at most {_LONGEST} letters, which becomes a folder",
            fix="Choose another name, or name the folder itself (--out).",
        )
    return name


def as_file_name(text: str) -> str:
    """Return a text with a dash for whatever `file_name` refuses, and what is too long cut off.

    Examples
    --------
    >>> as_file_name("12:30"), as_file_name(".hidden"), as_file_name("aux"), as_file_name("tree")
    ('12-30', '-hidden', '-aux', 'tree')
    """
    name = "".join("-" if _is_odd(letter) else letter for letter in text)
    name = name[: _LONGEST - 1].encode()[: _BYTES - 1].decode(errors="ignore")
    name = re.sub(r"^\.+|[ .]+$", "-", name) or "-"
    return f"-{name}" if _wrong(name) else name


def _is_odd(letter: str) -> bool:
    return letter in _SEPARATORS or unicodedata.category(letter) in ("Cc", "Cs")


def _wrong(name: str) -> str:
    """Return what is wrong with a file name; nothing if nothing is."""
    odd = [letter for letter in name if _is_odd(letter)]
    if odd:
        return f"with the character {odd[0]!r}"
    if not name.strip() or name.startswith(".") or name != name.rstrip(" ."):
        return "that is empty, begins with a dot, or ends with a dot or space"
    if len(name) > _LONGEST or len(name.encode()) > _BYTES:
        return f"... of {len(name)} letters"
    return "that is reserved on Windows" if _RESERVED.fullmatch(name) else ""


def require_unicode(values: Any, what: str) -> None:
    """Raise `InputError` if a text among values cannot be written: half a surrogate pair stands in it.

    Parameters
    ----------
    values : array or sequence
        Of anything; only texts are looked at.
    what : str
        What they are, for the message.

    Examples
    --------
    >>> require_unicode(["é", 1, None], "names")
    """
    array = np.asarray(values)
    if array.dtype.kind not in "UO":
        return
    if broken := next((text for text in _texts(array.ravel().tolist()) if not _is_unicode(text)), None):
        raise InputError(
            f"{what} with {broken!r}, which is no Unicode",
            expected="text that can be written as UTF-8",
            fix="Read the file in its own encoding, and export it as UTF-8.",
        )


def are_text(names: Iterable[Any]) -> bool:
    """Return whether all of the names are text.

    Examples
    --------
    >>> are_text(np.array(["0", "1"])), are_text([0, "1"])
    (True, False)
    """
    return all(isinstance(name, str) for name in names)


def _texts(values: Iterable[Any]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
