"""--json: each key that a command prints stands on the page of JSON, by running all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tools.reference import json_objects

from rilo_reader.cli import all_verbs, verb_of
from rilo_reader.paths import user_paths
from tests.feeds.world import PAGE, rss
from tests.pages.lists import NEWS
from tests.support.annotate import highlight, journal, stamp
from tests.support.command_line import User
from tests.support.servers import Server, serving

ON_NEW = '[[on_new]]\nname = "Told"\nrun = ["true"]\n'
FREE = {"left_out"}  # objects whose keys are the user's: endings of files

COMMANDS = """
list
list --limit 1
search ivory
search ivory --count
show ivory.md
edition
rules
rules try Ivory
rules try
add URL/site --look
add URL/news/ --page-feed
add URL/feed --dry-run
add URL/feed --tag News
add URL/feed
add URL/page --page
add URL/site --page
refresh --dry-run --force
refresh --force
refresh nothing
feeds
feeds pause URL/feed
feeds tag URL/feed --dry-run
feeds nothing
account list
account add greader URL --user me --password-command false --no-check --name Other
account add greader URL
mark star ivory.md --dry-run
mark star ivory.md
mark star nothing
history
undo
undo nothing
highlights
highlights --output nowhere/x.jsonl

sync status
sync now
share list
share status
share now
index
index --rebuild
import more
import list.opml
import nothing.md
import empty
fill --dry-run
fill --again
export --to all.jsonl
export --to feeds.opml
export nothing --to none.epub
doctor
doctor --all
backup home.zip
restore home.zip
"""


def keys_of(value: object) -> Iterator[str]:
    """The keys of an object, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in FREE or not isinstance(inner, dict):
                yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.page("/feed", rss("Two", "Three"))
        server.page("/page", PAGE, headers={"Content-Type": "text/html"})
        link = b"<link rel='alternate' type='application/rss+xml' href='/feed'>"
        server.page("/site", link, headers={"Content-Type": "text/html"})
        server.page("/news/", NEWS.encode(), headers={"Content-Type": "text/html"})
        yield server


@pytest.fixture
def reader(user: User, server: Server) -> User:
    """Somebody with some of everything."""
    user.article("ivory.md", "Ivory", "2026-03-07", "Customs found ivory.", tags='["a"]')
    user.article("broken.md", "Broken", "never", "Text.")
    user.write("other.pdf", "%PDF")
    user.run("index")
    highlight(user, "ivory.md", "found ivory", "00000001", "A note.")
    user.settings(
        '[[rules]]\nname = "Ivory"\nquery = "ivory"\nstarred = true\nread_after = "14d"\n' + ON_NEW
    )
    account = f'[[accounts]]\nname = "Home"\napi = "greader"\nurl = "{server.url("")}"\n'
    (user_paths().config / "accounts.toml").write_text(f'{account}password_command = "true"\n')
    user.run("sync", "on")
    journal(
        user.library / ".rilo",
        "phone",
        *(f"{when}\tread=1\ta" for when in (stamp(0), f"7{stamp(0)[1:]}")),
    )
    (user.home / "more").mkdir()
    (user.home / "more/a.md").write_text("# A\n", encoding="utf-8")
    (user.home / "more/b.bin").write_bytes(b"\0\1\2")
    (user.home / "list.opml").write_text("<opml><body><outline xmlUrl='https://e.org/f'/></body>")
    (user.home / "empty").mkdir()
    return user


def documented() -> dict[str, str]:
    """What the page says of the output of each command."""
    return dict(re.findall(r"^\| \[`(\w+)`\]\S+ \| (.*) \|$", json_objects(), re.MULTILINE))


def printed_by(reader: User, url: str) -> dict[str, set[str]]:
    """The keys that each command prints; one that fails says so as an object."""
    printed: dict[str, set[str]] = {}
    for line in filter(None, COMMANDS.splitlines()):
        words = line.replace("URL", url.rstrip("/")).split()
        if words[0] not in all_verbs():  # of a plugin that is not there
            continue
        done = reader.run(*words, "--json")
        assert "unexpected" not in done.err, line
        assert done.objects or done.code == 0, (line, done)
        if done.code and words[0] not in ("doctor", "refresh", "import"):
            assert done.objects[-1].keys() >= {"error"}, (line, done)
        printed.setdefault(words[0], set()).update(keys_of(done.objects))
    return printed


@pytest.mark.slow
def test_every_key_that_is_printed_is_named(reader: User, server: Server) -> None:
    printed, named = printed_by(reader, server.url("")), documented()
    assert set(printed) == set(named)
    for name, keys in printed.items():
        others = re.findall(r"(\w+) --json", named[name])  # whose objects it prints too
        text = " ".join((named[name], *(named[other] for other in others)))
        assert [key for key in keys - {"error"} if not re.search(rf"\b{key}\b", text)] == [], name
        listed = re.findall(r"(?<=, )[a-z_]+(?=, )", named[name])
        with_an_account = {"account"} if name == "add" else set()
        assert name == "share" or set(listed) <= keys | with_an_account, name


def test_every_command_that_prints_objects_is_on_the_page() -> None:
    assert set(documented()) == {
        name
        for name in all_verbs()
        if any(spec.metadata.get("flag") == "--json" for spec in verb_of(name).argument_fields())
    }
