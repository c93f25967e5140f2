"""``mlleaks datasets``: what can be loaded, and where it is."""

from __future__ import annotations


def datasets() -> None:
    """List the data sets: facts, source, and where their files are."""
    from rich.text import Text

    from mlleaks.cli.console import console
    from mlleaks.datasets import catalogue
    from mlleaks.datasets.facts import FOLDER_VARIABLE, at_hand

    out = console()
    for facts in catalogue().values():
        places = at_hand(facts)
        if places is None:
            where = "not here: downloaded when first used"
        else:
            where = str(places[0].parent) if places else "comes with scikit-learn"
        size = f"{facts.records:,} records, {facts.classes} classes, {facts.features:,} features"
        out.print(Text.assemble((facts.name, "bold"), f": {facts.what}; {size}"), soft_wrap=True)
        told = {
            "source": facts.source,
            "cite": facts.citation,
            "licence": facts.licence,
            "where": where,
        }
        for key, value in told.items():
            out.print(Text(f"    {key:<8} {value}", style="dim"), soft_wrap=True)
    out.print(f"\nLocal copies are looked for in the folder that {FOLDER_VARIABLE} names.")
