"""Desks that share an archive: each with a library and folders of its own, in one process.

desk = Desk(tmp_path / "ben", archive.url("ben"))
desk.write("a.md", "text")      # as an import leaves it
desk.exchange()
desk.texts()                    # id -> text, of what the desk would share
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry, Form
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import open_collection
from rilo_reader.paths import Paths, marks_file
from rilo_reader.plugins.archive.connection import (
    ArchiveAddress,
    Connection,
    connect_archive,
    create_archive,
    make_credential,
)
from rilo_reader.plugins.archive.exchange import ArchiveShare
from rilo_reader.plugins.archive.files import read_portable
from rilo_reader.plugins.archive.members import grant_role
from rilo_reader.plugins.archive.records import ArchiveExchangeResult, open_records
from rilo_reader.plugins.archive.window import set_window
from rilo_reader.secret_store import SecretStore
from rilo_reader.store.folder import scan_folder
from rilo_reader.store.marks import Marks
from rilo_reader.store.state import open_state
from tests.support.postgresql import Archive

FEED = "https://news.example.org/feed"


def make_archive(archive: Archive, **members: str) -> None:
    """Make the tables, and members by role."""
    with closing(administrator(archive)) as connection:
        create_archive(connection, ArchiveAddress(archive.url()))
        connection.execute("set search_path = rilo")
        for person, role in members.items():
            grant_role(connection, archive.login(person), role)


def administrator(archive: Archive) -> Connection:
    """Return a connection of the superuser."""
    address = ArchiveAddress(archive.url())
    return connect_archive(address, address.password)


class Desk:
    """A person's library."""

    def __init__(self, home: Path, url: str, *, shared: bool = False) -> None:
        self.home = home
        self.paths = Paths(home / "config", home / "data", home / "state", home / "cache")
        self.folder = self.paths.default_library
        self.folder.mkdir(parents=True, exist_ok=True)
        address = ArchiveAddress(url)
        SecretStore(self.paths).save(make_credential(address), address.password)
        with open_records(self.folder, self.paths) as records:
            records.write_settings(address=address.text, shared=int(shared), folder=self.folder)

    def exchange(self) -> ArchiveExchangeResult:
        """Exchange once. Raises LibraryError."""
        with open_records(self.folder, self.paths) as records:
            share = ArchiveShare(self.folder, self.paths, records)
            with closing(share.connect_joined()) as connection:
                return share.exchange_all(connection)

    def set_window(self, window: str) -> None:
        """Have the next exchange keep only what is newer."""
        with open_records(self.folder, self.paths) as records:
            set_window(records, window, datetime.now().astimezone())

    def write(self, path: str, text: str) -> None:
        """Write a file, as an editor does."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def collect(self, *entries: tuple[str, str], feed: str = FEED) -> None:
        """Collect entries (guid, text) of a feed."""
        made = [
            Entry(key=guid, title=f"Title {guid}", content=text, form=Form.MARKDOWN)
            for guid, text in entries
        ]
        with open_collection(self.folder, self.paths) as collection:
            collection.save_entries(Origin(feed, "News"), made)

    def files(self) -> dict[ArticleId, Path]:
        """Return the file of each article."""
        return {article: file for article, file, _ in self._articles()}

    def texts(self) -> dict[ArticleId, str]:
        """Return the text of each article, as it travels."""
        return {article: text for article, _, text in self._articles()}

    def _articles(self) -> Iterator[tuple[ArticleId, Path, str]]:
        """Yield each article, its file and its text; none comes twice."""
        found = set()
        for entries in scan_folder(self.folder):
            for entry in entries:
                try:
                    one = read_portable(self.folder, entry.path)
                except NotReadableError:
                    continue
                assert one.article.id not in found, f"{one.article.id} is doubled"
                found.add(one.article.id)
                yield one.article.id, self.folder / entry.path, one.text

    def edit(self, article: ArticleId, more: str) -> None:
        """Add to the text of an article."""
        file = self.files()[article]
        file.write_text(file.read_text() + more)

    def star(self, article: str, value: bool = True) -> None:
        """Star an article."""
        with closing(open_state(marks_file(self.folder, self.paths))) as state:
            state.set_starred([ArticleId(article)], value)

    def marks(self, article: str) -> Marks:
        """Return the marks of an article."""
        with closing(open_state(marks_file(self.folder, self.paths))) as state:
            found: Marks = state.marks([ArticleId(article)]).get(ArticleId(article), Marks())
            return found

    def all_marks(self) -> set[tuple[str, ArticleId, str]]:
        """Return everything that is marked: field, article and value."""
        with closing(open_state(marks_file(self.folder, self.paths))) as state:
            return {(row[0], ArticleId(row[1]), row[2]) for row in state.journals.iter_values(None)}
