"""What pages of the docs say of all commands is true of each, and the limits that they name."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

from rilo_reader.cli import all_verbs, verb_of
from tests.feeds.world import PAGE, rss
from tests.support.command_line import User
from tests.support.flat import fill
from tests.support.plugins import every_plugin
from tests.support.servers import Server, serving
from tests.support.terminal import config_file

pytestmark = every_plugin


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def content(file: Path) -> object:
    """What a file has, of a database its rows."""
    data = file.read_bytes()
    if not data.startswith(b"SQLite format 3"):
        return data
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as db:
        return tuple(line for line in db.iterdump() if line.startswith("INSERT"))


def what_is_kept(user: User) -> dict[str, object]:
    """What all files have but those of the cache, which can be deleted at any time."""
    files = (file for file in sorted(user.home.rglob("*")) if file.is_file())
    kept = (file for file in files if "cache" not in file.parts and file.name[-4:] not in WAL)
    return {str(file): found for file in kept if (found := content(file))}


WAL = ("-shm", "-wal")
DRY = {
    "add": ["add {url}/feed?2", "add --page {url}/page", "add --page-feed {url}/list"],
    "refresh": ["refresh", "refresh --force"],
    "feeds": [
        *(f"feeds {action} mine" for action in ("remove", "pause", "mute", "tag")),
        "feeds rename mine Other",
        "feeds tag mine News",
    ],
    "mark": [
        *(f"mark {mark} --query port" for mark in ("read", "unread", "star", "unstar")),
        "mark tag x --query port",
        "mark untag x --query port",
    ],
    "fill": ["fill"],
    "import": ["import {home}/lines.jsonl", "import {home}/feeds.opml", "import {home}/folder"],
}
WITH_SERVER = {"share"}  # which needs a database: plugins/archive/test_command.py


def test_each_command_with_a_dry_run_is_tried() -> None:
    dry = {verb for verb in all_verbs() if "--dry-run" in verb_of(verb).make_parser().format_help()}
    assert dry == {*DRY, *WITH_SERVER}


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for lines in DRY.values() for line in lines])
def test_a_dry_run_writes_nothing(user: User, server: Server, line: str) -> None:
    fill(user)
    server.page("/feed", rss("One", "Two"))
    server.page("/page", PAGE, headers={"Content-Type": "text/html"})
    items = "".join(f"<li><a href='/{number}'>Notice {number}</a></li>" for number in range(9))
    server.page("/list", f"<ul>{items}</ul>".encode(), headers={"Content-Type": "text/html"})
    url = server.url("/feed")
    text = f'[[feeds]]\nurl = "{url}"\ntitle = "mine"\nprivate = true\n'
    config_file(user.home, "feeds.toml").write_text(text, encoding="utf-8")
    row = {"id": "9", "title": "Nine", "body": "Text.", "starred": True}
    (user.home / "lines.jsonl").write_text(json.dumps(row) + "\n")
    (user.home / "feeds.opml").write_text(
        '<opml version="2.0"><body><outline type="rss" xmlUrl="https://example.org/x"/></body></opml>'
    )
    (user.home / "folder").mkdir()
    (user.home / "folder" / "a.md").write_text("# A\n\nText.\n")
    user.ask("mark", "star", "long.md")
    user.run("refresh", "--library", str(user.library))
    server.page("/feed", rss("One", "Two", "Three"))
    before = what_is_kept(user)
    words = line.format(url=server.url(""), home=user.home).split()
    done = user.run(*words[:1], "--dry-run", "--library", str(user.library), *words[1:])
    assert done.code in (0, 1), done.err
    assert what_is_kept(user) == before


WRONG = [
    *("--nonsense", "nothing-has-this-name", "--limit x", "--json=1", "--library /nowhere"),
    *("a b c d e f g", "--to", "--query (", "'unclosed", "--nonsense --library /nowhere"),
]


@pytest.mark.parametrize("verb", sorted({*all_verbs()} - {"serve", "mcp"}))
def test_an_error_is_one_line(user: User, verb: str) -> None:
    fill(user)
    done = {wrong: user.run(verb, *wrong.split()) for wrong in WRONG}
    failed = {wrong: each for wrong, each in done.items() if each.code}
    assert failed
    for wrong, each in failed.items():
        assert (each.out, each.err.count("\n")) == ("", 1), wrong
        assert each.err.startswith("rilo-reader: ")


def test_an_error_in_a_query_shows_its_place_too(user: User) -> None:
    for line in ("search (", "export ( --to x.html", "edition (", "mark star --query ("):
        done = user.ask(*line.split())
        first, query, place = done.err.splitlines()
        assert (done.code, first[:13], query, place) == (2, "rilo-reader: ", "  (", "  ^")


def test_several_feeds_are_listed_before_the_error(user: User) -> None:
    rows = (f'[[feeds]]\nurl = "https://{name}.example.org/"\n' for name in "ab")
    config_file(user.home, "feeds.toml").write_text("".join(rows), encoding="utf-8")
    *listed, last = user.run("feeds", "pause", "example.org").err.splitlines()
    assert [line.split()[0] for line in listed] == [f"https://{name}.example.org/" for name in "ab"]
    assert last == "rilo-reader: 2 feeds match; name one, or add --all."


# -- what is current ------------------------------------------------------------------------------

CURRENT = {
    "search": "search newcomer",
    "list": "list",
    "show": "show new.md",
    "export": "export newcomer --to - --format jsonl",
    "edition": "edition",
    "mark": "mark star --query newcomer",
    "rules": "rules try Keep",
}


@pytest.mark.parametrize("line", CURRENT.values())
def test_a_command_reads_changed_files_first(user: User, line: str) -> None:
    fill(user)
    user.settings('[[rules]]\nname = "Keep"\nquery = "newcomer"\nstarred = true\n')
    text = '[[feeds]]\nurl = "https://example.org/feed"\ntitle = "Harbour News"\nprivate = true\n'
    config_file(user.home, "feeds.toml").write_text(text, encoding="utf-8")
    before = user.ask(*line.split())
    user.article("new.md", "The newcomer", "2026-11-30", "A newcomer.", source='"Harbour News"')
    after = user.ask(*line.split())
    assert (after.out, after.err) != (before.out, before.err)


# -- what changes nothing, and what is missing -----------------------------------------------------

READ_ONLY = [
    *("search port", "list", "show long.md", "show --plain ivory.md", "edition"),
    *("feeds", "history", "highlights", "doctor", "rules", "rules try Keep", "settings --path"),
    *("settings width", "account list", "sync status", "completion bash", "help"),
    *("export port --to - --format bibtex", "edition --to - --format jsonl", "share list"),
]


@pytest.mark.parametrize("line", READ_ONLY)
def test_what_only_reads_changes_nothing_and_marks_nothing(user: User, line: str) -> None:
    fill(user)
    user.settings('[[rules]]\nname = "Keep"\nquery = "port"\nstarred = true\n')
    user.ask("mark", "star", "long.md")
    before = what_is_kept(user)
    done = user.ask(*line.split()) if line != "help" else user.run("help")
    assert done.code in (0, 1)
    assert what_is_kept(user) == before


@pytest.mark.parametrize(
    "line",
    [
        *("show nothing.md", "mark star nothing.md", "feeds nothing", "feeds remove nothing"),
        *("refresh nothing", "import nothing.md", "export --article nothing.md --to x.html"),
        *("undo abcdef1", "rules try nothing", "account remove nothing", "account check nothing"),
        *("sync forget nothing", "export no-such-word --to x.html", "edition nothing --to x.html"),
    ],
)
def test_what_is_missing_is_a_failure_and_writes_no_file(user: User, line: str) -> None:
    fill(user)
    text = '[[feeds]]\nurl = "https://example.org/feed"\n'
    config_file(user.home, "feeds.toml").write_text(text, encoding="utf-8")
    user.ask("mark", "star", "long.md")
    before = what_is_kept(user)
    done = user.ask(*line.split())
    assert (done.code, done.out) == (1, "")
    assert done.err
    assert what_is_kept(user) == before


def test_a_quiet_refresh_prints_only_failures(user: User, server: Server) -> None:
    server.page("/feed", rss("One"))
    server.page("/gone", status=404)
    for name, said in (("feed", False), ("gone", True)):
        text = f'[[feeds]]\nurl = "{server.url("/" + name)}"\nprivate = true\n'
        config_file(user.home, "feeds.toml").write_text(text, encoding="utf-8")
        done = user.run("refresh", "--quiet")
        assert bool(done.out + done.err) is said


WITHOUT_SETTINGS = ("settings", "completion", "help", "doctor")  # doctor names it in its list


@pytest.mark.parametrize(
    "line", [*READ_ONLY, "mark star long.md", "refresh", "undo", "index", "sync now"]
)
def test_a_command_that_uses_settings_names_the_wrong_line(user: User, line: str) -> None:
    fill(user)
    user.settings('# My settings.\nwidth = "x"\n')
    if line.partition(" ")[0] not in WITHOUT_SETTINGS:
        assert "line 2, width" in user.ask(*line.split()).err
    assert "line 2, width" in user.run("settings", "width").err
    assert "line 2, width" in user.ask("doctor").out


def test_feeds_of_programs_stay_where_all_addresses_are_removed(user: User) -> None:
    fill(user)
    text = (
        '[[feeds]]\nurl = "https://example.org/feed"\n[[feeds]]\nrun = ["true"]\ntitle = "Made"\n'
    )
    config_file(user.home, "feeds.toml").write_text(text, encoding="utf-8")
    assert user.run("feeds", "remove", "--own", "--all", "http").code == 0
    left = json.loads(user.run("feeds", "--json").out)
    assert left["title"] == "Made"


# -- how many, how large, how long ----------------------------------------------------------------

DOCS = Path(__file__).parent.parent / "docs"
MILLION = 1_000_000
NUMBERS = [  # a page, what it says of a number, where the number is, and how many of it are one
    ("travel.md", "the last {:,} removed", "devices.feeds MAX_KEPT_FEEDS", 1),
    ("travel.md", "more than {:,} feeds", "devices.carried_file MAX_NEW_ROWS", 1),
    ("travel.md", "A file is closed at {} MB", "devices.segments SEALED_FROM_BYTES", 1 << 20),
    ("services.md", "the newest {} articles", "accounts.account_sync RECHECKED_ENTRIES", 1),
    ("services.md", "the first {} MB of a letter", "accounts.mailbox LETTER_LIMIT", MILLION),
    ("sharing.md", "until {} MB are free", "archive.pull RESERVE", MILLION),
    ("sharing.md", "{} MB an article", "archive.schema TEXT_LIMIT", MILLION),
    ("hooks.md", "at most the last {:,}", "programs.jobs MOST_ARTICLES", 1),
    ("pictures.md", "larger than {} MB", "pictures.cache MOST_BYTES", MILLION),
    ("pictures.md", "{} million pixels", "pictures.cache MOST_PIXELS", MILLION),
    ("pictures.md", "up to {} MB", "pictures.cache CACHE_BYTES", MILLION),
    ("pictures.md", "article, at most {}, and shows", "pictures.fetch MOST_AT_ONCE", 1),
    ("pictures.md", "{} at each refresh", "pictures.fetch MOST_AT_ONCE", 1),
    ("pictures.md", "at most {} of an article", "pictures.fetch MOST_OF_ARTICLE", 1),
    ("serve.md", "there can be {}.", "serve.web MOST_TABS", 1),
]


@pytest.mark.parametrize(("page", "said", "where", "unit"), NUMBERS)
def test_a_limit_is_what_a_page_says(page: str, said: str, where: str, unit: int) -> None:
    module, name = where.split()
    try:
        found = import_module(f"rilo_reader.plugins.{module}")
    except ModuleNotFoundError as error:
        pytest.skip(f"without {error.name}")
    number, rest = divmod(getattr(found, name), unit)
    assert not rest
    assert said.format(number) in " ".join((DOCS / page).read_text("utf-8").split())
