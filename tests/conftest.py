"""Where tests find real data, and what every test shares."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small models: threads would only wait for each other

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.system_commands import attach_disk, detach_disk

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # how long an example takes says how busy the machine is
LOCAL_DATA = Path(__file__).parents[2] / "shared" / "data"
if LOCAL_DATA.is_dir():  # unless another folder is named; here, for some tests ask when they are collected
    os.environ.setdefault("MLLEAKS_DATA", str(LOCAL_DATA))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their place: an archive holds when it was made, and processes must agree on names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def of_the_run(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a folder of this run: the same one for all processes that tests are spread over."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


@pytest.fixture(autouse=True, scope="session")
def _decoded_anew(of_the_run: Path) -> Iterator[None]:
    """Keep decoded arrays for this run only: a copy from before would hide what a loader does now."""
    folder = of_the_run / "decoded"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlleaks.datasets.decode_cache.folder", lambda: folder)
        yield


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield the folder of a real disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or not attach_disk(disk, "1m"):
        pytest.skip("only root can attach a small disk")
    yield disk
    detach_disk(disk)


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, and leave nothing in the list of modules."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    yield
    for name in [name for name in sys.modules if name.startswith("own_")]:
        del sys.modules[name]


@pytest.fixture
def mlleaks_(monkeypatch, capsys):
    """Call the command; return exit code, stdout and stderr."""
    from mlleaks.cli import main

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["mlleaks", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    return call
