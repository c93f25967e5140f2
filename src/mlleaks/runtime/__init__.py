"""How code runs: threads, worker processes, code that is not ours."""
