"""``mlleaks datasets``: what can be loaded, and where it is."""

from __future__ import annotations


def datasets() -> None:
    """List the data sets: facts, and where their files are."""
    from rich.table import Table

    from mlleaks.cli.console import console
    from mlleaks.datasets import catalogue
    from mlleaks.datasets.facts import FOLDER_VARIABLE, at_hand

    table = Table(box=None, pad_edge=False, padding=(0, 2))
    for title in ("data set", "what", "records", "classes", "features", "licence", "where"):
        table.add_column(title, justify="right" if title in ("records", "classes", "features") else "left")
    for facts in catalogue().values():
        places = at_hand(facts)
        if places is None:
            where = "not here: downloaded when first used"
        else:
            where = str(places[0].parent) if places else "embedded"
        numbers = (f"{n:,}" for n in (facts.records, facts.classes, facts.features))
        table.add_row(facts.name, facts.what, *numbers, facts.licence, where)
    out = console()
    out.print(table)
    out.print(f"\nLocal copies are looked for in the folder that {FOLDER_VARIABLE} names.", style="dim")
