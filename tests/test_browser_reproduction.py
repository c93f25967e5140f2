"""The page of all studies in a real browser: every chart drawn, nothing said, nothing asked, all fits."""

from __future__ import annotations

import pytest

from mlleaks.report import reproduction
from tests.test_browser import CHROMIUM, chromium
from tests.test_figures import PICTURES, chapters, found  # noqa: F401

PROBE = """<script>
setTimeout(() => {
  const root = document.documentElement;
  parent.postMessage([
    document.querySelectorAll(".chart svg").length,
    root.scrollWidth - root.clientWidth,
    performance.getEntriesByType("resource").length,
    told.join("; ") || "silent",
  ].join("|"), "*");
}, 12000);
</script></body>"""
LISTEN = """<script>const told = [];
for (const kind of ["error", "warn"]) console[kind] = (...what) => told.push(what.join(" "));
window.addEventListener("error", e => told.push(e.message));
window.addEventListener("unhandledrejection", e => told.push(String(e.reason)));
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_in_a_browser(chapters, tmp_path, width):  # noqa: F811
    """In a frame of that width, because a window cannot be as narrow as a phone."""
    html = reproduction.render(found(chapters.values()))
    before, _, after = html.rpartition("</body>")
    (tmp_path / "page.html").write_text(before.replace("<head>", f"<head>{LISTEN}", 1) + PROBE + after)
    frame = tmp_path / "frame.html"
    frame.write_text(
        "<body><script>onmessage = e => document.body.dataset.told = e.data</script>"
        f'<iframe src="page.html" width="{width}" height="1600" style="border: 0"></iframe></body>'
    )
    dom = chromium(tmp_path, "--window-size=1400,1600", "--dump-dom", frame.as_uri())
    charts, overflow, requests, told = dom.partition('data-told="')[2].partition('"')[0].split("|")
    assert told == "silent"
    assert int(charts) == html.count('class="chart"') == len(PICTURES)
    assert int(overflow) == 0
    assert int(requests) == 0
