"""Checks that every data set must pass, and how files are found and fetched."""

from __future__ import annotations

import hashlib
import threading
from functools import lru_cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from scipy import sparse

from mlleaks import DataUnavailable, InputError, load_dataset
from mlleaks.datasets import REGISTRY, files, location
from mlleaks.datasets.files import FOLDER_VARIABLE, at_hand, fetch
from mlleaks.datasets.info import File
from tests.synthetic import tar_gz

CONTENT = b"1,2,3\n4,5,6\n"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module", params=REGISTRY.values(), ids=REGISTRY.keys())
def info(request):
    if at_hand(request.param) is None:
        paths = ", ".join(file.path for file in (*request.param.files, *request.param.local))
        pytest.skip(f"{paths} neither in {FOLDER_VARIABLE} nor in the cache")
    return request.param


@lru_cache(maxsize=1)
def loaded(name):
    return load_dataset(name)


@pytest.mark.slow
def test_facts_are_true(info):
    data = loaded(info.name)
    assert data.X.shape[0] == info.records
    assert np.prod(data.X.shape[1:]) == info.features
    assert (data.name, data.n_classes) == (info.name, info.classes)
    assert np.unique(data.y).tolist() == list(range(info.classes))
    assert data.X.dtype in (np.float32, np.uint8)
    assert data.y.dtype == np.int64


@pytest.mark.slow
def test_records_are_finite_numbers_from_0_to_1_or_255(info):
    X = loaded(info.name).X
    values = X.data if sparse.issparse(X) else X
    assert values.dtype == np.uint8 or np.isfinite(values).all()
    image = X.ndim > 2
    assert (X.min(), values.max()) == (0, pytest.approx(255 if image else 1))


def dense(X):
    return X.toarray() if sparse.issparse(X) else X


@pytest.mark.slow
def test_no_feature_is_constant_nor_is_every_record_the_same(info):
    data = loaded(info.name)
    low, high = (dense(f(axis=0)) for f in (data.X.min, data.X.max))
    assert (high > low).mean() > 0.9
    assert len({row.tobytes() for row in dense(data.X[:500])}) > 100


@pytest.mark.slow
def test_loading_twice_is_the_same(info):
    """The second time, slow loaders read the copy that they made the first time."""
    again, first = load_dataset(info.name), loaded(info.name)
    if sparse.issparse(again.X):
        assert (again.X != first.X).nnz == 0
    else:
        assert np.array_equal(again.X, first.X)
    np.testing.assert_array_equal(again.y, first.y)


COUNTS = {
    "cifar10": [6000] * 10,
    "cifar100": [600] * 100,
    "mnist": np.add(
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    ).tolist(),
    "face": [77, 42, 236, 121, 530, 109, 44, 71, 52, 55, 42, 53, 60, 41, 41, 48, 52, 144, 49],
    "adult": [37155, 11687],
}


@pytest.mark.slow
def test_classes_have_as_many_records_as_the_source_says(info):
    counts = np.bincount(loaded(info.name).y, minlength=info.classes)
    if info.name in COUNTS:
        assert counts.tolist() == COUNTS[info.name]
    if info.name == "location":
        assert (counts.argmin() + 1, counts.min(), counts.argmax() + 1, counts.max()) == (5, 97, 8, 308)
    assert counts.min() >= 20  # five in each of the protocol's four parts
    assert counts.max() <= 40 * counts.min()


def test_every_data_set_says_where_it_is_from():
    for fact in REGISTRY.values():
        assert all((fact.what, fact.source, fact.citation, fact.licence))
        for file in fact.files:
            assert file.url.startswith("https://")
            assert len(file.sha256) == (0 if fact.name.startswith("purchase") else 64)


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="data set 'mnits'; expected one of .*digits.*mlleaks datasets"):
        load_dataset("mnits")


@pytest.fixture
def no_files(tmp_path, monkeypatch):
    """An empty cache and no local folder."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(files, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def site(tmp_path):
    """A web site of one folder, and the number of requests to it."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "data.csv").write_bytes(CONTENT)

    class Handler(SimpleHTTPRequestHandler):
        requests = 0

        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(folder))

        def do_GET(self):
            type(self).requests += 1
            if not self.path.endswith("cut.csv"):
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(CONTENT)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        server.handler = Handler
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()
        thread.join()


def remote(site, name="data.csv", content=CONTENT):
    return File(f"toy/{name}", f"{site.url}/{name}", sha256(content))


def test_a_download_lands_in_the_cache_and_is_not_repeated(no_files, site):
    path = fetch(remote(site))
    assert path == no_files / "toy" / "data.csv"
    assert path.read_bytes() == CONTENT
    assert fetch(remote(site)) == path
    assert site.handler.requests == 1


def test_a_download_with_another_checksum_is_refused_and_not_kept(no_files, site):
    with pytest.raises(
        DataUnavailable, match=r"(?s)while downloading .*data\.csv.*by hand to .*MLLEAKS_DATA"
    ):
        fetch(remote(site, content=b"other"))
    assert [path for path in no_files.rglob("*") if path.is_file()] == []


