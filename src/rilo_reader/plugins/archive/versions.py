"""List the versions of an article in the log, and restore one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from psycopg import Connection

from rilo_reader.article import ArticleId
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.article_writer import keep_copy
from rilo_reader.plugins.archive.connection import ShareError, convert_errors, fetch_rows
from rilo_reader.plugins.archive.portable import parse_portable
from rilo_reader.plugins.archive.records import ArchiveRecords
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import is_outside_library, new_path

MAX_VERSIONS = 1_000  # versions that are listed, the newest

_VERSIONS = """select number, seq, writer::text, added, deleted, octet_length(text) from (
        select *, row_number() over (order by seq) as number from log where id = %s) v
    order by number desc limit %s"""
_TEXT = "select text, deleted from log where id = %s order by seq offset %s limit 1"


class ArticleVersion(NamedTuple):
    """A version of an article."""

    number: int  # from 1 on, in the order in which they came to the archive
    seq: int
    writer: str
    added: datetime
    deleted: bool  # whether it deleted the article
    bytes: int


def list_versions(connection: Connection, article: ArticleId) -> list[ArticleVersion]:
    """Return what the log has of an article, the oldest first. Raises ShareError."""
    types = (int, int, str, datetime, bool, int)
    with convert_errors():
        rows = fetch_rows(connection, _VERSIONS, (article, MAX_VERSIONS), types)
    return [ArticleVersion(*row) for row in reversed(rows)]


def write_version(
    connection: Connection, folder: Path, records: ArchiveRecords, article: ArticleId, number: int
) -> tuple[str, str]:
    """Write a version into the article's file; return its path, and that of a copy of the old text.

    The next exchange sends it as a new version. Raises ShareError and CollectingError.
    """
    with convert_errors():
        values = (article, number - 1)
        rows = fetch_rows(connection, _TEXT, values, (str, bool)) if number > 0 else []
    if not rows:
        raise ShareError(f"The archive has no version {number} of it.")
    text, is_deleted = rows[0]
    one = parse_portable(article, text)
    if is_deleted or one is None:
        raise ShareError(f"Version {number} has no text: take another version.")
    file = records.find_file(article)
    path = file.entry.path if file else new_path(one.article)
    if is_outside_library(folder, path):
        raise ShareError(f"A link leads from {path} out of the library, so it is not written.")
    copy = ""
    if file is not None and file.digest != one.digest:
        copy = keep_copy(folder, path)
    for error in write_all(folder, {path: one.text}).values():
        raise CollectingError(f"The file {path} cannot be written: {error.strerror or error}.")
    return path, copy
