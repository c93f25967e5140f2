"""The page that lays attacks side by side."""
