"""What an audit will do, written down before any answer is seen, and whether the audit did that.

Who may choose data, attacks or settings after seeing results can choose those that look best. A plan that is
registered beforehand (its checksum published, or sent to somebody) shows that nothing was chosen later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlleaks.errors import CorruptRun, DataUnavailable
from mlleaks.storage.atomic import write_text
from mlleaks.storage.hashing import checksum

SCHEMA, PLAN = 1, "plan.json"
LONG = 40
"""Longer values, such as checksums, are cut where they stand in a sentence."""
_ABSENT = "not stated"
"""What stands for a value that the plan or the audit does not have."""


@dataclass(frozen=True)
class AuditPlan:
    """What an audit will do.

    Parameters
    ----------
    name : str
        The run's name.
    created : str
        When the plan was made (ISO 8601, UTC).
    contents : mapping
        Everything that the audit is compared with later: JSON values, in sections such as ``data``,
        ``attacks`` and ``settings``.

    Examples
    --------
    >>> plan = AuditPlan("mine", "2026-01-01T00:00:00+00:00", {"seed": 0, "attacks": {"gap": "run"}})
    >>> plan == AuditPlan.from_dict(plan.to_dict())
    True
    >>> [str(deviation) for deviation in plan.deviations({"seed": 1, "attacks": {"gap": "run"}})]
    ['seed: planned 0, actual 1']
    """

    name: str
    created: str
    contents: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """The checksum of the whole plan: what can be published before the audit."""
        return checksum(self._document())

    def _document(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "name": self.name, "created": self.created, "plan": dict(self.contents)}

    def to_dict(self) -> dict[str, Any]:
        """Return the plan with its checksum, as JSON values."""
        return self._document() | {"sha256": self.sha256}

    @classmethod
    def from_dict(cls, document: dict[str, Any], source: str = "a plan") -> AuditPlan:
        """Return the plan of what `to_dict` returned; ``source`` says where that is from.

        Raises
        ------
        CorruptRun
            It is no plan, of another schema version, or was changed after it was made.
        """
        try:
            if document["schema"] != SCHEMA:
                raise _corrupt(source, f"schema version {document['schema']}, not {SCHEMA}")
            if checksum(document) != document["sha256"]:
                raise _corrupt(source, "it was changed after it was made: its checksum is another")
            return cls(document["name"], document["created"], document["plan"])
        except (KeyError, TypeError, AttributeError) as error:
            raise _corrupt(source, f"{type(error).__name__}: {error}") from error

    def to_json(self) -> str:
        """Return the content of a plan file."""
        return json.dumps(self.to_dict(), indent=1) + "\n"

    def save(self, path: Path | str) -> Path:
        """Write the plan to a file and return its path.

        Raises
        ------
        InputError
            The place cannot be written.
        """
        write_text(Path(path), self.to_json())
        return Path(path)

    @classmethod
    def load(cls, path: Path | str) -> AuditPlan:
        """Return the plan in a file.

        Raises
        ------
        DataUnavailable
            There is no such file.
        CorruptRun
            It is no plan, is damaged, or was changed after it was made.
        """
        place = Path(path)
        if not place.is_file():
            raise DataUnavailable(
                f"no file {place}", expected="a plan", fix="Write one with `mlleaks audit ... --plan-only`."
            )
        try:
            return cls.from_dict(json.loads(place.read_text(encoding="utf-8")), str(place))
        except ValueError as error:
            raise _corrupt(str(place), f"{type(error).__name__}: {error}") from error

    def deviations(self, actual: Mapping[str, Any]) -> tuple[Deviation, ...]:
        """Return each point in which the ``contents`` of another plan differ, in the order of this plan."""
        planned, other = dict(_points(self.contents)), dict(_points(actual))
        return tuple(
            Deviation(point, _text(planned, point), _text(other, point))
            for point in {**planned, **other}
            if point not in planned or point not in other or planned[point] != other[point]
        )


@dataclass(frozen=True)
class Deviation:
    """A point in which an audit did not follow its plan.

    Parameters
    ----------
    point : str
        For example ``settings: from_logits``.
    planned, actual : str
    """

    point: str
    planned: str
    actual: str

    def __str__(self) -> str:
        return f"{self.point}: planned {_short(self.planned)}, actual {_short(self.actual)}"


@dataclass(frozen=True)
class PlanCheck:
    """Whether an audit followed its plan.

    Parameters
    ----------
    plan : AuditPlan
    deviations : tuple of Deviation
        Empty if it did.
    """

    plan: AuditPlan
    deviations: tuple[Deviation, ...]

    @property
    def followed(self) -> bool:
        """Whether the audit did what was planned, in every point."""
        return not self.deviations

    def to_dict(self) -> dict[str, Any]:
        """Return the plan and the deviations as JSON values."""
        return {"document": self.plan.to_dict(), "deviations": [vars(each) for each in self.deviations]}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any] | None) -> PlanCheck | None:
        """Return what `to_dict` returned as an object; None stays None: an audit without a plan."""
        if document is None:
            return None
        deviations = tuple(Deviation(**each) for each in document["deviations"])
        return cls(AuditPlan.from_dict(document["document"]), deviations)


def _points(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield each value with the keys that lead to it; lists are values."""
    if isinstance(value, Mapping) and (value or not path):
        for key, item in value.items():
            yield from _points(item, (*path, str(key)))
    else:
        yield ": ".join(path), value


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG // 2]}..."


def _text(points: Mapping[str, Any], point: str) -> str:
    if point not in points:
        return _ABSENT
    value = points[point]
    return value if isinstance(value, str) else json.dumps(value)


def _corrupt(source: str, why: str) -> CorruptRun:
    return CorruptRun(
        f"{source} that cannot be used ({why})",
        expected="a plan as `mlleaks audit ... --plan-only` wrote it",
        fix="Use the file as it was written, or make a new plan.",
    )
