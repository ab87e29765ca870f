"""One archive for many people, on PostgreSQL: the log of articles, and each person's marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.extras import Extra
from rilo_reader.hooks import Plugin, VerbEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rilo_reader.annotations.highlight import Highlight
    from rilo_reader.article import ArticleId
    from rilo_reader.cli.library_context import LibraryContext
    from rilo_reader.library import Library
    from rilo_reader.library.remote import RemoteArticles
    from rilo_reader.paths import Paths
    from rilo_reader.tui.reader.controller import Controller, ReaderContext

POSTGRESQL = Extra("postgresql", "psycopg", "Shared archives")


class ArchivePlugin(Plugin):
    name = "archive"

    def verbs(self) -> Mapping[str, VerbEntry]:
        entry = VerbEntry(
            f"{__name__}.verb:ShareVerb",
            "share one archive with colleagues, on a PostgreSQL server",
            heading="Syncing and sharing",
            synonyms={"share": "archive team colleagues"},
        )
        return {"share": entry}

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.archive.controller import ArchiveController

        return (ArchiveController(context),)

    def shared_archive(self, folder: Path, paths: Paths) -> LibraryArchive | None:
        return LibraryArchive(folder, paths) if archive_file(folder, paths).exists() else None

    def library_changed(self, where: LibraryContext, new: Sequence[str], *, as_json: bool) -> int:
        # A program that is told as JSON, such as the reader, follows the archive itself.
        if not as_json and is_shared(where.folder, where.paths):
            from rilo_reader.plugins.archive.sharing import exchange_after_change

            exchange_after_change(where)
        return 0


class LibraryArchive:
    """The archive of the library in a folder."""

    def __init__(self, folder: Path, paths: Paths) -> None:
        self._folder, self._paths = folder, paths

    def open_older_articles(self, library: Library) -> RemoteArticles | None:
        """Open the older articles, as `open_older_articles` does."""
        return open_older_articles(library, self._paths)

    def read_highlights(
        self, article: ArticleId | None, limit: int
    ) -> Mapping[ArticleId, Sequence[Highlight]]:
        """Return what colleagues share."""
        from rilo_reader.plugins.archive.records import others_highlights

        return others_highlights(self._folder, self._paths, article, limit)


def archive_file(folder: Path, paths: Paths) -> Path:
    """Return the path of the records of a library's archive; without a file, it shares none."""
    return paths.state_file(folder, ".share")


def is_shared(folder: Path, paths: Paths) -> bool:
    """Return whether a library shares an archive, and the extra for it is installed."""
    return archive_file(folder, paths).exists() and not POSTGRESQL.install_advice


def open_older_articles(library: Library, paths: Paths) -> RemoteArticles | None:
    """Return the place of a library's older articles, None if all of them are here.

    Raises CollectingError.
    """
    if not is_shared(library.folder, paths):
        return None
    from rilo_reader.plugins.archive.records import open_records

    with open_records(library.folder, paths) as records:
        first = records.first_date
    if first is None:
        return None
    # Heavy, and only for a window.
    from rilo_reader.plugins.archive.older_articles import OlderArticles

    return OlderArticles(library, paths, first)


PLUGIN = ArchivePlugin()
