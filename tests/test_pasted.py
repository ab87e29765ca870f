"""What README, the pages and the help show works as it stands, pasted on a machine of a new user.

The blocks of a page run one after the other in one home, in which the program is installed and
nothing else was done: the articles are those that come with it. Each command must end well, and
what looks for articles must find some. What cannot be run here is listed, with its reason.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tools.make_site import pages

from rilo_reader import config
from rilo_reader.cli import all_verbs, make_main_parser, verb_of
from rilo_reader.feeds import subscriptions
from rilo_reader.library import open_library, user_paths
from rilo_reader.paths import guide_folder
from rilo_reader.query.parser import parse
from tests.feeds.world import PAGE, rss
from tests.pages.lists import NEWS
from tests.support.guide_language import inline_code
from tests.support.pages import PageHome
from tests.support.plugins import every_plugin
from tests.support.servers import Server, serving

ROOT = Path(__file__).parent.parent
GUIDE = {f"guide/{file.name}": file for file in sorted((ROOT / "articles/guide").glob("*.md"))}
TEXTS = {**pages(), **{name: file.read_text("utf-8") for name, file in GUIDE.items()}}

FEED = "https://github.com/newsboat/newsboat/releases.atom"
STORY = "https://en.wikipedia.org/wiki/RSS"
LISTS = "https://www.paulgraham.com/articles.html"

ELSEWHERE: Mapping[str, str] = {
    "sharing.md": "plugins/archive/test_page.py: it needs a PostgreSQL",
    "services.md": "plugins/accounts/test_services_page.py: it needs servers",
    "travel.md": "plugins/devices/test_travel_page.py: it needs git and a stick",
    "plugin-in-an-hour.md": "test_public_types.py: it makes a package",
    "library.md": "library/test_page.py: one script in Python",
    "command-line.md": "its examples are those of help, which are tried here command by command",
    "contributing.md": "for developers: CI runs it",
}
"""Pages whose blocks are tried elsewhere; those of README install, so test_readme.py has them."""

NOT_RUN: Mapping[str, str] = {
    "rilo-reader account add": "it asks a server of yours for a password",
    "rilo-reader share (create|join|grant)": "it needs a server of yours",
    "rilo-reader serve": "it serves until ctrl+c",
    "ssh -t": "it needs another machine",
    "python3 -m venv": "it installs, as test_readme.py does",
    "~/rilo/bin/pip": "it installs, as test_readme.py does",
}
"""Commands that are not run, and why; their words are checked by test_site.py."""

_LIST = f'<opml version="2.0"><body><outline xmlUrl="{FEED}"/></body></opml>'
_RECORD = '{"id": "x", "path": "kept.md", "title": "Kept", "body": "Text."}\n'
_POCKET = "title,url,time_added,tags,status\nA,https://example.org/a,1500000000,one|two,unread\n"
GIVEN: Mapping[str, str] = {
    # What somebody has who types such a line: it is theirs, and the pages say so.
    "blog/content/post.md": "# A post\n\nText.\n",
    "vault/note.md": "# A note\n\nText.\n",
    "notes/note.md": "# A note\n\nText.\n",
    "news/note.md": "# A note\n\nText.\n",
    "Subscriptions.opml": _LIST,
    "feeds.opml": _LIST,
    "saved.html": PAGE.decode(),
    "everything.jsonl": _RECORD,
    "Downloads/pocket.zip": _POCKET,
    ".newsboat/urls": "https://example.org/feed.xml News\n",
    "media/stick/here": "",
}
FIRST: Mapping[str, str] = {
    "feeds": f"rilo-reader add {FEED}",
    "undo": "rilo-reader mark read guide/keys.md",
    "restore": "rilo-reader backup home.zip",
    "highlights": r"printf '/Tencent\n1\nhighlight travels by post\nq\n' | rilo-reader --flat",
}
"""What was done before the examples in the help of a command, which only go on from it."""
RULE = '[[rules]]\nname = "Adverts"\nquery = "title:meeting"\nread = true\n'

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FINDS = {"search", "list", "show", "edition", "highlights"}
NOTHING = re.compile(r"^0 articles|^No [a-z]+ found|No unread articles", re.MULTILINE)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these are lines for a Unix shell")


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The blocks of a page that are typed or saved: a kind, and what is in them."""
    for kind, body in _BLOCK.findall(text):
        if kind == "console":
            yield "sh", "\n".join(line[2:] for line in body.splitlines() if line[:2] == "$ ")
        elif kind in ("sh", "toml"):
            yield kind, body


