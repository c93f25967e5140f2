"""Where tests find real data, and what every test shares."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small models: threads would only wait for each other

from pathlib import Path

import pytest

LOCAL_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(autouse=True, scope="session")
def _data_folder() -> None:
    """Use the local copies of the data sets where they are, unless another folder is named."""
    if LOCAL_DATA.is_dir():
        os.environ.setdefault("MLLEAKS_DATA", str(LOCAL_DATA))
