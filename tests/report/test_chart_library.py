"""The chart library is put together once, kept, and never taken from a copy that is not what was kept."""

from __future__ import annotations

import os

import pytest
import vl_convert

from mlleaks.report import chart_library


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and nothing remembered by this process."""
    monkeypatch.setattr(chart_library, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def built(monkeypatch):
    """Which entry points were bundled; a short text is what comes out."""
    entries = []

    def bundle(entry):
        entries.append(entry)
        return "draw('</script> and é');\nmore();\n"

    monkeypatch.setattr(vl_convert, "javascript_bundle", bundle)
    return entries


def fresh():
    """Return the library as a new process would."""
    chart_library.chart_library.cache_clear()
    try:
        return chart_library.chart_library()
    finally:
        chart_library.chart_library.cache_clear()


def copies(cache):
    return [path for path in cache.rglob("*") if path.is_file()]


def test_it_is_put_together_once(cache, built):
    first, second = fresh(), fresh()
    assert first == second == "draw('<\\/script> and é');\nmore();\n"
    assert built == ["window.vegaEmbed = vegaEmbed;"]
    assert len(copies(cache)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.replace(b"more", b"evil"),
        lambda content: content[:-3],
        lambda content: b"",
        lambda content: content.partition(b"\n")[2],
        lambda content: content + b"\xff",
    ],
    ids=["edited", "cut off", "empty", "without a checksum", "no text"],
)
def test_a_damaged_copy_is_made_again(cache, built, damage):
    whole = fresh()
    [copy] = copies(cache)
    content = copy.read_bytes()
    copy.write_bytes(damage(content))
    assert fresh() == whole
    assert copy.read_bytes() == content
    assert len(built) == 2


@pytest.mark.parametrize("changed", ["release", "entry"])
def test_a_copy_of_another_version_is_not_used(cache, built, monkeypatch, changed):
    fresh()
    [copy] = copies(cache)
    if changed == "release":
        monkeypatch.setattr(chart_library, "version", lambda name: "99.0")
        copy.rename(copy.with_name("vl-convert-99.0.js"))
    else:
        monkeypatch.setattr(chart_library, "_ENTRY", "window.other = vegaEmbed;")
    fresh()
    assert len(built) == 2


def test_a_full_cache_costs_only_time(small_disk, built, monkeypatch):
    monkeypatch.setattr(chart_library, "cache_folder", lambda: small_disk)
    monkeypatch.setattr(chart_library, "_bundled", lambda: "x" * 2_000_000)
    assert len(fresh()) == 2_000_000
    assert copies(small_disk) == []


def test_a_cache_that_cannot_be_written_costs_only_time(cache, built):
    cache.write_text("a file where the folder should be")
    assert fresh() == fresh()
    assert len(built) == 2
    assert cache.read_text() == "a file where the folder should be"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_rights_costs_only_time(cache, built):
    (cache / "chart-library").mkdir(parents=True)
    (cache / "chart-library").chmod(0o500)
    assert fresh() == fresh()
    assert len(built) == 2


@pytest.mark.slow
def test_the_real_one_draws_charts(cache):
    text = fresh()
    assert "window.vegaEmbed" in text
    assert "</script" not in text
    assert fresh() == text
