"""A newsboat of a test's own: its cache, as its program writes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.shared import Data, samples

FEED = "https://news.example/feed.xml"

FEEDS = (
    "CREATE TABLE rss_feed (rssurl VARCHAR(1024) PRIMARY KEY NOT NULL, "
    "url VARCHAR(1024) NOT NULL, title VARCHAR(1024) NOT NULL"
)
ITEMS = (
    "CREATE TABLE rss_item (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
    "guid VARCHAR(64) NOT NULL, title VARCHAR(1024) NOT NULL, author VARCHAR(1024) NOT NULL, "
    "url VARCHAR(1024) NOT NULL, feedurl VARCHAR(1024) NOT NULL, pubDate INTEGER NOT NULL, "
    "content VARCHAR(65535) NOT NULL, unread INTEGER(1) NOT NULL"
)
LATER = {
    "enclosure_url": "VARCHAR(1024)",
    "enclosure_type": "VARCHAR(1024)",
    "flags": "VARCHAR(52)",
    "deleted": "INTEGER(1) NOT NULL DEFAULT 0",
    "base": "VARCHAR(128) NOT NULL DEFAULT ''",
    "content_mime_type": "VARCHAR(255) NOT NULL DEFAULT ''",
    "enclosure_description": "VARCHAR(1024) NOT NULL DEFAULT ''",
    "enclosure_description_mime_type": "VARCHAR(128) NOT NULL DEFAULT ''",
}
"""What later versions added to an item."""

DEFAULTS = {
    **{"title": "", "author": "", "url": "", "feedurl": FEED, "pubDate": 1_600_000_000},
    **{"content": "<p>Text.</p>", "unread": 1},
}


def make_cache(
    file: Path,
    items: Sequence[Mapping[str, object]],
    *,
    later: Sequence[str] = tuple(LATER),
    title: str = "News",
) -> Path:
    """A cache with these items (`guid` at least), of a version with these later columns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    columns = "".join(f", {name} {LATER[name]}" for name in later)
    with sqlite3.connect(file) as database:
        database.execute(f"{FEEDS})")
        database.execute(f"{ITEMS}{columns})")
        database.execute(
            "INSERT INTO rss_feed VALUES (?, ?, ?)", (FEED, "https://news.example/", title)
        )
        for item in items:
            row = {**DEFAULTS, **item}
            marks = ", ".join("?" for _ in row)
            names = ", ".join(row)
            database.execute(f"INSERT INTO rss_item ({names}) VALUES ({marks})", [*row.values()])
    database.close()
    return file


def newsboat_folder(data: Data, folder: Path) -> Path:
    """A folder of newsboat: of the samples, whose cache is made in `folder`, or of the archive."""
    if data is not samples:
        return data("newsboat") / "small"
    source = samples("newsboat")
    for name in ("urls", "config"):
        (folder / name).write_bytes((source / name).read_bytes())
    with sqlite3.connect(folder / "cache.db") as database:
        database.executescript((source / "cache.sql").read_text(encoding="utf-8"))
    database.close()
    return folder
