"""Edits by publishers, from the feed to the row and `show --changes`."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from rilo_reader.library import Library, open_library
from rilo_reader.paths import user_paths
from tests.feeds.world import rss
from tests.support.command_line import User
from tests.support.flat import session
from tests.support.reader import BY_HAND, reading
from tests.support.servers import Server, serving
from tests.support.terminal import config_file

pytestmark = pytest.mark.slow

FIRST = "Ivory was seized in the harbour on Monday. The customs office counted nine tusks."
SECOND = "Ivory was seized in the port on Monday. The customs office counted nineteen tusks."


class Publisher:
    """Somebody whose feed has one entry, which changes; and a user who follows it."""

    def __init__(self, user: User, server: Server) -> None:
        self.user, self._server = user, server
        self.follow("/feed", "One")
        self.refresh()

    def follow(self, path: str, title: str, text: str = FIRST) -> None:
        self._server.page(path, rss(title, text=text))
        feeds = config_file(self.user.home, "feeds.toml")
        feed = f'[[feeds]]\nurl = "{self._server.url(path)}"\n'
        known = feeds.read_text() if feeds.exists() else ""
        feeds.write_text(known if feed in known else known + feed)

    def refresh(self) -> str:
        told = self.user.run("refresh", "--force")
        assert told.code == 0, told
        return told.out + told.err

    def publish(self, text: str, *titles: str) -> str:
        self._server.page("/feed", rss(*(titles or ("One",)), text=text))
        return self.refresh()

    def mark(self, mark: str = "read") -> None:
        self.user.run("mark", mark, self.path).says()

    @property
    def path(self) -> str:
        [found] = self.user.run("search", "tag:none OR source:feed", "--json").objects
        return str(found["path"])

    @property
    def edited(self) -> int:
        return int(self.user.run("search", "is:edited", "--count").out)

    def changes(self) -> str:
        told = self.user.run("show", "--changes", self.path)
        assert told.code == 0, told
        return told.out.partition("\n\n")[2]

    @property
    def versions(self) -> Path:
        [file] = (self.user.home / "state" / "rilo-reader").glob("*.versions.db")
        return file

    def count_versions(self) -> int:
        with closing(sqlite3.connect(self.versions)) as connection:
            return int(connection.execute("SELECT count(*) FROM version").fetchone()[0])


@pytest.fixture
def publisher(user: User) -> Iterator[Publisher]:
    with serving() as server:
        yield Publisher(user, server)


def test_an_edit_is_seen_once_the_article_was_read(publisher: Publisher) -> None:
    publisher.mark("read")
    publisher.publish(SECOND)
    assert publisher.edited == 1
    assert publisher.changes() == (
        "…\n\nIvory was seized in the [-harbour-] {+port+} on Monday. "
        "The customs office counted [-nine-] {+nineteen+} tusks.\n"
    )
    assert "edited · " in publisher.user.show("search", "is:edited")
    struck = publisher.user.show("show", "--changes", publisher.path)
    assert "\x1b[9;31mharbour\x1b[0m \x1b[4;32mport\x1b[0m" in struck


def test_what_was_not_read_is_not_edited(publisher: Publisher) -> None:
    publisher.publish(SECOND)
    assert publisher.edited == 0
    told = publisher.user.run("show", "--changes", publisher.path)
    told.failed(1, "has not changed since you read it")


def test_marking_it_read_again_clears_it_and_undo_brings_it_back(publisher: Publisher) -> None:
    publisher.mark("read")
    publisher.publish(SECOND)
    publisher.mark("read")
    assert publisher.edited == 0
    assert "[-nine-]" in publisher.changes(), "what was seen can be looked at again"
    assert publisher.user.run("undo").out == "Undone: saw the edit of One.\n"
    assert publisher.edited == 1


def test_markup_and_white_space_are_no_edit(publisher: Publisher) -> None:
    publisher.mark("read")
    told = publisher.publish(FIRST.replace("Monday", " &lt;b&gt;Monday&lt;/b&gt;"))
    assert "1 updated" in told
    assert publisher.edited == 0


def test_a_feed_that_changes_to_and_fro_neither_nags_nor_fills_the_disk(
    publisher: Publisher,
) -> None:
    publisher.mark("read")
    for text in (SECOND, FIRST, SECOND, FIRST, SECOND):
        publisher.publish(text)
    assert (publisher.edited, publisher.count_versions()) == (1, 1)
    publisher.mark("read")
    for text in (FIRST, SECOND):
        publisher.publish(text)
    assert (publisher.edited, publisher.count_versions()) == (0, 1)


def test_changes_count_from_what_was_read_last(publisher: Publisher) -> None:
    publisher.mark("read")
    publisher.publish(SECOND)
    publisher.publish(SECOND.replace("Monday", "Tuesday"))
    assert "[-Monday-]" in publisher.changes()
    assert "[-nine-]" in publisher.changes()
    publisher.mark("read")
    publisher.publish(SECOND.replace("Monday", "Friday"))
    assert publisher.changes() == (
        "…\n\nIvory was seized in the port on [-Tuesday-] {+Friday+}. "
        "The customs office counted nineteen tusks.\n"
    )


def test_a_rule_can_ask_for_edits_and_others_do_not_apply_again(publisher: Publisher) -> None:
    publisher.user.settings(
        '[[rules]]\nname = "Edits"\nquery = "is:edited"\nstarred = true\n'
        '[[rules]]\nname = "All"\nquery = "ivory"\ntags = ["ivory"]\n'
    )
    publisher.mark("read")
    assert "Edits: 1 starred" in publisher.publish(SECOND)
    assert publisher.user.run("search", "tag:ivory", "--count").out == "0\n"
    publisher.mark("unstar")
    publisher.refresh()
    assert publisher.user.run("search", "is:starred", "--count").out == "0\n"


def test_a_rule_marks_edits_as_seen(publisher: Publisher) -> None:
    publisher.user.settings(
        '[[rules]]\nname = "Edits"\nquery = "is:edited source:feed"\nread = true\n'
    )
    publisher.mark("read")
    for text in (SECOND, SECOND.replace("Monday", "Tuesday")):
        assert "Edits: 1 read" in publisher.publish(text)
        assert publisher.edited == 0


def test_versions_of_an_article_that_is_gone_go(publisher: Publisher) -> None:
    publisher.publish(FIRST, "One", "Two")
    publisher.user.run("mark", "read", "--query", "source:feed").says()
    publisher.publish(SECOND, "One", "Two")
    assert publisher.count_versions() == 2
    [one, _] = sorted(publisher.user.library.rglob("*.md"))
    one.unlink()
    publisher.user.run("index")
    publisher.publish(SECOND.replace("Monday", "Tuesday"), "One", "Two")
    with closing(sqlite3.connect(publisher.versions)) as connection:
        paths = {path for (path,) in connection.execute("SELECT path FROM version").fetchall()}
    assert len(paths) == 1
    assert os.fspath(one) not in paths


def test_where_versions_cannot_be_saved_that_is_said_once_and_articles_update(
    publisher: Publisher,
) -> None:
    publisher.follow("/other", "Two")
    publisher.refresh()
    publisher.user.run("mark", "read", "--query", "ivory").says()
    folder = publisher.user.home / "state" / "rilo-reader"
    [marks] = [file for file in folder.glob("*.db") if file.stem.count(".") == 0]
    marks.with_name(f"{marks.stem}.versions.db").mkdir()
    publisher.follow("/other", "Two", text=SECOND)
    told = publisher.publish(SECOND)
    assert told.count("Your earlier texts of articles can be neither read nor saved") == 1
    assert publisher.user.run("search", "nineteen", "--count").out == "2\n"


def test_all_that_were_edited_are_counted_when_they_are_marked_as_read(
    publisher: Publisher,
) -> None:
    publisher.publish(FIRST, "One", "Two")
    publisher.user.run("mark", "read", "--query", "ivory").says()
    publisher.publish(SECOND, "One", "Two")
    told = publisher.user.run("mark", "read", "--query", "ivory", "--json").objects
    assert (told[0]["changed"], len(told[0]["articles"])) == (2, 2)
    assert publisher.edited == 0


def test_a_key_shows_the_words_that_went_and_came(publisher: Publisher) -> None:
    publisher.mark("read")
    publisher.publish(SECOND)
    paths = user_paths()

    async def look(library: Library) -> Sequence[str]:
        async with reading(library, BY_HAND, paths=paths, size=(100, 30)) as reader:
            await reader.press("P")
            await reader.settle()
            return reader.text()

    with open_library(publisher.user.library, paths) as library:
        [*library.follower.reconcile()]
        shown = " ".join(" ".join(asyncio.run(look(library))).split())
    assert "seized in the harbour port on Monday" in shown, shown
    assert "Changed since" in shown


def test_flat_mode_says_it_and_reads_the_changes_in_words(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.mark("read")
    publisher.publish(SECOND)
    said = session(publisher.user, monkeypatch, "1\nchanges\n").out
    assert "edited, A Feed" in said
    assert "in the (removed: harbour) (added: port) on Monday." in said
    assert publisher.edited == 0, "as it was read"
