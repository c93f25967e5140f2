"""How studies are run, stored and evaluated."""