class NewHome(PageHome):
    """The home of somebody who has just installed the program, with files that examples name."""

    def __init__(self, home: Path, server: Server) -> None:
        addresses = {FEED: "/feed", STORY: "/story", LISTS: "/news/"}
        super().__init__(home, {each: server.url(path) for each, path in addresses.items()})
        self._calls = home / "calls"
        # Without a terminal, the reader is opened in flat mode; and what is called is noted.
        noted = (
            'case ${1-.} in [./~]*) set -- --flat "$@"; exec </dev/null ;; esac\n'
            f'"{sys.executable}" -m rilo_reader "$@" >"$HOME/out.$$"; code=$?\n'
            'start=$(head -c 200 "$HOME/out.$$" | tr "\\n\\t" "  ")\n'
            'printf "%s\\t%s\\t%s\\n" $code "$start" "$*" >>"$HOME/calls"\n'
            'cat "$HOME/out.$$"; rm "$HOME/out.$$"; exit $code'
        )
        for name in ("rilo", "rilo-reader"):
            self.program(name, noted)
        for name in ("uv", "pipx"):  # what they install is tried in test_readme.py
            self.program(name, 'test -n "$(echo "$*" | grep -E \'\\.(\\[[a-z]+\\])?$\')"')
        for path, text in GIVEN.items():
            file = home / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace(FEED, server.url("/feed")), encoding="utf-8")

    def paste(self, script: str) -> None:
        """Run a block; each of our commands in it ends well, and finds something."""
        for begins in NOT_RUN:
            script = re.sub(rf"^{begins}\b.*$", ":", script, flags=re.MULTILINE)
        self._calls.write_text("")
        said = self.run(script)
        for line in self._calls.read_text().splitlines():
            code, out, words = line.split("\t", 2)
            assert code == "0", (words, said)
            if words.split(" ", 1)[0] in FINDS:
                assert out.strip() not in ("", "0"), (words, said)
                assert not NOTHING.search(said), (words, said)

    def save(self, text: str) -> None:
        """Put a block of TOML where the page says, and find no fault in it."""
        if text.startswith("+++"):  # the header of an article
            assert tomllib.loads(text.split("+++")[1])
            return
        tables = tomllib.loads(text)
        name = "feeds" if "feeds" in tables else "settings"
        load = {"feeds": subscriptions.load, "settings": config.load}
        file = self.home / f"{name}.toml"
        file.write_text(text)
        problems = load[name](file)[1]
        assert [problem.message for problem in problems] == []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        server.page("/feed", rss("One", "Two").replace(b"A Feed", b"Release notes of newsboat"))
        server.page("/story", PAGE, headers={"Content-Type": "text/html; charset=utf-8"})
        server.page("/news/", NEWS.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [name for name in TEXTS if name not in ELSEWHERE and any(blocks(TEXTS[name]))],
)
def test_every_block_of_a_page_works_on_a_fresh_install(
    name: str, tmp_path: Path, server: Server
) -> None:
    home = NewHome(tmp_path, server)
    for kind, body in blocks(TEXTS[name]):
        (home.save if kind == "toml" else home.paste)(body)


@pytest.mark.slow
@pytest.mark.parametrize("name", all_verbs())
def test_every_example_of_help_works_on_a_fresh_install(
    name: str, tmp_path: Path, server: Server
) -> None:
    home = NewHome(tmp_path, server)
    if name == "rules":
        settings = home.home / ".config/rilo-reader/settings.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(RULE)
    home.run(FIRST.get(name, ":"))
    for example in verb_of(name).examples:
        home.paste(example)


@pytest.mark.slow
def test_the_examples_of_the_program_s_own_help_work(tmp_path: Path, server: Server) -> None:
    shown = make_main_parser().format_help().partition("Examples:\n")[2].partition("\n\n")[0]
    assert shown.count("rilo-reader") == 2
    NewHome(tmp_path, server).paste(shown)


@every_plugin
def test_what_is_left_out_is_there_and_tried_where_it_says() -> None:
    assert set(ELSEWHERE) <= set(TEXTS)
    tests = ROOT / "tests"
    for reason in ELSEWHERE.values():
        file = reason.partition(":")[0]
        assert not file.endswith(".py") or (tests / file).exists(), file
    commands = "\n".join(
        body for text in TEXTS.values() for kind, body in blocks(text) if kind == "sh"
    )
    for begins in NOT_RUN:
        assert re.search(rf"^{begins}", commands, re.MULTILINE), begins


def test_the_queries_that_pages_show_find_something_in_the_guide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    shown = [row for row in TEXTS["find.md"].splitlines() if row.startswith("| `")]
    queries = [code for row in shown for code in inline_code(row.split(" | ")[0])]
    help_of_search = verb_of("search").sections.partition("Queries:\n")[2].partition("\n\n")[0]
    for line in filter(lambda line: line[2] != " ", help_of_search.splitlines()):
        typed = re.split(" {2,}", line.strip())[0]
        each = typed.split(" ") if re.search(r"\S:|^~", typed) else [typed]
        queries += [query for query in each if query[:1] not in ("", "@")]
    # Nobody follows feeds or has marked or attached anything, the newest is of the release, and all
    # are short.
    mine = (
        "feeds:",
        "is:read",
        "is:starred",
        "is:edited",
        "is:highlighted",
        "has:",
        "after:30d",
        "minutes:5..15",
        "starred:",
        "read:",
        "tagged:",
        "noted:",
    )
    with open_library(guide_folder(), user_paths()) as library:
        for _ in library.follower.reconcile():
            pass
        empty = [
            query
            for query in queries
            if not query.startswith(mine) and not library.search.count(parse(query))
        ]
    assert len(queries) > 20
    assert empty == []
