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
    out.print(f"\nSet {FOLDER_VARIABLE} to a folder with local copies.")


def _details(facts: DatasetInfo) -> dict[str, str]:
    """Return the details of a data set, line by line."""
    from mlleaks.datasets.files import at_hand, locate

    details = {"source": facts.source, "cite": facts.citation, "licence": facts.licence}
    places = at_hand(facts)
    if places is None:
        details["where"] = _to_get(facts)
    else:
        details["where"] = str(places[0].parent) if places else "comes with scikit-learn"
        if facts.differs and all(map(locate, facts.local)):
            details["differs"] = facts.differs
    if any(not file.sha256 for file in facts.files):
        details["checksum"] = "not verified: the origin publishes none"
    return details


def _to_get(facts: DatasetInfo) -> str:
    """Return where missing files come from and where they can be put."""
    from mlleaks.datasets.files import FOLDER_VARIABLE

    more = f" and {len(facts.files) - 1} more" if len(facts.files) > 1 else ""
    paths = ", ".join(file.path for file in facts.files)
    other = "".join(f" (or {file.path})" for file in facts.local)
    got = f"downloaded when first used, from {facts.files[0].url}{more}"
    return f"{got}; or put {paths}{other} into the folder that {FOLDER_VARIABLE} names"
