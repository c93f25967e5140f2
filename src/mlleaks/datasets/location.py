"""Location: Foursquare check-ins in Bangkok, as prepared by Shokri et al."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlleaks.datasets.archives import reading, unpack
from mlleaks.datasets.files import fetch
from mlleaks.datasets.info import DatasetInfo, File
from mlleaks.types import Dataset

_ARCHIVE = File(
    path="location/dataset_location.tgz",
    url="https://github.com/privacytrustlab/datasets/raw/master/dataset_location.tgz",
    sha256="927203f85a868f8ee17a0ded1dc61699efe602167beabe34fbf45b4b1de94b33",
)


def load() -> Dataset:
    """Return the check-ins, binary features ``(5010, 446)``; classes 1..30 become 0..29."""
    path = fetch(_ARCHIVE)
    with reading(path, expected="a gzipped tar archive with the file 'bangkok'"):
        text = _checkins(unpack(path)).decode()
    table = np.loadtxt(text.replace('"', "").splitlines(), delimiter=",", dtype=np.float32)
    return Dataset("location", table[:, 1:], table[:, 0].astype(np.int64) - 1, 30)


def _checkins(files: Mapping[str, bytes]) -> bytes:
    if "bangkok" not in files:
        raise ValueError(f"it holds {', '.join(files) or 'nothing'}")
    return files["bangkok"]


DATASETS = (
    DatasetInfo(
        name="location",
        records=5010,
        classes=30,
        features=446,
        what="Foursquare check-ins, Bangkok",
        source="github.com/privacytrustlab/datasets",
        citation="R. Shokri et al., IEEE S&P 2017; D. Yang et al., ACM TIST 7(3), 2016",
        licence="none stated; research use",
        files=(_ARCHIVE,),
        load=load,
    ),
)
