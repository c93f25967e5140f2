"""The page that lays defenses side by side."""
