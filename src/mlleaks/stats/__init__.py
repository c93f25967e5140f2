"""Metrics, intervals and tests: the only source of a reported number."""
