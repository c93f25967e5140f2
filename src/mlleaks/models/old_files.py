"""Model files that earlier versions have saved, in the form of this one."""

from __future__ import annotations

from typing import Any


def with_tags(part: Any) -> Any:
    """Return a part of ``model.json`` of schema 1, which named module paths, with tags in their place.

    The tag of each class and function is the name that it had then.

    Examples
    --------
    >>> with_tags({"tuple": [{"class": "mlleaks.defenses.masks.TopK", "fields": {"k": 1}}]})
    {'tuple': [{'class': 'TopK', 'fields': {'k': 1}}]}
    >>> with_tags({"function": "os.system"})
    {'function': 'os.system'}
    """
    if isinstance(part, list):
        return [with_tags(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _tag(value) if key in ("class", "function") else with_tags(value) for key, value in part.items()
    }


def _tag(name: Any) -> Any:
    ours = isinstance(name, str) and name.startswith("mlleaks.")
    return name.rpartition(".")[2] if ours else name
