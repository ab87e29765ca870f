"""Texts that are kept, how many, and when an edit counts."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.errors import LibraryError
from rilo_reader.feeds.article_writer import ReplacedText
from rilo_reader.library import Library
from rilo_reader.plugins.edits.record import read_changes, record_edits
from rilo_reader.plugins.edits.versions import MOST_BYTES, MOST_VERSIONS, Version, Versions
from rilo_reader.query.parser import parse
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import EDITED
from tests.support.reader import paths_in
from tests.support.real_library import real_library

pytestmark = pytest.mark.slow

ONE = ArticleId("1.md")


def text(words: str) -> str:
    return f'+++\ntitle = "Title 1"\n+++\n\n{words}\n'


def replace(home: Path, library: Library, before: str, after: str, *, dies: bool = False) -> bool:
    """Replace the text of an article; return whether it counts as edited."""
    replaced = ReplacedText(ONE, ONE, text(before), text(after))
    edited = record_edits([replaced], library.folder, paths_in(home))
    if not dies:
        (library.folder / ONE).write_text(text(after), encoding="utf-8")
    return edited == [ONE]


def test_an_update_that_was_killed_counts_once_and_keeps_one(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        library.state.set_read([ONE], value=True)
        assert replace(tmp_path, library, "One.", "Two.", dies=True)
        assert replace(tmp_path, library, "One.", "Two."), "for rules, as the first has no record"
        assert len(library.state.edits()) == 1
        with closing(Versions(library.state_file)) as versions:
            assert [each.lines[-1] for each in versions.read(ONE)] == ["One."]


def test_what_was_seen_on_another_device_is_not_edited_here(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    with real_library(here) as library, real_library(there) as other:
        for each in (library, other):
            each.state.set_read([ONE], value=True)
        replace(there, other, "One.", "Two.")
        other.state.set_read([ONE], value=True)
        values = other.state.edits_of(ONE)
        assert list(values.values()) == [False]
        # The mark travels before this device fetches the feed.
        with closing(sqlite3.connect(library.state_file)) as connection, connection:
            for digest in values:
                row = (f"edited:{digest}", ONE)
                connection.execute("INSERT INTO value VALUES (?, ?, '0', 99)", row)
        assert not replace(here, library, "One.", "Two.")
        assert library.state.edits() == {}
        assert read_changes(library, ONE), "and what changed is known here, too"


def test_an_edit_of_another_device_alone_says_so(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        with closing(sqlite3.connect(library.state_file)) as connection, connection:
            connection.execute("INSERT INTO value VALUES ('edited:0a', ?, '1', 99)", (ONE,))
        with pytest.raises(LibraryError, match="not on this device"):
            read_changes(library, ONE)


def test_versions_are_bounded_and_the_one_that_was_read_stays(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        library.state.set_read([ONE], value=True)
        for number in range(MOST_VERSIONS + 10):
            replace(tmp_path, library, f"Text {number}.", f"Text {number + 1}.")
        with closing(Versions(library.state_file)) as versions:
            kept = [each.lines[-1] for each in versions.read(ONE)]
        assert len(kept) == MOST_VERSIONS
        assert (kept[0], kept[1], kept[-1]) == ("Text 0.", "Text 11.", "Text 29.")
        assert len(library.state.edits()) == 1, "one that waits is enough"
        assert [piece.text for piece in read_changes(library, ONE)[-1]] == [
            "Text ",
            "0",
            " ",
            "30",
            ".",
        ]


def test_long_versions_are_bounded_by_their_size(tmp_path: Path) -> None:
    chosen = random.Random(1)
    with closing(Versions(tmp_path / "marks.db")) as versions:
        for number in range(6):
            noise = "".join(chosen.choices("abcdefghijklmnopqrstuvwxyz", k=100_000))
            version = Version(datetime.now(UTC), f"{number}", f"{number + 1}", (noise,))
            versions.add([(ONE, ONE, version, "")])
        assert 2 <= len(versions.read(ONE)) <= 3
        whole = Version(datetime.now(UTC), "6", "7", (noise * 9,))
        versions.add([(ONE, ONE, whole, "")])
        assert versions.read(ONE)[-1].lines == (), f"more than {MOST_BYTES:,} bytes"


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    with real_library(tmp_path) as library:
        library.state.set_read([ONE], value=True)
        replace(tmp_path, library, "One.", "Two.")
        file = library.state_file.with_name(f"{library.state_file.stem}.versions.db")
        file.write_bytes(b"nothing that SQLite knows" * 500)
        library.state.set_read([ONE], value=True)
        assert replace(tmp_path, library, "Two.", "Three.")
        assert next(piece.text for piece in read_changes(library, ONE)[-1]) == "Two"


def test_a_search_finds_the_articles_that_are_edited_now(tmp_path: Path) -> None:
    chosen = random.Random(1)
    with real_library(tmp_path, 12) as library:
        ids = [ArticleId(f"{number}.md") for number in range(12)]
        for number in range(40):
            some = chosen.sample(ids, 3)
            edit = Assignment(f"{EDITED}{number % 4}", "1", Ids(some))
            if number % 3:
                library.state.apply_assignments([edit])
            else:
                library.state.set_read(some, value=True)
            if number % 5 == 4:
                library.state.undo_last()
            found = set(library.search.ids(parse("is:edited")))
            assert found == set(library.state.edits()), number
            assert set(library.search.ids(parse("-is:edited"))) == set(ids) - found


def test_few_articles_are_looked_at_each_time_and_all_in_the_end(tmp_path: Path) -> None:
    with closing(Versions(tmp_path / "marks.db")) as versions:
        ids = [ArticleId(f"{number}") for number in range(300)]
        version = Version(datetime.now(UTC), "0", "1", ("Text.",))
        versions.add((one, f"{one}.md", version, "") for one in ids)
        seen = dict[ArticleId, str]()
        for _ in range(20_000):
            some = versions.read_some_paths()
            assert 0 < len(some) <= 50
            seen |= some
            if len(seen) == 300:
                break
        assert seen == {one: f"{one}.md" for one in ids}
