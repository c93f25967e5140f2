"""Face: Labeled Faces in the Wild, the 19 people with at least 40 photographs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np

from mlleaks.datasets.archives import reading, unpack
from mlleaks.datasets.decode_cache import Arrays, decoded
from mlleaks.datasets.files import fetch, locate
from mlleaks.datasets.images import decode
from mlleaks.datasets.info import DatasetInfo, File
from mlleaks.types import Dataset

_FUNNELED = File(
    path="lfw/lfw-funneled.tgz",
    url="https://ndownloader.figshare.com/files/5976015",
    sha256="b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a",
)
_DEEP_FUNNELED = File(
    path="lfw/lfw-deepfunneled-min40.tgz",
    url="",
    sha256="47121711eaf56372c091f8abe0b989a123b7633779c331e4e1ed1703b09627fb",
)
_AT_LEAST = 40
_CROP = (78, 70, 172, 195)  # left, top, right, bottom, and half of that size: as in scikit-learn
_SIZE = (47, 62)


def load() -> Dataset:
    """Return the faces, RGB 0..255 ``(1867, 62, 47, 3)`` uint8; people in alphabetical order.

    Cropped and reduced as scikit-learn's ``fetch_lfw_people`` does, in colour. A local archive of the
    deep-funneled images (``lfw/lfw-deepfunneled-min40.tgz``) is used where it lies on this machine,
    else the funneled ones are downloaded: the same photographs, differently aligned.
    """
    path = fetch(_DEEP_FUNNELED if locate(_DEEP_FUNNELED) else _FUNNELED)
    with reading(path, expected="the archive of Labeled Faces in the Wild"):
        arrays = decoded(path, lambda: _decode(path), name="face")
    return Dataset("face", arrays["X"], arrays["y"], 19)


def _decode(path: Path) -> Arrays:
    arrays = _faces(unpack(path))
    if (len(arrays["y"]), arrays["y"].max() + 1) != (1867, 19):
        raise ValueError(f"it holds {len(arrays['y'])} images of {arrays['y'].max() + 1} people")
    return arrays


def _faces(files: Mapping[str, bytes], at_least: int = _AT_LEAST) -> Arrays:
    """Return the faces of the people with ``at_least`` images ``.../PERSON/NAME.jpg``."""
    images = {name: content for name, content in files.items() if name.endswith(".jpg")}
    count = Counter(map(_person, images))
    people = sorted(person for person, n in count.items() if n >= at_least)
    if not people:
        raise ValueError(f"it holds nobody with {at_least} images")
    labels = {name: people.index(person) for name in images if (person := _person(name)) in people}
    X = [decode(BytesIO(images[name]), name, crop=_CROP, size=_SIZE) for name in labels]
    return {"X": np.stack(X), "y": np.array(list(labels.values()))}


def _person(name: str) -> str:
    return PurePosixPath(name).parent.name


DATASETS = (
    DatasetInfo(
        name="face",
        records=1867,
        classes=19,
        features=8742,
        what="62x47 colour faces, Labeled Faces in the Wild",
        source="vis-www.cs.umass.edu/lfw",
        citation="G. B. Huang et al., UMass Amherst TR 07-49, 2007; aligned: G. B. Huang et al., NIPS 2012",
        licence="none stated; public figures, distributed for research",
        files=(_FUNNELED,),
        load=load,
        local=(_DEEP_FUNNELED,),
        differs="deep-funneled: the same photographs, aligned in another way",
    ),
)
