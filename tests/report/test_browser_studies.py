"""The page of all studies in a real browser: every chart drawn, nothing said, nothing asked, all fits."""

from __future__ import annotations

import math

import pytest

from tests.comparisons.test_defenses import made
from tests.report.test_browser import CHROMIUM, chromium
from tests.report.test_figures import PICTURES, as_reproduction, chapters, rendered  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
PROBE = """<script>
setTimeout(() => {
  const root = document.documentElement;
  parent.postMessage([
    document.querySelectorAll(".chart svg").length,
    root.scrollWidth - root.clientWidth,
    performance.getEntriesByType("resource").length,
    messages.join("; ") || "silent",
  ].join("|"), "*");
}, 12000);
</script></body>"""
LISTEN = """<script>const messages = [];
for (const kind of ["error", "warn"]) console[kind] = (...what) => messages.push(what.join(" "));
window.addEventListener("error", e => messages.push(e.message));
window.addEventListener("unhandledrejection", e => messages.push(String(e.reason)));
</script>"""


@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_in_a_browser(chapters, tmp_path, width):  # noqa: F811
    """In a frame of that width, because a window cannot be as narrow as a phone."""
    html = rendered(as_reproduction(chapters.values()))
    fits(html, len(PICTURES), tmp_path, width)


@pytest.mark.parametrize("width", [1200, 390])
def test_the_comparison_of_defenses_in_a_browser(tmp_path, width):
    html = made(none=(0.8, 0.9, math.nan), dropout=(0.79, 0.7, 0.65), stacking=(0.6, 0.55, 0.5)).to_html()
    fits(html, 1, tmp_path, width)


def fits(html, n_charts, tmp_path, width):
    """Look at a page in a frame: all charts are drawn, nothing is said, asked for, or wider than the page."""
    before, _, after = html.rpartition("</body>")
    (tmp_path / "page.html").write_text(before.replace("<head>", f"<head>{LISTEN}", 1) + PROBE + after)
    frame = tmp_path / "frame.html"
    frame.write_text(
        "<body><script>onmessage = e => document.body.dataset.told = e.data</script>"
        f'<iframe src="page.html" width="{width}" height="1600" style="border: 0"></iframe></body>'
    )
    dom = chromium(tmp_path, "--window-size=1400,1600", "--dump-dom", frame.as_uri())
    charts, overflow, requests, messages = dom.partition('data-told="')[2].partition('"')[0].split("|")
    assert messages == "silent"
    assert int(charts) == html.count('class="chart"') == n_charts
    assert int(overflow) == 0
    assert int(requests) == 0
