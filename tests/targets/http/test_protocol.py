"""What the user says counts more than what a service tells."""

from __future__ import annotations

from mlleaks.targets.http.protocol import ServiceInfo, Settings
from mlleaks.targets.http.protocols import REGISTRY

SPEC = REGISTRY["mlflow"]
TOLD = ServiceInfo("mlflow", version="3", classes=("a", "b"), output="scores", notes=("a note",))


def test_nothing_said_changes_nothing():
    assert SPEC.settle(TOLD, Settings()) == TOLD
    assert SPEC.settle(None, Settings()) == ServiceInfo("mlflow")


def test_classes_and_output_are_replaced():
    settled = SPEC.settle(TOLD, Settings(classes=("x", "y"), output="raw", names="$.names"))
    assert (settled.classes, settled.output, settled.names) == (("x", "y"), "raw", "$.names")
    assert (settled.version, settled.notes) == ("3", ("a note",))
    assert SPEC.settle(TOLD, Settings(output="")).output is None


def test_attempts_keep_what_is_settled():
    assert [a.body for a in SPEC.attempts(Settings())] == [None, *SPEC.bodies]
    assert [a.input for a in SPEC.attempts(Settings(input="x"))] == ["x"] * 4
    open_inference = REGISTRY["open-inference"]
    assert {a.output for a in open_inference.attempts(Settings())} == {None, ""}
    assert {a.output for a in open_inference.attempts(Settings(output="raw"))} == {"raw"}
