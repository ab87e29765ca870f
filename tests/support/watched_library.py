"""A library of real files in memory whose calls a test can see and hold."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from rilo_reader.article import Article, ArticleId
from rilo_reader.library import Library, Marks, Row, open_library, write_article
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.paths import Paths, index_directory
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import NO_MARKS

NEWEST = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


def article(number: int, **changes: object) -> Article:
    """An article of its own, the newer the smaller its number."""
    words = " ".join(f"word{number % 7} customs" for _ in range(30))
    plain = Article(
        id=ArticleId(f"id{number}"),
        path=f"{number}.md",
        title=f"Title {number}",
        date=NEWEST - timedelta(hours=number),
        source=f"Source {number % 3}",
        url=f"https://example.org/{number}",
        body=f"First line of {number}.\n\n{words}\n\n## Part two\n\nThe end of {number}.",
    )
    return plain._replace(**changes)  # type: ignore[arg-type]


def unmarked_row(number: int) -> Row:
    """The row of that article in a list, without a mark."""
    a = article(number)
    return Row(a.id, a.path, a.title, a.source, a.date, a.date_only, NO_MARKS)


def _paths(home: Path) -> Paths:
    return Paths(*(home / name for name in ("config", "data", "state", "cache")))


def folder_in_memory() -> Path:
    """A new folder where the tests' own are: every mark is flushed, which a disk takes long for."""
    folder = tempfile.mkdtemp(prefix="library-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    return Path(folder).resolve()


def write(folder: Path, articles: Iterable[Article]) -> None:
    """Make these articles the files of a folder."""
    for old in folder.glob("*.md"):
        old.unlink()
    for one in articles:
        (folder / one.path).write_text(write_article(one), "utf-8")


def read_folder(home: Path) -> None:
    """Bring the index of the library in `home` up to date, as the indexer does beside a reader."""
    with open_library(home / "library", _paths(home)) as library:
        for _ in library.follower.reconcile():
            pass


@cache
def _indexed(articles: tuple[Article, ...]) -> Path:
    """A library with these articles that is only copied: reading them takes four times as long."""
    home = folder_in_memory()
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    (home / "library").mkdir()
    write(home / "library", articles)
    read_folder(home)
    return home


class WatchedLibrary(Library):
    """Articles in a folder in memory, which goes with the library.

    What reads articles or searches is counted in `calls`, and waits while `hold` is cleared, so
    that tests can look at what is between.
    """

    def __init__(self, articles: Sequence[Article] = ()) -> None:
        known, self.home = _indexed(tuple(articles)), folder_in_memory()
        weakref.finalize(self, shutil.rmtree, self.home, ignore_errors=True)
        folder, paths = self.home / "library", _paths(self.home)
        shutil.copytree(known / "library", folder)
        shutil.copytree(
            index_directory(known / "library", _paths(known), with_drafts=False),
            index_directory(folder, paths, with_drafts=False),
        )
        super().__init__(
            folder, paths, with_drafts=False, fills_itself=False, limits=ReadingLimits()
        )
        self.calls: list[str] = []
        self.hold = threading.Event()
        self.hold.set()
        for name in ("window", "timeline", "facets", "suggest"):
            self.watch(self.search, name)

    def watch(self, room: object, name: str) -> None:
        """Count the calls of a method of one of the library's rooms, and hold them, too."""
        self.before(room, name, partial(self._called, name))

    def before(self, room: object, name: str, step: Callable[[], object]) -> None:
        """Have a method of a room do something else first."""
        method = getattr(room, name)

        def both(*values: Any, **named: Any) -> Any:
            step()
            return method(*values, **named)

        setattr(room, name, both)

    def _called(self, call: str) -> None:
        self.calls.append(call)
        assert self.hold.wait(10), "nobody let it go on"

    def article(self, article: ArticleId, path: str = "") -> Article:
        self._called(f"article {article}")
        return super().article(article, path)

    def change_articles(self, articles: Iterable[Article]) -> None:
        """Have another process change the folder and read it; seen after `reload`."""
        write(self.folder, articles)
        read_folder(self.home)

    def mark(self, article: str, **values: str) -> None:
        """Set marks behind the reader's back: "1" or ""."""
        of = Ids([ArticleId(article)])
        changes = [Assignment(mark, value, of) for mark, value in values.items()]
        self.state.apply_assignments(changes, in_history=False)

    def marks_of(self, number: int) -> Marks:
        """The marks of an article."""
        name = ArticleId(f"id{number}")
        return self.search.marks([name])[name]
