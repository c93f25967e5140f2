"""How studies are run, kept and judged."""
