"""The records that reference models are trained and queried on."""

from __future__ import annotations

import numpy as np

from mlleaks.data.duplicates import content_order
from mlleaks.data.joining import join
from mlleaks.types import Dataset, MemberSplit


def pool_of(target: MemberSplit, further: Dataset | None) -> Dataset:
    """Return the audited records, then the further ones; their ids are all different.

    Each part comes in an order that its content alone decides: not by who is a member, nor by the order in
    which the records were passed.
    """
    ids = np.concatenate([target.members.ids, target.nonmembers.ids]).astype(object)
    audited = join([target.members, target.nonmembers], ids)
    audited = audited.take(content_order(audited))
    if further is None:
        return audited
    further = further.take(content_order(further))
    names = np.array(further_ids(further), dtype=object)
    return join([audited, further], np.concatenate([audited.ids, names]))


def further_ids(further: Dataset) -> list[str]:
    """Return what further records are called beside audited ones."""
    return [f"shadow record {name}" for name in further.ids.tolist()]
