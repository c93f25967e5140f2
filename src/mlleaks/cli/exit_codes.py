"""All exit codes of the command line."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command reports to the program that called it."""

    DONE = 0
    CHECK_FAILED = 1
    """``selfcheck`` found a wrong answer. Of any other command, 1 is an error that was not foreseen."""
    BAD_INPUT = 2
    CONDITION_HOLDS = 3
    """A condition of ``--fail-if`` holds."""
    DATA_SKIPPED = 4
    """``reproduce`` has finished, but without some data sets, which are missing."""
    REVERSED = 5
    """``--fail-if leaks`` cannot be decided: non-members look more like training records than members."""
    HUNG_UP = 129
    INTERRUPTED = 130
    READER_GONE = 141
    """The reader of the output has closed it (`| head`); files are written all the same."""
    TERMINATED = 143
