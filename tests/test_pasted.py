"""What README, the pages and the help show works as it stands, pasted on a machine of a new user.

The blocks of a page run one after the other in one home, in which the program is installed and
nothing else was done: the articles are those that come with it. Each command must end well, and
what looks for articles must find some. What cannot be run here is listed, with its reason.
"""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tools.make_site import pages

from rilo_reader import config
from rilo_reader.cli import VERBS, verb_of
from rilo_reader.feeds import subscriptions
from rilo_reader.sync.services import accounts
from tests.feeds.world import PAGE, rss
from tests.support.servers import Server, serving
from tests.sync.pages import PageHome

ROOT = Path(__file__).parent.parent
TEXTS = {"README.md": (ROOT / "README.md").read_text(encoding="utf-8"), **pages()}
for guide in sorted((ROOT / "articles/guide").glob("*.md")):
    TEXTS[f"guide/{guide.name}"] = guide.read_text(encoding="utf-8")

FEED = "https://github.com/newsboat/newsboat/releases.atom"
STORY = "https://en.wikipedia.org/wiki/RSS"

ELSEWHERE: Mapping[str, str] = {
    "README.md": "test_readme.py: they install",
    "sharing.md": "share/test_page.py, with a PostgreSQL",
    "services.md": "sync/test_services_page.py, with servers",
    "travel.md": "sync/test_travel_page.py, with git and a stick",
    "contributing.md": "for developers: CI",
}
"""Pages that have tests of their own."""

NOT_HERE: Mapping[str, str] = {
    "account add": "it asks a server of yours for a password",
    "share create": "it needs a server of yours",
    "share join": "it needs a server of yours",
    "share grant": "it needs a server of yours",
    "serve": "it serves until ctrl+c",
}
"""Commands that are not run, by how they begin."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FINDS = {"search", "list", "show", "edition", "highlights"}


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The blocks of a page that are typed or saved: a kind, and what there is."""
    for kind, body in _BLOCK.findall(text):
        if kind == "console":
            lines = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
            yield "sh", "\n".join(lines)
        elif kind in ("sh", "toml"):
            yield kind, body


class NewHome(PageHome):
    """The home of somebody who has just installed the program, with files that examples name."""

    def __init__(self, home: Path, server: Server) -> None:
        there = {FEED: server.url("/feed"), STORY: server.url("/story")}
        super().__init__(home, there)
        self.calls = home / "calls"
        python = f'"{sys.executable}" -m rilo_reader'
        for name in ("rilo", "rilo-reader"):
            self.program(
                name,
                f"case ${{1-.}} in [.~/]*) set -- --flat \"$@\"; exec </dev/null ;; esac\n"
                f'{python} "$@" >"$HOME/out.$$"; code=$?\n'
                f'printf "%s\\t%s\\t%s\\n" $code "$(head -c 300 "$HOME/out.$$" | tr "\\n\\t" "  ")" "$*" >>"$HOME/calls"\n'
                f'cat "$HOME/out.$$"; rm "$HOME/out.$$"; exit $code',
            )
        self.program("uv", ":")
        self.program("pipx", ":")

    def paste(self, script: str) -> None:
        """Run a block; each of our commands in it ends well, and finds something."""
        for begin in NOT_HERE:
            script = re.sub(rf"^rilo-reader {begin}\b.*$", ":", script, flags=re.MULTILINE)
        self.calls.write_text("")
        said = self.run(script)
        for line in self.calls.read_text().splitlines():
            code, out, words = line.split("\t", 2)
            assert code == "0", (words, said)
            verb = words.split(" ", 1)[0]
            if verb in FINDS:
                assert out.strip() not in ("", "0"), (words, said)
            assert not re.match(r"0 articles|Nothing|No \w+ found", said), (words, said)

    def save(self, text: str) -> None:
        """Put a block of TOML where the page says, and find no fault in it."""
        folder = self.home / ".config/rilo-reader"
        folder.mkdir(parents=True, exist_ok=True)
        tables = tomllib.loads(text)
        name = "feeds" if "feeds" in tables else "accounts" if "accounts" in tables else "settings"
        file = folder / f"{name}.toml"
        load = {"feeds": subscriptions.load, "accounts": accounts.load, "settings": config.load}
        before = file.read_text() if file.exists() else ""
        file.write_text(text + "\n" + before)
        problems = load[name](file)[1]
        assert [problem.sentence for problem in problems] == []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        server.page("/feed", rss("One", "Two").replace(b"A Feed", b"Release notes from newsboat"))
        server.page("/story", PAGE, headers={"Content-Type": "text/html; charset=utf-8"})
        yield server


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the examples are for a shell of Unix")
@pytest.mark.parametrize("name", [name for name in TEXTS if name not in ELSEWHERE])
def test_every_block_of_a_page_works_on_a_fresh_install(
    name: str, tmp_path: Path, server: Server
) -> None:
    home = NewHome(tmp_path, server)
    for kind, body in blocks(TEXTS[name]):
        if kind == "toml":
            home.save(body)
        else:
            home.paste(body)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the examples are for a shell of Unix")
@pytest.mark.parametrize("name", VERBS)
def test_every_example_of_help_works_on_a_fresh_install(
    name: str, tmp_path: Path, server: Server
) -> None:
    home = NewHome(tmp_path, server)
    for example in verb_of(name).examples:
        home.paste(example)
