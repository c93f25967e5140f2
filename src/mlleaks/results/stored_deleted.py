"""What an audit finds about deleted records as JSON values and arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlleaks.results.deleted import DeletedRecords
from mlleaks.results.stored_blind_check import blind_check_from_dict, blind_check_to_dict


def deleted_to_dict(deleted: DeletedRecords) -> dict[str, Any]:
    """Return what is stored of deleted records beside `deleted_arrays`, as JSON values."""
    blind = None if deleted.blind is None else blind_check_to_dict(deleted.blind)
    return {"records": len(deleted), "attacks": list(deleted.scores), "blind_check": blind}


def deleted_arrays(deleted: DeletedRecords | None) -> dict[str, Any]:
    """Return the arrays of deleted records by name; none without any."""
    if deleted is None:
        return {}
    ids = deleted.ids.astype(str) if deleted.ids.dtype.hasobject else deleted.ids
    arrays = {"deleted ids": ids, "deleted predicted": deleted.predicted}
    return arrays | {f"deleted scores {name}": scores for name, scores in deleted.scores.items()}


def deleted_from_parts(document: dict[str, Any] | None, arrays: Mapping[str, Any]) -> DeletedRecords | None:
    """Return what `deleted_to_dict` and `deleted_arrays` took apart; None if a run had no deleted records."""
    if document is None:
        return None
    blind = document["blind_check"]
    return DeletedRecords(
        arrays["deleted ids"],
        arrays["deleted predicted"],
        {name: arrays[f"deleted scores {name}"] for name in document["attacks"]},
        None if blind is None else blind_check_from_dict(blind),
    )
