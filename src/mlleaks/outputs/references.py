"""What reference models answer about the audited records, and which of these each was trained on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mlleaks.errors import InputError
from mlleaks.types import Bools, Floats, Ids, Ints


@dataclass(frozen=True)
class ReferenceSignals:
    """One number per reference model and record: the scaled logit of the true class.

    Parameters
    ----------
    values : float array (m, n), or (m, n, q) of several queries per record
        See `mlleaks.outputs.signals.scaled_logit`; it holds the true class's posterior, too.
    trained_on : bool array (m, n)
        Which records each model was trained on.
    labels : int array (n,)
        True classes.
    ids : array (n,)
        What each record is called.

    Raises
    ------
    InputError
        The shapes do not fit each other.
    """

    values: Floats
    trained_on: Bools
    labels: Ints
    ids: Ids

    def __post_init__(self) -> None:
        shape = np.shape(self.values)
        plan = shape[:2]
        if len(shape) not in (2, 3) or np.shape(self.trained_on) != plan or plan[1:] != np.shape(self.labels):
            raise InputError(
                f"signals of shape {shape}, memberships of {np.shape(self.trained_on)} and "
                f"{len(self.labels)} labels",
                expected="(models, records) twice, and a label for each record",
                fix="Pass what the same models answered about the same records.",
            )
        if len(self.ids) != shape[1]:
            raise InputError(
                f"{len(self.ids)} ids for {shape[1]} records",
                expected="one for each record",
                fix="Pass the ids of these records.",
            )

    @property
    def n_models(self) -> int:
        """How many reference models there are."""
        return len(self.values)

    def __len__(self) -> int:
        return len(self.labels)

    def models(self, rows: Ints) -> ReferenceSignals:
        """Return the signals of some models, by position."""
        return replace(self, values=self.values[rows], trained_on=self.trained_on[rows])

    def records(self, rows: Ints) -> ReferenceSignals:
        """Return the signals of some records, by position."""
        return ReferenceSignals(
            self.values[:, rows], self.trained_on[:, rows], self.labels[rows], self.ids[rows]
        )


@dataclass(frozen=True)
class References:
    """Reference models: models trained as the target was, on records that are known.

    Parameters
    ----------
    audited : ReferenceSignals
        About the audited records. If the attacker has them, about half of the models were trained on each;
        if not (offline), none was.
    pairs : int array (m,)
        Two models of one number are complementary: whatever one was trained on, the other was not.
    further : ReferenceSignals, optional
        The same models' answers about further records, which are not audited.

    Examples
    --------
    >>> signals = ReferenceSignals(np.zeros((2, 3)), np.eye(2, 3, dtype=bool), np.zeros(3, int), np.arange(3))
    >>> References(signals, np.array([0, 0])).online
    True
    """

    audited: ReferenceSignals
    pairs: Ints
    further: ReferenceSignals | None = None

    def __post_init__(self) -> None:
        for signals in (self.audited, self.further):
            if signals is not None and not pd.Index(signals.ids).is_unique:
                raise InputError(
                    f"{len(signals)} records with {pd.Index(signals.ids).nunique()} different ids",
                    expected="an id of its own for each record",
                    fix="Give every record its own id.",
                )

    @property
    def n_models(self) -> int:
        """How many models there are."""
        return self.audited.n_models

    @property
    def online(self) -> bool:
        """Whether models were trained on audited records."""
        return bool(self.audited.trained_on.any())

    def models(self, rows: Ints) -> References:
        """Return some of the models, by position."""
        further = None if self.further is None else self.further.models(rows)
        return replace(self, audited=self.audited.models(rows), pairs=self.pairs[rows], further=further)

    def without_pair(self, pair: int) -> References:
        """Return all models but those of one pair."""
        return self.models(np.flatnonzero(self.pairs != pair))


def positions_of(ids: Ids, among: Ids) -> Ints:
    """Return where each id stands in ``among``.

    Raises
    ------
    InputError
        An id is not among them: reference models say nothing about a record that they were not queried on.

    Examples
    --------
    >>> positions_of(np.array(["b", "a"]), np.array(["a", "b", "c"]))
    array([1, 0])
    """
    positions = pd.Index(among).get_indexer(pd.Index(ids))
    if (positions < 0).any():
        unknown = np.asarray(ids)[positions < 0].tolist()
        raise InputError(
            f"{len(unknown)} records that the reference models were not queried on (first: {unknown[0]})",
            expected="records whose ids are among theirs",
            fix="Train or query the reference models on the records that are audited.",
        )
    return positions.astype(np.int64)
