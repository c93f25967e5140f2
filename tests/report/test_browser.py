"""The page in a real browser: charts are drawn, nothing overflows, no error, no request."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import mlleaks
from tests.synthetic import planted

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=20000",
)
PROBE = """<script>
window.addEventListener("error", e => document.body.dataset.error = e.message);
setTimeout(() => {
  const root = document.documentElement;
  document.body.dataset.charts = document.querySelectorAll(".chart svg").length;
  document.body.dataset.width = root.scrollWidth + " of " + root.clientWidth;
  document.body.dataset.requests = performance.getEntriesByType("resource").length;
}, 8000);
</script></body>"""


@pytest.fixture(scope="module")
def report():
    observations, queries = planted(2, n=1000), planted(0, n=200, seed=3)
    table = {
        "record_id": observations.ids,
        "member": observations.member,
        "posteriors": observations.outputs.posteriors,
    }
    return mlleaks.audit_posteriors(
        table | {"label": observations.outputs.labels},
        random_queries={"posteriors": queries.outputs.posteriors},
    )


def chromium(tmp_path, *arguments):
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.parametrize("size", ["1200,1600", "500,1600"], ids=["desktop", "phone"])
def test_charts_are_drawn_and_fit(report, tmp_path, size):
    page = tmp_path / "page.html"
    before, _, after = report.to_html().rpartition("</body>")  # the inlined library has one too
    page.write_text(before + PROBE + after)
    dom = chromium(tmp_path, f"--window-size={size}", "--dump-dom", page.as_uri())
    body = dom[dom.index("<body") :].partition(">")[0]
    assert "data-error" not in body
    assert f'data-charts="{1 + len(report.verdicts)}"' in body
    assert 'data-requests="0"' in body
    width = body.partition('data-width="')[2].partition('"')[0].split(" of ")
    assert int(width[0]) <= int(width[1])
