"""What README and docs tell people to run runs, each Python block on its own; their links lead somewhere."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cli.test_without_pytorch import without_pytorch

pytestmark = pytest.mark.usefixtures("empty_folder")

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))
EXCEPTIONS = {
    ("docs/cluster.md", "needs a Ray cluster"),
    ("docs/guide.md", "needs 22 GB from Kaggle"),
}
"""Python blocks that cannot run here; a comment before each says why."""

SETUP = ("source .venv/bin/activate", "make quick", "make test")
"""README's commands that set up an environment or run these tests."""

_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<why>.+) -->\n)?^```(?P<kind>\w*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and why it is not run, if so."""

    page: str
    line: int
    kind: str
    code: str
    why: str | None

    def __str__(self):
        return f"{self.page}:{self.line}"


def blocks(page, kind):
    text = (ROOT / page).read_text(encoding="utf-8")
    all_blocks = (
        Block(page, text.count("\n", 0, match.start("code")), match["kind"], match["code"], match["why"])
        for match in _BLOCK.finditer(text)
    )
    return [block for block in all_blocks if block.kind == kind]


PYTHON = [block for page in PAGES for block in blocks(page, "python")]


def commands(page):
    """Return each command of a page's console blocks with the exit code that the page shows for it."""
    lines = "".join(block.code for block in blocks(page, "console")).replace("\\\n", " ").splitlines()
    calls = []
    for line, shown in zip(lines, [*lines[1:], ""], strict=True):
        if line == "$ echo $?":
            calls[-1] = (calls[-1][0], int(shown))
        elif line.startswith("$ "):
            calls.append((shlex.join(shlex.split(line[2:], comments=True)), 0))
    return calls


def test_only_what_cannot_run_here_is_not_run():
    assert {(block.page, block.why) for block in PYTHON if block.why} == EXCEPTIONS
    assert {block.page for block in PYTHON if not block.why} >= {"README.md", "docs/guide.md"}


@pytest.mark.slow
@pytest.mark.parametrize("block", [block for block in PYTHON if not block.why], ids=str)
def test_a_python_block_runs_on_its_own(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = compile("\n" * block.line + block.code, str(ROOT / block.page), "exec")
    exec(code, {"__name__": "example"})


@pytest.mark.slow
def test_the_commands_of_the_readme_run_in_order_without_pytorch(tmp_path_factory):
    assert not list(Path().iterdir())
    shown = commands("README.md")
    assert {command for command, _ in shown if not command.startswith("mlleaks ")} == {"make demo", *SETUP}
    assert "$(BIN)/mlleaks demo\n" in (ROOT / "Makefile").read_text()
    for command, code in shown:
        if command not in SETUP:
            arguments = shlex.split(command.replace("make demo", "mlleaks demo"))[1:]
            run = without_pytorch(tmp_path_factory.mktemp("site"), *arguments)
            assert (command, run.returncode, run.stderr) == (command, code, said(arguments))


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_somewhere(page):
    links = _LINK.findall(_BLOCK.sub("", (ROOT / page).read_text(encoding="utf-8")))
    dead = []
    for link in (link for link in links if not re.match(r"\w+:", link)):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert not dead


def anchors(path):
    """Return what links into a page may name, by GitHub's rules: its headings and its own anchors."""
    text = _BLOCK.sub("", path.read_text(encoding="utf-8"))
    slugs = []
    for heading in re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slugs.append(re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-"))
    repeated = (f"{slug}-{slugs[:i].count(slug)}" for i, slug in enumerate(slugs) if slug in slugs[:i])
    return {*slugs, *repeated, *re.findall(r'<a (?:id|name)="([^"]+)">', text)}


def said(arguments):
    """Return what a command of these writes to stderr: the conditions that hold, and nothing else."""
    conditions = [after for option, after in pairwise(arguments) if option == "--fail-if"]
    return "".join(f"fails: {condition}\n" for condition in conditions)


@pytest.mark.slow
def test_the_readme_shows_what_the_demo_prints(mlleaks_):
    [shown] = [block.code for block in blocks("README.md", "") if "Report: runs/demo" in block.code]
    _, printed, _ = mlleaks_("demo")
    assert outline(shown) == outline(printed)


def outline(text):
    """Return the attacks of a printed report and all below its table, without the figures."""
    table = text.partition("\nattack ")[2]
    attacks = re.findall(r"^ *([a-z0-9-]+ \([^)]+\)) +\d\.\d{3} \(", table, re.MULTILINE)
    assert attacks
    return attacks, table.partition("\nReport: ")[2]
