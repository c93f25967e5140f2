"""Real services for the tests of this folder; skipped where `make services` has not installed them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.services.nginx import Nginx, missing, running_nginx
from tests.services.running import ENVIRONMENTS, SERVICES, Service, python_of, running
from tests.services.served import Served, make_served

collect_ignore_glob = ["serve_*.py"]
"""Each runs in its service's environment; what it imports is not in this one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.service)


@pytest.fixture(scope="package")
def served(tmp_path_factory) -> Served:
    """Return the records and models that all services serve."""
    return make_served(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="package")
def service(served, tmp_path_factory) -> Iterator[Callable[[str], Service]]:
    """Return a function that starts a service of `SERVICES`, or returns the one that already runs."""
    started: dict[tuple[str, ...], Service] = {}
    with ExitStack() as stack:

        def start(name: str) -> Service:
            spec = SERVICES[name]
            need_service(name)
            key = (spec.environment, *spec.command)
            if key not in started:
                folder = tmp_path_factory.mktemp(name) / "run"
                started[key] = stack.enter_context(running(name, served.folder, folder))
            root = started[key].root
            return Service(root, root + spec.endpoint, started[key].pid, started[key].log)

        yield start


def need_service(name: str) -> None:
    """Skip a test whose service is not installed."""
    if python_of(SERVICES[name]) is None:
        pytest.skip(f"{name} is not installed in {ENVIRONMENTS}: run `make services`")


@pytest.fixture(scope="package")
def nginx(service, tmp_path_factory) -> Iterator[Nginx]:
    """Return nginx in front of KServe's server."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with running_nginx(tmp_path_factory.mktemp("nginx"), service("kserve-v2").root) as started:
        yield started
