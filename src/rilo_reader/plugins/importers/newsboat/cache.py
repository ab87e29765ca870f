"""Read newsboat's cache of articles, `cache.db`, item by item.

The file is untrusted: only tables are queried, never views or virtual tables, and every query is
limited in time, every value and result in size.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

from rilo_reader.article import Enclosure
from rilo_reader.entry import Entry, Form
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.text import clean_line, clean_text, safe_url, to_display_title

BATCH = 200  # items per query, between which newsboat can write
BUSY_TIMEOUT = 10.0  # seconds to wait for newsboat while it writes
CONTENT_LIMIT = 10_000_000  # maximum length of an item's text, in characters
VALUE_LIMIT = 20_000_000  # maximum size of a value in bytes; items with larger ones are skipped
MAX_CHARACTERS_HELD = 50_000_000  # characters after which a batch ends; the last item may exceed it
QUERY_SECONDS = 60.0  # seconds that a query may take; enough to scan a large cache on a slow disk
LAST_SECOND = 253_402_300_800  # of the year 9999
ADDRESS_LIMIT = 8_000
FEEDS_LIMIT = 100_000
STEPS = 10_000  # SQLite instructions between checks of the time limit


class CachedItem(NamedTuple):
    """An item with its marks."""

    entry: Entry
    feed: str  # address of its feed as in newsboat
    read: bool
    flags: str
    deleted: bool  # whether the user deleted it, so that newsboat hides it


_COLUMNS = {
    "guid": "''", "title": "''", "author": "''", "url": "''", "feedurl": "''", "pubDate": "0",
    "content": "''", "unread": "1", "enclosure_url": "''", "enclosure_type": "''", "flags": "''",
    "deleted": "0", "base": "''", "content_mime_type": "''", "enclosure_description": "''",
    "enclosure_description_mime_type": "''",
}  # fmt: skip
"""The columns of an item, with defaults for versions that lack them."""


class NewsboatCache:
    """An open cache; to be closed, or used as a context manager.

    Each query is short, so that a running newsboat is not blocked. If SQLite would have to write to
    read the file (a write-ahead log, the journal of a crash), a temporary copy is read instead.
    """

    def __init__(self, file: Path, seconds: float = QUERY_SECONDS) -> None:
        """Open `file`; `seconds` is the limit for each query. Raises NotReadableError, OSError."""
        self._file = file
        self._seconds = seconds
        self._deadline = 0.0
        self._resources = contextlib.ExitStack()
        try:
            self._database, self._columns = self._open_database()
        except BaseException:
            self._resources.close()
            raise

    def _open_database(self) -> tuple[sqlite3.Connection, frozenset[str]]:
        """Open the database; return it with the columns of its items."""
        file = self._make_readable(self._file)
        mode = "ro" if file == self._file else "rw"
        address = f"{file.absolute().as_uri()}?mode={mode}"
        database = sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT)
        self._resources.enter_context(contextlib.closing(database))
        database.text_factory = lambda data: data.decode("utf-8", "replace")
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT)
        database.set_progress_handler(lambda: time.monotonic() > self._deadline, STEPS)
        self._run_query(database, "PRAGMA trusted_schema = OFF")
        columns: frozenset[str] = frozenset()
        if self._has_table(database, "rss_item"):
            rows = self._run_query(database, "SELECT name FROM pragma_table_info('rss_item')")
            columns = frozenset(str(row[0]) for row in rows)
        if not {"guid", "title", "content"} <= columns or "rowid" in columns:
            raise NotReadableError(f"{file.name} is not a cache of newsboat.")
        return database, columns

    def _has_table(self, database: sqlite3.Connection, name: str) -> bool:
        tables = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
        return bool(self._run_query(database, f"{tables} AND name = ?", name))

    def _make_readable(self, file: Path) -> Path:
        """Return the file, or a copy of it and its journals."""
        with file.open("rb") as opened:
            head = opened.read(20)
        if not head.startswith(b"SQLite format 3\0"):
            raise NotReadableError(
                f"{file.name} is not a cache of newsboat: it is not a SQLite database."
            )
        journals = [file.with_name(file.name + end) for end in ("-wal", "-journal")]
        present = [each for each in journals if each.exists() and each.stat().st_size]
        if head[18:19] != b"\2" and not present:
            return file
        folder = Path(self._resources.enter_context(tempfile.TemporaryDirectory()))
        for each in (file, *present):
            shutil.copyfile(each, folder / each.name)
        return folder / file.name

    def _run_query(
        self, database: sqlite3.Connection, question: str, *values: object
    ) -> list[tuple[object, ...]]:
        """Run a query; return its rows up to the size limit.

        Raises NotReadableError, or sqlite3.DataError if a value exceeds VALUE_LIMIT.
        """
        self._deadline = time.monotonic() + self._seconds
        rows, held = [], 0
        try:
            with contextlib.closing(database.execute(question, values)) as answer:
                for row in answer:
                    rows.append(row)
                    held += _row_size(row)
                    if held > MAX_CHARACTERS_HELD:
                        break
        except sqlite3.DataError:
            raise
        except sqlite3.OperationalError as error:
            name = self._file.name
            reason = f"{name} cannot be read: {error}."
            if "locked" in str(error):
                reason = f"newsboat is writing {name}; try again when it is idle."
            elif error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                reason = f"{name} takes too long to read: it is damaged, or not a cache."
            raise NotReadableError(reason) from error
        except (sqlite3.Error, UnicodeDecodeError) as error:
            # Python decodes names in a damaged schema without `text_factory`.
            raise NotReadableError(f"{self._file.name} is damaged: {error}.") from error
        return rows

    def read_titles(self) -> Mapping[str, str]:
        """Return the titles of feeds by their address as in newsboat."""
        if not self._has_table(self._database, "rss_feed"):
            return {}
        question = "SELECT substr(rssurl, 1, ?), substr(title, 1, ?) FROM rss_feed LIMIT ?"
        limits = (ADDRESS_LIMIT, ADDRESS_LIMIT, FEEDS_LIMIT)
        try:
            rows = self._run_query(self._database, question, *limits)
        except sqlite3.DataError as error:
            raise NotReadableError(f"{self._file.name} has a feed that is too large.") from error
        return {_to_text(url): to_display_title(clean_line(_to_text(title))) for url, title in rows}

    def iter_items(self, leave_out: Callable[[str], object]) -> Iterator[CachedItem]:
        """Yield all items in the order in which newsboat added them.

        `leave_out` is called with the reason for each item, or for the rest, that cannot be read.
        """
        last = -(2**63)
        while True:
            try:
                rows = self._read_batch(last, leave_out)
            except NotReadableError as error:
                leave_out(error.reason)
                return
            if not rows:
                return
            for number, *values in rows:
                if _to_int(number) <= last:
                    leave_out(
                        f"{self._file.name} is damaged: its items refer to each other in a circle."
                    )
                    return
                last = _to_int(number)
                if not values:
                    continue
                try:
                    with parser_errors():
                        item = _make_item(dict(zip(_COLUMNS, values, strict=True)))
                except NotReadableError as error:
                    leave_out(f"item {last}: {error.reason}")
                else:
                    yield item

    def _read_batch(
        self, last: int, leave_out: Callable[[str], object]
    ) -> list[tuple[object, ...]]:
        """Return the items after an id; one that is too large is returned by its id alone."""
        names = [
            name if name in self._columns else f"{instead} AS {name}"
            for name, instead in _COLUMNS.items()
        ]
        behind = "FROM rss_item WHERE rowid > ? ORDER BY rowid LIMIT ?"
        question = f"SELECT rowid, {', '.join(names)} {behind}"
        with contextlib.suppress(sqlite3.DataError):
            return self._run_query(self._database, question, last, BATCH)
        # One by one up to the one that is too large: Python loses the row before it.
        rows: list[tuple[object, ...]] = []
        held = 0
        while held <= MAX_CHARACTERS_HELD:
            try:
                found = self._run_query(self._database, question, last, 1)
            except sqlite3.DataError:
                found = self._run_query(self._database, f"SELECT rowid {behind}", last, 1)
                leave_out(f"item {found[0][0]}: it has more than {VALUE_LIMIT // 1_000_000} MB")
                return rows + found
            rows += found
            if not found or _to_int(found[0][0]) <= last:
                break
            last, held = _to_int(found[0][0]), held + _row_size(found[0])
        return rows

    def close(self) -> None:
        """Close the database and delete the copy, if any."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _row_size(row: tuple[object, ...]) -> int:
    """Return the characters and bytes of a row."""
    return sum(len(value) for value in row if isinstance(value, str | bytes))


