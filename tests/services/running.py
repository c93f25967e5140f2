"""Start a prediction service on loopback, wait until it is ready, and stop it whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.services.asking import ask

HERE = Path(__file__).parent
ENVIRONMENTS = Path(os.environ.get("MLLEAKS_SERVICES", HERE.parents[1] / ".venv" / "services"))
READY_SECONDS = 180  # a busy machine starts MLflow in 30
STOP_SECONDS = 15
QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
    "OMP_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
}
"""A test tells nobody that it ran, and leaves the other cores alone."""
MARK = "MLLEAKS_STARTED_BY"
"""Variable that all processes of one service inherit; nothing else has its value."""


@dataclass(frozen=True)
class ServiceSpec:
    """How one service is started."""

    environment: str  # a folder below `ENVIRONMENTS`, filled by `make services`
    command: tuple[str, ...]  # script in this folder, and what follows FOLDER and PORT
    ready: str  # answers 200 once the model is loaded
    endpoint: str  # where records are posted


SERVICES = {
    "mlserver": ServiceSpec(
        "mlserver-mlflow", ("serve_mlserver.py", "linear"), "/v2/health/ready", "/v2/models/linear/infer"
    ),
    "mlserver-network": ServiceSpec(
        "mlserver-mlflow", ("serve_mlserver.py", "network"), "/v2/health/ready", "/v2/models/network/infer"
    ),
    "mlflow": ServiceSpec("mlserver-mlflow", ("serve_mlflow.py", "linear"), "/ping", "/invocations"),
    "mlflow-probabilities": ServiceSpec(
        "mlserver-mlflow", ("serve_mlflow.py", "linear-probabilities"), "/ping", "/invocations"
    ),
    "mlflow-network": ServiceSpec("mlserver-mlflow", ("serve_mlflow.py", "network"), "/ping", "/invocations"),
    "bentoml": ServiceSpec("bentoml-kserve-ray", ("serve_bentoml.py",), "/readyz", "/predict_proba"),
    "kserve-v1": ServiceSpec(
        "bentoml-kserve-ray", ("serve_kserve.py",), "/v2/health/ready", "/v1/models/linear:predict"
    ),
    "kserve-v2": ServiceSpec(
        "bentoml-kserve-ray", ("serve_kserve.py",), "/v2/health/ready", "/v2/models/linear/infer"
    ),
    "ray-serve": ServiceSpec("bentoml-kserve-ray", ("serve_ray.py",), "/-/healthz", "/"),
}


@dataclass(frozen=True)
class Service:
    """A running service."""

    root: str  # scheme, address and port
    endpoint: str  # URL that records are posted to
    pid: int  # of its first process
    log: Path


def python_of(spec: ServiceSpec) -> Path | None:
    """Return the service's own Python, or None where `make services` has not installed it."""
    python = ENVIRONMENTS / spec.environment / "bin" / "python"
    installed = python.exists() and (ENVIRONMENTS / f"{spec.environment}.stamp").exists()
    return python if installed else None


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(name: str, models: Path, folder: Path, *, more: tuple[str, ...] = ()) -> Iterator[Service]:
    """Run a service of `SERVICES` with the models of a folder; its own files and log are put into ``folder``.

    ``more`` is put after its arguments, such as ``("--version", "v2")`` for MLServer.
    """
    spec = SERVICES[name]
    python = python_of(spec)
    if python is None:
        raise FileNotFoundError(
            f"{name}: no environment {spec.environment} in {ENVIRONMENTS}: `make services`"
        )
    folder.mkdir(parents=True)
    for file in models.glob("*.npz"):  # services write beside the model
        (folder / file.name).write_bytes(file.read_bytes())
    port = free_port()
    script, *arguments = spec.command
    command = [str(python), str(HERE / script), str(folder), str(port), *arguments, *more]
    root = f"http://127.0.0.1:{port}"
    with process(command, folder, path=python.parent) as started:
        wait_until_ready(started, root + spec.ready, folder / "log.txt")
        yield Service(root, root + spec.endpoint, started.pid, folder / "log.txt")


@contextmanager
def process(
    command: list[str], folder: Path, *, path: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a folder, and end it afterwards with all processes that it started."""
    passed_on = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
    mark = uuid.uuid4().hex
    environment = passed_on | QUIET | {"BENTOML_HOME": str(folder / "bentoml"), "MPLCONFIGDIR": str(folder)}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    with tempfile.TemporaryDirectory(prefix="s") as short:  # Ray's sockets want a short path
        environment |= {MARK: mark, "TMPDIR": short}
        options = {"cwd": folder, "env": environment, "stdin": subprocess.DEVNULL, "start_new_session": True}
        with (folder / "log.txt").open("wb") as log:
            started = subprocess.Popen(command, stdout=log, stderr=log, **options)
        try:
            yield started
        finally:
            stop(started, mark)


def wait_until_ready(started: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until a URL answers 200; raise with the end of the log where the process ends or time is up."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if started.poll() is not None:
            break
        with suppress(OSError):  # nobody listens yet
            if ask(url).status == 200:
                return
        time.sleep(0.1)
    said = log.read_text(errors="replace")[-3000:]
    state = "still starts" if started.poll() is None else f"ended with code {started.returncode}"
    raise RuntimeError(f"{url} is not ready, the process {state}; its log ends with:\n{said}")


def stop(started: subprocess.Popen[bytes], mark: str) -> None:
    """Ask the first process to end, then kill what is left of its group and of what it started."""
    started.terminate()
    with suppress(subprocess.TimeoutExpired):
        started.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    while left := marked(mark):  # BentoML's workers are in sessions, Ray's in groups of their own
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def marked(mark: str) -> list[int]:
    """Return the running processes that have a mark in their environment, where /proc tells it."""
    entry = f"{MARK}={mark}".encode()
    left = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended meanwhile, or another user's
            if entry in (folder / "environ").read_bytes().split(b"\0"):
                left.append(int(folder.name))
    return left
