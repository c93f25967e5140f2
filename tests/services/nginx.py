"""nginx in front of a service: rate limits, lost answers, passwords, TLS, each below a path of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.services.certificates import Certificates, make_certificates
from tests.services.losing_proxy import losing
from tests.services.running import free_port, process, wait_until_ready

TEMPLATE = Path(__file__).parent / "nginx.conf"
USER, PASSWORD, TOKEN = "auditor", "a long password", "token-of-the-tests"
LIMIT = 20
"""Requests per second that the limited paths let through; two more may come at once."""


LOG_SECONDS = 5


@dataclass(frozen=True)
class Nginx:
    """A running nginx: its addresses, and what it has seen."""

    http: str  # http://127.0.0.1:PORT
    https: str  # TLS with a certificate of `certificates.authority`; offers HTTP/2
    mutual: str  # TLS that wants a client certificate as well
    certificates: Certificates
    folder: Path

    def requests(self, at_least: int = 0) -> list[dict[str, object]]:
        """Return path, status, upstream (its status), length (bytes) and protocol of each request.

        nginx writes an entry after it has sent the answer, so wait for a number of entries where it matters.
        """
        until = time.monotonic() + LOG_SECONDS
        while True:
            lines = (self.folder / "access.log").read_text().splitlines(keepends=True)
            entries = [json.loads(line) for line in lines if line.endswith("\n")]
            if len(entries) >= at_least or time.monotonic() > until:
                return entries
            time.sleep(0.02)


def missing() -> str | None:
    """Return why nginx cannot be started here, or None."""
    for tool, package in (("nginx", "nginx-light"), ("openssl", "openssl")):
        if shutil.which(tool) is None:
            return f"{tool} is not installed: `apt-get install {package}`"
    return None


@contextmanager
def running_nginx(folder: Path, upstream: str) -> Iterator[Nginx]:
    """Run nginx in front of a service whose root is ``upstream``."""
    ports = {name: free_port() for name in ("http", "https", "mutual", "closed")}
    with ExitStack() as stack:
        answers = {
            name: stack.enter_context(losing(upstream, name)) for name in ("truncate", "reset", "stall")
        }
        certificates = make_certificates(folder)
        write_passwords(folder / "passwords")
        values = {
            **{f"{name}_port": port for name, port in ports.items()},
            **{name: root.removeprefix("http://") for name, root in answers.items()},
            "upstream": upstream.removeprefix("http://"),
            "user": "user root;" if os.geteuid() == 0 else "",
            "folder": folder,
            "limit": LIMIT,
            "token": TOKEN,
        }
        text = TEMPLATE.read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        (folder / "nginx.conf").write_text(text)
        command = ["nginx", "-p", str(folder), "-e", "error.log", "-c", "nginx.conf", "-g", "daemon off;"]
        started = stack.enter_context(process(command, folder))
        http = f"http://127.0.0.1:{ports['http']}"
        wait_until_ready(started, http + "/nginx-ready", folder / "log.txt")
        yield Nginx(
            http,
            f"https://127.0.0.1:{ports['https']}",
            f"https://127.0.0.1:{ports['mutual']}",
            certificates,
            folder,
        )


def write_passwords(path: Path) -> None:
    """Write the file that nginx reads user and password from."""
    command = ["openssl", "passwd", "-apr1", PASSWORD]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    path.write_text(f"{USER}:{answer.stdout.strip()}\n")
