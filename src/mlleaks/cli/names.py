"""Names that a command takes with commas between them."""

from __future__ import annotations

from collections.abc import Sequence

from mlleaks.errors import InputError


def names_in(given: Sequence[str] | None, option: str) -> list[str]:
    """Return the names of an option that may be given several times; none if it was not given.

    Raises
    ------
    InputError
        The option was given and holds no name.

    Examples
    --------
    >>> names_in(["news, location", "adult,"], "--datasets")
    ['news', 'location', 'adult']
    """
    names = [name.strip() for some in given or [] for name in some.split(",") if name.strip()]
    if given and not names:
        raise InputError(
            f"no name in {option}", expected="one or more, with commas between them", fix="See --help."
        )
    return names