def _make_item(row: Mapping[str, object]) -> CachedItem:
    content, kind = _to_text(row["content"]), _to_text(row["content_mime_type"])
    if not content.strip():
        # Enclosures that newsboat shows for items without text.
        content = _to_text(row["enclosure_description"])
        kind = _to_text(row["enclosure_description_mime_type"])
    url, author = safe_url(_to_text(row["url"])) or "", clean_line(_to_text(row["author"]), 200)
    seconds, flags = _to_int(row["pubDate"]), set(_to_text(row["flags"]))
    enclosure = safe_url(_to_text(row["enclosure_url"]))
    entry = Entry(
        key=_make_guid(_to_text(row["guid"]), _to_text(row["url"]), _to_text(row["title"])),
        url=url,
        title=to_display_title(clean_line(_to_text(row["title"]))),
        date=datetime.fromtimestamp(seconds, UTC) if 0 < seconds < LAST_SECOND else None,
        authors=(author,) if author else (),
        content=clean_text(content[:CONTENT_LIMIT]),
        form=Form.TEXT if kind.lower().startswith("text/plain") else Form.HTML,
        base=safe_url(_to_text(row["base"])) or url,
        enclosures=(Enclosure(enclosure, clean_line(_to_text(row["enclosure_type"]), 100)),)
        if enclosure
        else (),
    )
    return CachedItem(
        entry=entry,
        feed=_to_text(row["feedurl"]),
        read=_to_int(row["unread"]) == 0,
        flags="".join(sorted(flag for flag in flags if flag.isascii() and flag.isalpha())),
        deleted=_to_int(row["deleted"]) != 0,
    )


def _to_text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _to_int(value: object) -> int:
    try:
        return int(str(value or 0))
    except ValueError:
        return 0


def _make_guid(guid: str, url: str, title: str) -> str:
    """Return the item's own id; "" if newsboat invented the guid.

    Without a guid, newsboat stores the link, the link with the date as in the feed, or the title,
    none of which can be matched when the feed is fetched later.
    """
    if url and guid.startswith(url):
        made_up = guid[len(url) :].strip()
        if not made_up or (" " in made_up and made_up[:1].isalnum()) or made_up[:4].isdigit():
            return ""
    return "" if guid == title else clean_line(guid, 4000)
