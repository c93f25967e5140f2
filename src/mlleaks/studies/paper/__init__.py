"""The studies of the paper, one a file."""
