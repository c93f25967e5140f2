"""Reading archives into memory, with a clear error where one is damaged."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlleaks.errors import DataUnavailable, MLLeaksError, first_line

_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError)


@contextmanager
def reading(path: Path, *, expected: str) -> Iterator[None]:
    """Turn what goes wrong while ``path`` is unpacked and parsed into `DataUnavailable`.

    Parameters
    ----------
    path : Path
        The file that is read.
    expected : str
        What an undamaged file contains, for the message.

    Raises
    ------
    DataUnavailable
        The file is cut, damaged, or another one. Readers raise ValueError for what does not fit.

    Examples
    --------
    >>> with reading(Path("x.gz"), expected="10 rows"):
    ...     raise ValueError("it holds 9 rows")
    Traceback (most recent call last):
    mlleaks.errors.DataUnavailable: got x.gz that cannot be unpacked (it holds 9 rows); \
expected 10 rows. Delete it and run again.
    """
    try:
        yield
    except MLLeaksError:
        raise
    except _DAMAGE as error:
        raise DataUnavailable(
            f"{path} that cannot be unpacked ({first_line(error).rstrip(':')})",
            expected=expected,
            fix="Delete it and run again.",
        ) from error


def unpack(path: Path) -> dict[str, bytes]:
    """Return the content of every file in a tar or zip archive, in the order of their names.

    Nothing is written to disk, so names that point elsewhere do no harm.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content = {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}
    else:
        with tarfile.open(path) as tar:  # in the order of the archive: going back would unpack it again
            files = ((member.name, tar.extractfile(member)) for member in tar if member.isfile())
            content = {name: file.read() for name, file in files if file is not None}
    return dict(sorted(content.items()))


def gunzip(path: Path) -> bytes:
    """Return the content of a gzip file."""
    with gzip.open(path) as file:
        return file.read()
