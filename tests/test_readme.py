"""The README: short, its commands run, its links lead somewhere, its picture is the program's."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tools.make_tour import draw

from tests.feeds.world import rss
from tests.support.examples import sample
from tests.support.guide_language import section
from tests.support.servers import serving
from tests.support.terminal import Terminal, environment

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_two_commands_of_one_line_each_make_a_venv_of_their_own() -> None:
    commands = re.findall(r"^```sh\n(.*?)^```$", section(README, "Start"), re.M | re.S)
    start, tests = (command.strip() for command in commands)
    for command in (start, tests):
        assert "\n" not in command
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q ")
    assert start.endswith(".venv/bin/rilo-reader")
    assert tests.endswith(".venv/bin/pytest")


def test_ci_runs_the_readmes_test_command() -> None:
    (pattern,) = re.findall(r"grep -E '([^']+)' README\.md", (ROOT / ".ci/run").read_text("utf-8"))
    assert len(re.findall(pattern, README, re.M)) == 1


def test_ci_runs_all_that_the_default_leaves_out() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]
    added = options["ini_options"]["addopts"]
    left_out = added[added.index("-m") + 1].removeprefix("not (").removesuffix(")")
    assert f'pytest -m "{left_out}"' in (ROOT / ".ci/run").read_text("utf-8")
    markers = [marker.partition(":")[0] for marker in options["ini_options"]["markers"]]
    assert left_out == " or ".join(markers)


def test_it_is_short_and_names_eight_features() -> None:
    assert len(README.splitlines()) <= 120
    assert len(re.findall(r"^- \*\*", section(README, "What it does"), re.M)) == 8


def test_links_and_pictures_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_the_picture_moves_is_small_and_holds_nothing_from_outside() -> None:
    picture = (ROOT / "docs" / "tour.svg").read_text(encoding="utf-8")
    assert "30,000" in picture
    assert "Highlighted&#160;(yellow)" in picture
    assert "@keyframes" in picture
    assert len(picture) < 2_000_000
    assert not re.search(r"url\(|@import|@font-face|<script|href", picture)


def test_the_article_holds_nothing_from_outside() -> None:
    picture = (ROOT / "docs" / "assets" / "article.svg").read_text(encoding="utf-8")
    assert len(picture) < 200_000
    assert not re.search(r"url\(|@import|@font-face|<script|href=\"(?!data:image/jpeg)", picture)


@pytest.mark.slow
def test_the_article_is_drawn_by_the_program(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    argv = [sys.executable, "-m", "tools.make_article", str(tmp_path / "article.svg")]
    subprocess.run(argv, cwd=ROOT, check=True)
    picture = (tmp_path / "article.svg").read_text(encoding="utf-8")
    assert "containers" in picture
    assert 'href="data:image/jpeg' in picture
    assert "▀" not in picture


@pytest.mark.slow
def test_the_picture_is_drawn_by_the_program(tmp_path: Path) -> None:
    draw(tmp_path / "tour.svg", 60, 0.05)
    picture = (tmp_path / "tour.svg").read_text(encoding="utf-8")
    assert "scanner" in picture
    assert "Undone" in picture


FEED = "https://github.com/newsboat/newsboat/releases.atom"
PATIENCE = 170.0  # seconds for pip on a slow machine


def commands(language: str) -> list[str]:
    """The lines of the blocks below "Start" that are typed."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", section(README, "Start"), re.M | re.S)
    return [line.removeprefix("$ ") for block in found for line in block.splitlines()]


def clone(to: Path) -> Path:
    """A copy of what git knows, as somebody has it who has cloned the repository."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone: nobody knows what belongs to it")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    return to


@pytest.fixture
def stranger(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody on a fresh machine, whose cache of pip only saves time."""
    home = tmp_path / "home"
    home.mkdir()
    cache = os.environ.get("PIP_CACHE_DIR") or str(Path.home() / ".cache/pip")
    kept = {name: value for name, value in environment(home).items() if name[:4] != "XDG_"}
    path = f"{home}/.local/bin:{kept['PATH']}"
    mine = {"PIP_CACHE_DIR": cache, "UV_CACHE_DIR": f"{cache}/../uv", "UV_PYTHON": sys.executable}
    return {**os.environ, **kept, **mine, "PATH": path, "HOME": str(home), "NO_PROXY": "*"}


@pytest.mark.slow
@pytest.mark.service
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
@pytest.mark.skipif(sys.platform == "win32", reason="the lines are for a Unix shell")
@pytest.mark.timeout(3 * PATIENCE)
def test_the_first_line_opens_the_guide_in_a_fresh_clone(
    tmp_path: Path, stranger: dict[str, str]
) -> None:
    here, (start, _) = clone(tmp_path / "rilo-reader"), commands("sh")
    home = Path(stranger["HOME"])
    shell = ["bash", "--norc", "-c", start]
    with Terminal(shell, size=(110, 30), home=home, cwd=here, env=dict(stranger)) as terminal:
        terminal.wait_for("Welcome. On the left", PATIENCE)
        terminal.send("q")
        assert terminal.wait_exit() == 0


@pytest.mark.slow
@pytest.mark.service
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
@pytest.mark.skipif(sys.platform == "win32", reason="the lines are for a Unix shell")
@pytest.mark.timeout(4 * PATIENCE)
@pytest.mark.parametrize("installer", sample(["uv", "pipx"], 1))
def test_every_command_of_readme_works_on_a_fresh_machine(
    tmp_path: Path, stranger: dict[str, str], installer: str
) -> None:
    here, tools = clone(tmp_path / "rilo-reader"), tmp_path / "tools"
    for command in (
        [sys.executable, "-m", "venv", str(tools)],
        [str(tools / "bin/pip"), "install", "-q", installer],
    ):
        subprocess.run(command, env=stranger, check=True, timeout=PATIENCE)
    stranger["PATH"] += f":{tools}/bin"
    lines = commands("console")
    assert [line.split()[0] for line in lines[:2]] == ["uv", "pipx"]
    said = {}
    with serving() as server:
        server.page("/feed", rss("One"))
        for line in lines:
            if line.split()[0] in {"uv", "pipx"} - {installer}:
                continue
            done = subprocess.run(
                ["sh", "-c", line.replace(FEED, server.url("/feed"))],
                cwd=here,
                env=stranger,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=2 * PATIENCE,
                check=False,
            )
            assert done.returncode == 0, (line, done)
            said[shlex.split(line)[1]] = done.stdout
    assert "29th Global RILO Meeting" in said["search"]
    assert "2 articles tagged thesis" in said["mark"]
    assert "Wrote 2 articles" in said["export"]
    assert "1 new article" in said["add"]
    assert (Path(stranger["HOME"]) / ".local/share/man/man1/rilo-reader.1").is_file()
