"""What people read for an attack: its name, with what it is in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from mlleaks import attacks
from mlleaks.results.audit import Verdict


def with_plain_name(attack: str, title: str) -> str:
    """Return an attack's name with what it is in plain words, which its title says after a colon.

    Examples
    --------
    >>> with_plain_name("adversary-1", "Adversary 1: one shadow model, three largest posteriors")
    'adversary-1 (one shadow model)'
    """
    plain = title.partition(": ")[2].partition(", ")[0]
    return f"{attack} ({plain})" if plain else attack


def named(verdict: Verdict) -> str:
    """Return the name of a verdict's attack, with what it is in plain words."""
    return with_plain_name(verdict.attack, verdict.title)


def registered(name: str) -> str:
    """Return the name of an attack, perhaps with what its adversary knows, and what it is in plain words.

    Examples
    --------
    >>> registered("adversary-1, unaware"), registered("my-attack")
    ('adversary-1 (one shadow model), unaware', 'my-attack')
    """
    attack, comma, rest = name.partition(", ")
    spec = attacks.REGISTRY.get(attack)
    return name if spec is None else f"{with_plain_name(attack, spec.title)}{comma}{rest}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names for a sentence: the first ones, and how many more there are.

    Examples
    --------
    >>> listed(["gap", "lira"]), listed(["gap", "lira", "rmia", "base"], most=2)
    ('gap, lira', 'gap, lira and 2 more')
    """
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
