"""The page in a real browser: charts are drawn, nothing overflows, no error, no request."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest

import mlleaks
from mlleaks.report.attack_groups import attack_groups
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


@pytest.fixture(scope="module")
def many(report):
    copies = (replace(v, attack=f"{v.attack}-{i}") for i in range(5) for v in report.verdicts)
    return mlleaks.AuditReport(replace(report.result, verdicts=tuple(copies)))


def probed(report, tmp_path, size, extra=""):
    """Return the body's first tag after the page was shown."""
    page = tmp_path / "page.html"
    before, _, after = report.to_html().rpartition("</body>")  # the inlined library has one too
    page.write_text(before + extra + PROBE + after)
    dom = chromium(tmp_path, f"--window-size={size}", "--dump-dom", page.as_uri())
    return dom[dom.index("<body") :].partition(">")[0]


@pytest.mark.parametrize("unfolded", [False, True])
def test_the_charts_of_more_attacks_are_drawn_when_they_are_unfolded(many, tmp_path, unfolded):
    script = """<script>document.querySelector("details.more").open = true;</script>""" if unfolded else ""
    body = probed(many, tmp_path, "500,1600", script)
    assert "data-error" not in body
    shown = len(many.verdicts) if unfolded else len(attack_groups(many.result))
    assert f'data-charts="{1 + shown}"' in body


@pytest.mark.parametrize("size", ["1200,1600", "500,1600"], ids=["desktop", "phone"])
def test_charts_are_drawn_and_fit(report, tmp_path, size):
    body = probed(report, tmp_path, size)
    assert "data-error" not in body
    assert f'data-charts="{1 + len(report.verdicts)}"' in body
    assert 'data-requests="0"' in body
    width = body.partition('data-width="')[2].partition('"')[0].split(" of ")
    assert int(width[0]) <= int(width[1])
