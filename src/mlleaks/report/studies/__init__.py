"""The page and figures of the paper's studies."""
