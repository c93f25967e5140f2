"""Output masks by name, as defenses are listed: ``top-3``, ``rounding-2``, ``label-only``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlleaks.defenses.masked_models import Mask
from mlleaks.defenses.output_masks import LabelOnly, Rounded, Temperature, TopK
from mlleaks.errors import InputError

_KINDS: dict[str, tuple[Callable[..., Mask], type[int] | type[float] | None]] = {
    "top": (TopK, int),
    "rounding": (Rounded, int),
    "label-only": (LabelOnly, None),
    "temperature": (Temperature, float),
}
FORMS = ("top-K", "rounding", "rounding-DIGITS", "label-only", "temperature", "temperature-T")
"""How masks can be named; without a number they have that of the defense of this name."""


def mask_named(name: str) -> Mask:
    """Return the output mask of a name.

    Parameters
    ----------
    name : str
        One of `FORMS`: ``top-3``, ``rounding`` (one digit), ``rounding-2``, ``label-only``, ``temperature``
        (5), ``temperature-2.5``.

    Raises
    ------
    InputError
        Another name, or a number that the mask cannot have.

    Examples
    --------
    >>> mask_named("top-3"), mask_named("rounding"), mask_named("temperature-2.5")
    (TopK(k=3), Rounded(digits=1), Temperature(t=2.5))
    >>> mask_named("blur")
    Traceback (most recent call last):
    mlleaks.errors.InputError: got the mask 'blur'; expected one of top-K, rounding, rounding-DIGITS, ...
    """
    if name in _KINDS and name != "top":
        return _KINDS[name][0]()
    kind, _, text = name.rpartition("-")
    make, number = _KINDS.get(kind, (None, None))
    setting: Any = None
    if make is not None and number is not None:
        try:
            setting = number(text)
        except ValueError:
            make = None
    if make is None or setting is None:
        raise InputError(f"the mask {name!r}", expected=f"one of {', '.join(FORMS)}", fix="Pass one of them.")
    return make(setting)
