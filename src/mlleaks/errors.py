"""All errors that this package raises on purpose.

::

    MLLeaksError
    ├── InputError       (ValueError)         data or settings that do not fit
    ├── ModelError       (RuntimeError)       a model or trainer that raises or returns nonsense
    ├── DataUnavailable  (FileNotFoundError)  a data set or file that is missing, or is another one
    ├── MissingExtra     (ImportError)        an optional dependency that is not installed
    ├── UntrustedFile    (PermissionError)    a file that could run code when it is opened
    ├── RunExists        (FileExistsError)    a run folder that would be overwritten
    └── CorruptRun       (OSError)            a stored run that is incomplete or was changed

Every message says what was got, what was expected and what to do about it.
"""

from __future__ import annotations

from typing import Any


class MLLeaksError(Exception):
    """Base of all errors; its message has three parts.

    Parameters
    ----------
    got : str
        What was found.
    expected : str
        What would have been right.
    fix : str
        What the user can do, as an imperative sentence.

    Examples
    --------
    >>> str(MLLeaksError("3 rows", expected="at least 20", fix="Bring more records."))
    'got 3 rows; expected at least 20. Bring more records.'
    """

    def __init__(self, got: str, *, expected: str, fix: str) -> None:
        super().__init__(got, expected, fix)
        self.got = got
        self.expected = expected
        self.fix = fix

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.got, self.expected, self.fix)

    def __str__(self) -> str:
        return f"got {self.got}; expected {self.expected}. {self.fix}"


def _restored(kind: type[MLLeaksError], got: str, expected: str, fix: str) -> MLLeaksError:
    """Return an error that another process raised."""
    return kind(got, expected=expected, fix=fix)


class InputError(MLLeaksError, ValueError):
    """Data or settings do not fit what they are meant for."""


class ModelError(MLLeaksError, RuntimeError):
    """A model, or code that trains or queries it, raised an error, or its answers cannot be posteriors."""


class DataUnavailable(MLLeaksError, FileNotFoundError):
    """A data set or file is missing, or has another checksum."""


class MissingExtra(MLLeaksError, ImportError):
    """An optional dependency is not installed; the message names the extra."""


class UntrustedFile(MLLeaksError, PermissionError):
    """Opening the file could run code that it contains."""


class RunExists(MLLeaksError, FileExistsError):
    """The run folder exists already."""


class CorruptRun(MLLeaksError, OSError):
    """A stored run is incomplete, damaged, or of another schema version."""


def message_of(error: BaseException) -> str:
    """Return the message of an error, or its class if its own ``__str__`` raises: it may be foreign code.

    Examples
    --------
    >>> class Odd(Exception):
    ...     def __str__(self):
    ...         raise SystemExit(0)
    >>> message_of(Odd()), message_of(ValueError("no"))
    ('Odd', 'no')
    """
    try:
        return str(error)
    except BaseException:  # SystemExit, too: it would end the program with its own exit code
        return type(error).__name__


class Stopped(BaseException):
    """A signal has asked the command line to end. This is no error: only the end of the command catches it.

    It is no `KeyboardInterrupt`: scikit-learn's networks end their training at one, and the audit would go
    on with a half-trained attack.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def first_line(error: BaseException) -> str:
    r"""Return the first line of an error's message, or its class if the message is empty.

    Examples
    --------
    >>> first_line(ValueError("no\nmore")), first_line(ValueError())
    ('no', 'ValueError')
    """
    return (message_of(error).strip().splitlines() or [type(error).__name__])[0]


def missing_extra(module: str, extra: str) -> MissingExtra:
    """Return the error that names the extra which brings ``module``.

    Examples
    --------
    >>> str(missing_extra("torch", "torch")).endswith("pip install 'mlleaks[torch]'.")
    True
    """
    return MissingExtra(
        f"no module named {module!r}",
        expected=f"the optional dependency {module}",
        fix=f"Install it with: pip install 'mlleaks[{extra}]'.",
    )