def test_a_file_that_the_site_does_not_have_is_explained(no_files, site):
    with pytest.raises(DataUnavailable, match=r"HTTPError while downloading .*gone\.csv .*404"):
        fetch(remote(site, "gone.csv"))
    assert [path for path in no_files.rglob("*") if path.is_file()] == []


def test_a_download_that_breaks_off_is_explained_and_not_kept(no_files, site):
    with pytest.raises(DataUnavailable, match=r"(?s)while downloading .*cut\.csv"):
        fetch(remote(site, "cut.csv", content=CONTENT + b"more"))
    assert [path for path in no_files.rglob("*") if path.is_file()] == []


def test_a_site_that_does_not_answer_is_explained(no_files, site):
    file = remote(site)
    site.shutdown()
    site.server_close()
    with pytest.raises(DataUnavailable, match="(?s)ConnectionError while downloading"):
        fetch(file)


def test_the_local_folder_comes_before_cache_and_site(no_files, site, tmp_path, monkeypatch):
    local = tmp_path / "local"
    for folder in (local, no_files):
        (folder / "toy").mkdir(parents=True)
        (folder / "toy" / "data.csv").write_bytes(CONTENT)
    monkeypatch.setenv(FOLDER_VARIABLE, str(local))
    assert fetch(remote(site)) == local / "toy" / "data.csv"
    assert site.handler.requests == 0


def test_a_local_folder_without_the_file_is_passed_over(no_files, site, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    assert fetch(remote(site)) == no_files / "toy" / "data.csv"


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"x"])
def test_a_local_copy_with_another_checksum_is_refused(no_files, site, tmp_path, monkeypatch, content):
    path = tmp_path / "local" / "toy" / "data.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "local"))
    with pytest.raises(DataUnavailable, match=rf"data\.csv with SHA-256 {sha256(content)}.*delete it"):
        fetch(remote(site))
    assert path.read_bytes() == content


def test_a_file_without_a_published_checksum_is_taken_as_it_is(no_files, site):
    unverified = File("toy/data.csv", f"{site.url}/data.csv", "")
    assert fetch(unverified).read_bytes() == CONTENT
    assert fetch(unverified) == no_files / "toy" / "data.csv"
    assert site.handler.requests == 1


def test_the_same_content_in_another_wrapper_is_accepted_and_no_third(no_files, site):
    fetch(remote(site))
    file = File("toy/data.csv", f"{site.url}/data.csv", "0" * 64, (sha256(CONTENT),))
    assert fetch(file) == no_files / "toy" / "data.csv"
    with pytest.raises(DataUnavailable, match=f"expected {'0' * 64} or {'1' * 64}"):
        fetch(File("toy/data.csv", "", "0" * 64, ("1" * 64,)))


OFFLINE = sorted(name for name, fact in REGISTRY.items() if fact.files)


@pytest.mark.parametrize("name", OFFLINE)
def test_what_is_not_at_hand_says_where_to_get_it_and_where_to_put_it(no_files, monkeypatch, name):
    def offline(url, *arguments, **settings):
        raise OSError("no network")

    monkeypatch.setattr(files.pooch, "retrieve", offline)
    file = REGISTRY[name].files[0]
    with pytest.raises(
        DataUnavailable, match=f"(?s)downloading {file.url}.*to .*{file.path}.*{FOLDER_VARIABLE}"
    ):
        load_dataset(name)


def archive(name="bangkok", rows=400):
    text = "\n".join(f'"{1 + i % 30}",' + ",".join(str((i * j) % 2) for j in range(446)) for i in range(rows))
    return tar_gz({name: text.encode()})


def flipped(content, place):
    return content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]


@pytest.mark.parametrize(
    "content",
    [
        archive()[:-300],
        archive()[:200],
        archive()[:10],
        b"",
        b"text",
        archive("paris"),
        flipped(archive(), 30),
    ],
    ids=["cut late", "cut early", "header only", "empty", "text", "other name", "flipped"],
)
def test_a_broken_archive_is_explained(no_files, monkeypatch, content):
    file = File("location/x.tgz", "http://127.0.0.1:9/", sha256(content))
    (no_files / "location").mkdir(parents=True)
    (no_files / "location" / "x.tgz").write_bytes(content)
    monkeypatch.setattr(location, "_ARCHIVE", file)
    with pytest.raises(DataUnavailable, match=r"(?s)x\.tgz that cannot be unpacked.*Delete it"):
        location.load()


def test_a_whole_archive_is_read(no_files, monkeypatch):
    content = archive()
    (no_files / "location").mkdir(parents=True)
    (no_files / "location" / "x.tgz").write_bytes(content)
    monkeypatch.setattr(location, "_ARCHIVE", File("location/x.tgz", "http://127.0.0.1:9/", sha256(content)))
    assert location.load().X.shape == (400, 446)
