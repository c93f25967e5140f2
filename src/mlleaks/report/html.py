"""How pages become HTML: one environment, one layout and one style for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mlleaks.report.chart_library import chart_library
from mlleaks.stats.rounding import number


def render(template: str, context: Mapping[str, Any], charts: Mapping[str, Any]) -> str:
    """Return a page that loads nothing from any network.

    Parameters
    ----------
    template : str
        The name of a file in ``report/templates``.
    context : mapping of str to Any
        What the template is filled with; texts are escaped.
    charts : mapping of str to dict
        Vega-Lite by the id of the element that shows it.
    """
    specs = {name: script_json(spec) for name, spec in charts.items()}
    library = Markup(chart_library())  # noqa: S704  from the package vl-convert, with ``</script`` escaped
    return environment().get_template(template).render(**context, specs=specs, library=library)


@cache
def environment() -> Environment:
    """Return the environment of all templates: it escapes texts and refuses unknown names."""
    loader = PackageLoader("mlleaks.report", "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters |= {"number": number, "p_value": p_value}
    return made


def p_value(p: float) -> str:
    """Return a p-value as tables show it.

    Examples
    --------
    >>> p_value(0.02), p_value(0.00002)
    ('0.0200', '< 0.0001')
    """
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"


def script_json(value: Any) -> Markup:
    r"""Return JSON that is safe inside a script element.

    Examples
    --------
    >>> print(script_json({"title": "</script>"}))
    {"title": "\u003c/script>"}
    """
    return Markup(json.dumps(value).replace("<", "\\u003c"))  # noqa: S704
