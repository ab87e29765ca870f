"""Import the shared newsboat and count what arrives: `python -m tools.judge.newsboat_import`.

What is in `cache.db` is asked of SQLite itself, what arrived of the library that was made of it.
With a folder that one is imported, with a number a cache of so many items that is made first.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.newsboat_files import make_cache
from tests.support.shared import corpus

from rilo_reader.feeds.collection import open_collection
from rilo_reader.library import Library, open_library
from rilo_reader.paths import Paths
from rilo_reader.plugins.importers.newsboat.importer import (
    ImportOptions,
    NewsboatImporter,
    find_files,
)
from rilo_reader.query.tree import Query


class Item(NamedTuple):
    """What must be the same on both sides."""

    title: str
    url: str
    date: int
    authors: tuple[str, ...]
    read: bool
    starred: bool
    tags: tuple[str, ...]


def in_cache(file: Path, star: str = "s") -> list[Item]:
    """The items of a cache, deleted ones not, sorted."""
    question = (
        "SELECT title, url, pubDate, author, unread, coalesce(flags, '') FROM rss_item "
        "WHERE deleted = 0"
    )
    with sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True) as database:
        rows = database.execute(question).fetchall()
    database.close()
    return sorted(
        Item(
            " ".join(title.split()),
            url,
            date,
            (author,) if author else (),
            not unread,
            any(flag in star for flag in flags),
            tuple(sorted(f"flag-{flag}" for flag in flags if flag not in star)),
        )
        for title, url, date, author, unread, flags in rows
    )


def in_library(library: Library) -> list[Item]:
    """The articles of a library, sorted."""
    items = []
    for identity in library.search.ids(Query()):
        article = library.article(identity)
        marks = library.search.marks([identity])[identity]
        date = int(article.date.timestamp())
        items.append(
            Item(
                *(article.title, article.url, date, article.authors),
                *(marks.read, marks.starred, marks.tags),
            )
        )
    return sorted(items)


class Imported(NamedTuple):
    """A library that newsboat was imported into."""

    library: Library
    taken: NewsboatImporter


@contextmanager
def imported(folder: Path, home: Path, options: ImportOptions | None = None) -> Iterator[Imported]:
    """Import newsboat's files of a folder into a library below `home`."""
    paths = Paths(home / "config", home / "data", home / "state", home / "cache")
    target = paths.default_library
    target.mkdir(parents=True, exist_ok=True)
    with open_collection(target, paths) as collection, open_library(target, paths) as library:
        taken = NewsboatImporter(library, collection, paths, options or ImportOptions(), home)
        taken.import_all(find_files(folder, {}, home), lambda done: None)
        for _ in library.follower.reconcile():
            pass
        library.index.reload()
        yield Imported(library, taken)


def main(folder: Path) -> int:
    """Print the counts, and what differs; 1 where something does."""
    begun, busy = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as home, imported(folder, Path(home)) as (library, taken):
        took = f"{time.monotonic() - begun:.1f} s, {time.process_time() - busy:.1f} s of them CPU"
        before, after = in_cache(folder / "cache.db"), in_library(library)
        for name, wanted in (
            ("items", lambda item: True),
            ("read", lambda item: item.read),
            ("starred", lambda item: item.starred),
            ("with flags", lambda item: bool(item.tags)),
        ):
            counts = [sum(map(wanted, items)) for items in (before, after)]
            print(f"{name}: {counts[0]:,} in cache.db, {counts[1]:,} in the library")
        equal = len(set(before) & set(after))
        print(f"equal in title, link, date, author and marks: {equal:,} of {len(set(before)):,}")
        for kind, tally in taken.report.non_empty_tallies:
            print(f"{kind}: {tally.taken:,} taken, {tally.left_out:,} left out")
        print(f"import and index: {took}")
        return 0 if before == after else 1


def make_large(folder: Path, count: int) -> Path:
    """A cache of many items in 200 feeds, with the texts of the real one; returns the folder."""
    with sqlite3.connect(corpus("newsboat") / "small" / "cache.db") as real:
        texts = real.execute("SELECT title, author, content FROM rss_item").fetchall()
    real.close()
    items = []
    for number in range(count):
        title, author, content = texts[number % len(texts)]
        feed = f"https://f{number // 20 % 200}.example"
        items.append(
            {
                **{"guid": f"tag:{number}", "title": f"{title} {number}", "author": author},
                **{"url": f"{feed}/{number}", "feedurl": f"{feed}/feed", "content": content},
                **{"pubDate": 1_300_000_000 + number * 2500, "unread": number % 3 // 2},
                **{"flags": ("s", "a", "as")[number % 3] if number % 50 == 0 else None},
                "deleted": int(number % 997 == 1),
            }
        )
    make_cache(folder / "cache.db", items)
    return folder


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as aside:
        named = sys.argv[1] if len(sys.argv) > 1 else str(corpus("newsboat") / "small")
        large = make_large(Path(aside), int(named)) if named.isdecimal() else Path(named)
        sys.exit(main(large))
