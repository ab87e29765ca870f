"""Marks that come with articles: set many at a time, and only ever added."""

from __future__ import annotations

from collections.abc import Sequence

from rilo_reader.article import ArticleId
from rilo_reader.library import Library

BATCH = 5000


class Marker:
    """Sets marks. What is marked already stays so: nothing is made unread or loses a star.

    Attributes:
        read: how many were to be read.
        starred: how many were to be starred.
        tagged: how many were to have tags of the user's.
    """

    def __init__(self, library: Library, *, dry_run: bool) -> None:
        """Over the library that has the articles."""
        self.read = 0
        self.starred = 0
        self.tagged = 0
        self._library = library
        self._dry_run = dry_run
        self._read: list[ArticleId] = []
        self._starred: list[ArticleId] = []
        self._tags: dict[ArticleId, tuple[str, ...]] = {}

    def mark(self, article: ArticleId, read: bool, starred: bool, tags: Sequence[str] = ()) -> None:
        """Note the marks of one article."""
        if read:
            self.read += 1
            self._read.append(article)
        if starred:
            self.starred += 1
            self._starred.append(article)
        if tags:
            self.tagged += 1
            known = self._tags.get(article, ())
            self._tags[article] = tuple(dict.fromkeys((*known, *tags)))
        if len(self._read) + len(self._starred) + len(self._tags) >= BATCH:
            self.finish()

    def finish(self) -> None:
        """Set what was noted; on the disk when it returns.

        Raises:
            LibraryError: the marks cannot be written.
        """
        if not self._dry_run:
            if self._read:
                self._library.set_read(self._read, read=True)
            if self._starred:
                self._library.set_starred(self._starred, starred=True)
            marks = self._library.marks(list(self._tags)) if self._tags else {}
            for article, tags in self._tags.items():
                own = marks[article].tags
                whole = tuple(dict.fromkeys((*own, *tags)))
                if whole != tuple(own):
                    self._library.set_tags(article, whole)
        self._read.clear()
        self._starred.clear()
        self._tags.clear()
