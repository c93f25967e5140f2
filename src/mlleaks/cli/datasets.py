"""``mlleaks datasets``: what can be loaded, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlleaks.datasets.info import DatasetInfo


def datasets() -> None:
    """List the data sets: facts, source, and where their files are."""
    from itertools import groupby

    from rich.text import Text

    from mlleaks.cli.console import console
    from mlleaks.datasets import REGISTRY
    from mlleaks.datasets.files import FOLDER_VARIABLE, at_hand

    out = console()
    for _, group in groupby(REGISTRY.values(), lambda facts: (facts.files, facts.local)):
        same = list(group)
        for facts in same:
            here = ("here", "green") if at_hand(facts) is not None else ("not here", "yellow")
            size = f"{facts.records:,} records, {facts.classes} classes, {facts.features:,} features"
            head = Text.assemble((facts.name, "bold"), f": {facts.what}; {size} (", here, ")")
            out.print(head, soft_wrap=True)
        for key, value in _details(same[0]).items():
            out.print(Text(f"    {key:<8} {value}", style="dim"), soft_wrap=True)
    out.print(f"\nLocal copies are looked for in the folder that {FOLDER_VARIABLE} names.")


def _details(facts: DatasetInfo) -> dict[str, str]:
    """Return what is told below a data set's first line."""
    from mlleaks.datasets.files import at_hand, locate

    told = {"source": facts.source, "cite": facts.citation, "licence": facts.licence}
    places = at_hand(facts)
    if places is None:
        told["where"] = _to_get(facts)
    else:
        told["where"] = str(places[0].parent) if places else "comes with scikit-learn"
        if facts.differs and all(map(locate, facts.local)):
            told["differs"] = facts.differs
    if any(not file.sha256 for file in facts.files):
        told["checksum"] = "not verified: the origin publishes none"
    return told


def _to_get(facts: DatasetInfo) -> str:
    """Return where missing files come from and where they can be put."""
    from mlleaks.datasets.files import FOLDER_VARIABLE

    more = f" and {len(facts.files) - 1} more" if len(facts.files) > 1 else ""
    paths = ", ".join(file.path for file in facts.files)
    other = "".join(f" (or {file.path})" for file in facts.local)
    got = f"downloaded when first used, from {facts.files[0].url}{more}"
    return f"{got}; or put {paths}{other} into the folder that {FOLDER_VARIABLE} names"
