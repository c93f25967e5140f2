"""The blind check of an audit; with reference models its result is kept beside their answers."""

from __future__ import annotations

from pathlib import Path

from mlleaks.auditing import blind_check as blind
from mlleaks.results.blind_check import BlindCheck
from mlleaks.results.stored_blind_check import blind_check_from_dict, blind_check_to_dict
from mlleaks.seeds import Seeds
from mlleaks.storage.memo import key_of, memoize
from mlleaks.storage.versions import versions
from mlleaks.types import MemberSplit


def check_fairness(target: MemberSplit, seeds: Seeds, folder: Path | None) -> BlindCheck:
    """Return whether the audited members and non-members differ by themselves.

    Parameters
    ----------
    target : MemberSplit
    seeds : Seeds
    folder : Path, optional
        Where the result is kept: the same audit again reads it.
    """

    def check() -> BlindCheck:
        return blind.blind_check(target, seeds.stream("blind check"))

    if folder is None:
        return check()
    sides = [part for side in (target.members, target.nonmembers) for part in (side.X, side.y, side.ids)]
    key = key_of([blind.__name__], *sides, seeds.root, versions())
    [document] = memoize(folder / "blind checks", key, lambda: [blind_check_to_dict(check())])
    return blind_check_from_dict(document)
