"""Adult: UCI census income, both parts together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

from mlleaks.datasets.files import fetch
from mlleaks.datasets.info import DatasetInfo, File
from mlleaks.types import Dataset

_UCI = "https://archive.ics.uci.edu/ml/machine-learning-databases/adult/"
_TRAIN = File(
    "adult/adult.data",
    _UCI + "adult.data",
    "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
)
_TEST = File(
    "adult/adult.test",
    _UCI + "adult.test",
    "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
)
_NUMBERS = ["age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
_WORDS = [
    "workclass",
    "education",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "native-country",
]
_COLUMNS = [
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
    "income",
]


def load() -> Dataset:
    """Return the census records ``(48842, 108)``; class 1 earns more than 50K.

    Numbers are scaled to 0..1 over all records, words one-hot encoded; "?" is a word of its own.
    The training and test files are one data set here: who is a member is decided by the split.
    """
    parts = [
        pd.read_csv(fetch(file), names=_COLUMNS, skiprows=skip, skipinitialspace=True)
        for file, skip in ((_TRAIN, 0), (_TEST, 1))
    ]
    table = pd.concat(parts, ignore_index=True)
    encode = make_column_transformer(
        (MinMaxScaler(), _NUMBERS),
        (OneHotEncoder(sparse_output=False), _WORDS),
    )
    X = np.asarray(encode.fit_transform(table), dtype=np.float32)
    y = np.asarray(table["income"].str.rstrip(".") == ">50K", dtype=np.int64)
    return Dataset("adult", X, y, 2)


DATASETS = (
    DatasetInfo(
        name="adult",
        records=48842,
        classes=2,
        features=108,
        what="UCI census income",
        source="UCI Machine Learning Repository",
        citation="B. Becker, R. Kohavi, Adult, 1996, doi:10.24432/C5XW20",
        licence="CC BY 4.0",
        files=(_TRAIN, _TEST),
        load=load,
    ),
)
