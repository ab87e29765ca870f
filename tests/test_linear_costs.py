"""Twice as much of anything costs twice as many calls: feeds, searches, tags, links, cells, …"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from rilo_reader.config.settings import rewrite_queries
from rilo_reader.feeds.actions import perform_actions, switch_feed
from rilo_reader.feeds.sources import FeedSources
from rilo_reader.feeds.status import FeedStatus
from rilo_reader.feeds.subscriptions import Subscription, rename_tag
from rilo_reader.html import to_markdown
from rilo_reader.library.snippets import make_snippet
from rilo_reader.parsers.mail import iter_letters
from rilo_reader.paths import user_paths
from rilo_reader.query.parser import parse
from rilo_reader.render.shown_text import read_shown_text
from tests.support.command_line import User
from tests.support.costs import Prepare, find_growing
from tests.support.rendering import make_article, page_of
from tests.support.terminal import config_file

Make = Callable[[int], str]

pytestmark = pytest.mark.slow


def lines_of(line: str) -> Make:
    """Make so many lines, each with its number."""
    return lambda count: "".join(line.format(number) for number in range(count))


TEXTS: Mapping[str, Make] = {
    "links": lines_of("A [word {0}](https://example.org/{0}) here.\n"),
    "links in one line": lines_of("A [word {0}](https://example.org/{0}) here. "),
    "links by name": lambda count: (
        lines_of("A [word {0}] here.\n\n")(count) + lines_of("[word {0}]: https://e.org\n")(count)
    ),
    "footnotes": lambda count: (
        lines_of("A word[^{0}].\n\n")(count) + lines_of("[^{0}]: Note {0}.\n\n")(count)
    ),
    "pictures": lines_of("![Picture {0}](p{0}.png)\n\n"),
    "rows": lambda count: "| a | b |\n|---|---|\n" + lines_of("| {0} | word |\n")(count),
    "columns": lambda count: f"{'| a ' * count}|\n{'|---' * count}|\n{'| word ' * count}|\n",
    "headings": lines_of("## Part {0}\n\nText.\n\n"),
    "items": lines_of("- item {0}\n"),
    "code": lines_of("```\ncode {0}\n```\n\n"),
    "quotes": lines_of("> word {0}\n\n"),
}

LONG = {name: TEXTS[name] for name in ("links", "rows", "columns")}
"""Of what is far from the first hit, a snippet reads nothing."""

PAGES: Mapping[str, Make] = {
    "links": lines_of("<p>A <a href='/{0}'>word {0}</a> here."),
    "links in one paragraph": lines_of("A <a href='/{0}'>word {0}</a> here. "),
    "rows": lambda count: f"<table>{lines_of('<tr><td>{0}<td>word')(count)}</table>",
    "columns": lambda count: f"<table><tr>{lines_of('<td>word {0}')(count)}</table>",
    "items": lambda count: f"<ul>{lines_of('<li>word {0}')(count)}</ul>",
    "pictures": lines_of("<img src='/{0}.png' alt='Picture {0}'>"),
    "headings": lines_of("<h2>Part {0}</h2><p>Text."),
    "code": lines_of("<pre>code {0}</pre>"),
}

LETTERS = lines_of(
    "From a@example.org Thu Mar  7 10:00:00 2019\nFrom: a@example.org\nSubject: Letter {0}\n"
    "Message-ID: <{0}@example.org>\nDate: Thu, 07 Mar 2019 10:00:00 +0000\n\nWords.\n\n"
)


def on_text(do: Callable[[str], object], make: Make) -> Prepare:
    """Prepare a function of a text that has so many of something."""

    def prepare(count: int) -> Callable[[], object]:
        text = make(count)
        return lambda: do(text)

    return prepare


@pytest.mark.parametrize(
    ("do", "texts", "size"),
    [
        (page_of, TEXTS, 10),
        (read_shown_text, TEXTS, 10),
        (lambda text: make_snippet(make_article(text), parse("word"), 160), LONG, 320),
        (to_markdown, PAGES, 10),
        (lambda text: list(iter_letters(io.BytesIO(text.encode()))), {"letters": LETTERS}, 10),
    ],
    ids=["page", "shown text", "snippet", "HTML", "letters"],
)
def test_texts(do: Callable[[str], object], texts: Mapping[str, Make], size: int) -> None:
    assert find_growing({name: on_text(do, make) for name, make in texts.items()}, size) == {}


FEED = '[[feeds]]\nurl = "https://f{0}.example/feed"\ntitle = "Feed {0}"\ntags = ["tag/{0}"]\n\n'
SETTINGS = {
    "searches": '[[searches]]\nname = "s{0}"\nquery = "word{0} feeds:old"\n\n',
    "mutes": '[[mutes]]\nquery = "word{0} feeds:old"\n\n',
    "rules": '[[rules]]\nname = "r{0}"\nquery = "word{0} feeds:old"\ntags = ["tag {0}"]\n\n',
}


@pytest.fixture
def reader(user: User) -> User:
    """Somebody with an article."""
    user.article("a.md", "A", "2026-01-01", "Word.")
    return user


def asking(user: User, *commands: str) -> None:
    """Run commands, which end well."""
    for command in commands:
        done = user.ask(*command.split())
        assert done.code == 0, done


def on_file(file: Path, line: str, do: Callable[[], object]) -> Prepare:
    """Prepare something with so many tables in a file."""

    def prepare(count: int) -> Callable[[], object]:
        file.write_text(lines_of(line)(count))
        return do

    return prepare


def test_feeds(reader: User) -> None:
    file = config_file(reader.home, "feeds.toml")
    commands = {
        "list": ["feeds --json"],
        "one": ["feeds pause https://f0.example/feed", "undo"],
        "all paused": ["feeds pause --all example", "undo"],
        "all tagged": ["feeds tag example news --all"],
        "all removed": ["feeds remove example --all"],
        "all muted, then articles": ["feeds mute --all example", "list --json"],
    }
    jobs = {
        name: on_file(file, FEED, partial(asking, reader, *lines))
        for name, lines in commands.items()
    }
    jobs["a tag renamed"] = on_file(file, FEED, lambda: rename_tag(file, "tag", "other"))
    assert find_growing(jobs, 20) == {}


def test_feeds_of_accounts(reader: User) -> None:
    paths = user_paths()

    def prepare(count: int) -> Callable[[], object]:
        feeds = [
            FeedStatus(Subscription(f"https://f{n}.example/"), f"F {n}", f"F {n}", is_own=False)
            for n in range(count)
        ]
        muted = [
            feed._replace(subscription=feed.subscription._replace(muted=True)) for feed in feeds
        ]
        wanted = [switch_feed(each, "mute") for each in feeds]
        back = [switch_feed(each, "unmute") for each in muted]
        return lambda: [perform_actions(paths, done, FeedSources()) for done in (wanted, back)]

    assert find_growing({"all muted, and unmuted": prepare}, 20) == {}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(reader: User, name: str) -> None:
    file = config_file(reader.home, "settings.toml")
    question = {"searches": "search @s0", "mutes": "list --json", "rules": "rules --json"}[name]
    jobs = {
        question: on_file(file, SETTINGS[name], lambda: asking(reader, question)),
        "renamed": on_file(
            file, SETTINGS[name], lambda: rewrite_queries(file, lambda query: f"{query} new")
        ),
    }
    assert find_growing(jobs, 20) == {}


def test_tags(reader: User) -> None:
    def prepare_own(count: int) -> Callable[[], object]:
        tags = ", ".join(f'"tag {number}"' for number in range(count))
        reader.article("a.md", f"A {count}", "2026-01-01", "Word.", tags=f"[{tags}]")
        return lambda: asking(reader, "list", "show a.md", "list --json")

    def prepare_given(count: int) -> Callable[[], object]:
        asking(reader, *(f"mark tag mine{number} a.md" for number in range(count)))
        return lambda: asking(reader, "list --json", f"mark tag more{count} a.md")

    assert find_growing({"of a file": prepare_own, "given": prepare_given}, 10) == {}
