"""How many records an audit may send, and what they cost."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from mlleaks.errors import InputError
from mlleaks.targets.http.refusals import Decisive


@dataclass
class Budget:
    """A number of records that must not be exceeded; answers that are stored cost nothing.

    Parameters
    ----------
    most : int, optional
        Records that may be sent; None for no limit.

    Examples
    --------
    >>> budget = Budget(2)
    >>> budget.take(2)
    >>> budget.take(1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mlleaks.targets.http.refusals.Decisive: got 3 records to send; expected no more than 2 ...
    """

    most: int | None = None
    sent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.most is not None and self.most < 1:
            raise InputError(
                f"a budget of {self.most} queries", expected="at least 1", fix="Pass another --max-queries."
            )

    def take(self, records: int) -> None:
        """Reserve records that are to be sent.

        Raises
        ------
        ModelError
            They would exceed the budget: nothing is sent.
        """
        with self.lock:
            if self.most is not None and self.sent + records > self.most:
                raise Decisive(
                    f"{self.sent + records:,} records to send",
                    expected=f"no more than {self.most:,} (--max-queries)",
                    fix="Pass a larger budget or fewer records. Answers that came are kept.",
                )
            self.sent += records
