"""The command line where PyTorch is not installed, as `make demo` leaves it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlleaks.cli.exit_codes import ExitCode

pytestmark = pytest.mark.usefixtures("empty_folder")

SITE = """
import sys
from importlib import metadata

class Missing:
    def find_spec(name, path, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

def version(name, version=metadata.version):
    if name == "torch":
        raise metadata.PackageNotFoundError(name)
    return version(name)

sys.meta_path.insert(0, Missing)
metadata.version = version
"""
"""What Python runs at its start, in workers too."""


def without_pytorch(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Return the ended process of the command; the folder ``site`` outlives it."""
    (site / "sitecustomize.py").write_text(SITE)
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    call = [sys.executable, "-m", "mlleaks", *arguments]
    return subprocess.run(
        call, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "demo --trainer mlp",
        "defend digits --trainer mlp --seeds 1",
        "shadows digits --trainer mlp --models 2",
        "shadows digits --trainer mlp --models 2 --jobs 1",
        "reproduce overfitting --scale smoke --datasets digits --store here",
    ],
)
def test_what_needs_it_says_how_to_install_it(command, tmp_path_factory):
    run = without_pytorch(tmp_path_factory.mktemp("site"), *command.split())
    assert run.returncode == ExitCode.BAD_INPUT
    assert run.stderr.endswith("Install it with: pip install 'mlleaks[torch]'.\n")
    assert "Traceback" not in run.stderr
