"""Articles of an archive that are older than what a library keeps of it, asked of the server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial

import psycopg

from rilo_reader.article import Article, ArticleId
from rilo_reader.errors import LibraryError
from rilo_reader.index.schema import Hit, sort_key, to_seconds
from rilo_reader.library import Library
from rilo_reader.library.remote import RemoteResults
from rilo_reader.paths import Paths
from rilo_reader.plugins.archive.conditions import SqlCondition
from rilo_reader.plugins.archive.connection import fetch_rows, fetch_value
from rilo_reader.plugins.archive.exchange import ArchiveShare
from rilo_reader.plugins.archive.find import ArchiveFinder
from rilo_reader.plugins.archive.portable import parse_portable
from rilo_reader.plugins.archive.records import open_records
from rilo_reader.query.tree import Dates, Not, Query
from rilo_reader.text import clean_text

_MAX_CACHED = 300  # articles that stay in memory: those in view, and those that were open lately
_MAX_SHOWN_CHARACTERS = 20_000  # characters of a text that are fetched for a row and its snippet
_HITS_TOGETHER = 500
_AWAY_SECONDS = 15.0  # s until a server that was away is asked again
_UNKNOWN_DATE = datetime(1971, 1, 1, tzinfo=UTC)

_OLDER = "w.at < %(edge)s and w.seq <> all(%(here)s::bigint[])"
_NUMBERS = "select max(seq) from log where id = any(%s) group by id"
_ROWS = """select seq, id, left(text, {0}), length(text) <= {0} from log
    where seq = any(%s)"""
_TEXT = "select text from log where id = %s order by seq desc limit 1"


class OlderArticles:
    """The older articles of a library, on a server; see `library.remote.RemoteArticles`.

    Safe to use from several threads. A newer query cancels the one before.
    """

    def __init__(self, library: Library, paths: Paths, first: datetime) -> None:
        """From `first` on, all articles are here."""
        self.name = "the archive"
        self.complete_from = first
        self.local_span = f"from {first.date()} on"
        self._library = library
        self._paths = paths
        self._idle: list[ArchiveFinder] = []
        self._active_finder: ArchiveFinder | None = None  # used by `find` now
        self._away_until: tuple[float, str] = (0.0, "")
        self._older_ids: tuple[object, Sequence[ArticleId]] = (None, ())
        self._articles: dict[ArticleId, Article] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop().connection.close()

    def find(self, query: Query, limit: int) -> Iterator[RemoteResults]:
        """Yield the first results that are not here, and again once their total is exact."""
        self.cancel()
        with self._borrow_finder() as finder:
            self._active_finder = finder
            try:
                older, here = list(self._list_older_here()), []
                if older:
                    rows = fetch_rows(finder.connection, _NUMBERS, (older,), (int,))
                    here = [seq for (seq,) in rows]
                edge = sort_key(to_seconds(self.complete_from))
                only = SqlCondition(_OLDER, {"edge": edge, "here": here})
                yield from finder.find_articles(query, limit, only=only)
            finally:
                if self._active_finder is finder:
                    self._active_finder = None

    def cancel(self) -> None:
        """Cancel the query that `find` waits for, which raises TooSlowError there."""
        finder = self._active_finder
        if finder is not None:
            with suppress(psycopg.Error):
                finder.connection.cancel_safe(timeout=5.0)

    def read_hits(self, seqs: Sequence[int]) -> Sequence[Hit]:
        """Return what rows show of articles, one for each."""
        found: dict[int, Hit] = {}
        for start in range(0, len(seqs), _HITS_TOGETHER):
            some = list(seqs[start : start + _HITS_TOGETHER])
            with self._borrow_finder() as finder:
                types = (int, str, str, bool)
                statement = _ROWS.format(_MAX_SHOWN_CHARACTERS)
                rows = fetch_rows(finder.connection, statement, (some,), types)
            for seq, identity, text, is_whole in rows:
                if (one := parse_portable(identity, text)) is not None:
                    article = one.article._replace(path="")
                    found[seq] = Hit.from_article(article)
                    if is_whole:
                        self._cache_article(article)
        gone = partial(Hit, path="", source="", date=_UNKNOWN_DATE, date_only=True, lang="")
        return [
            found.get(seq) or gone(id=ArticleId(f"{seq}"), title="No longer in the archive")
            for seq in seqs
        ]

    def fetch_article(self, article: ArticleId) -> Article | None:
        """Fetch an article, unless it is cached; None if the archive does not have it."""
        cached = self._articles.get(article)
        if cached is None:
            with self._borrow_finder() as finder:
                text = fetch_value(finder.connection, _TEXT, (article,), str)
            one = parse_portable(article, text or "")
            if one is None:  # it is not there, deleted, or not what it claims
                return None
            cached = one.article._replace(path="")
        self._cache_article(cached)
        return cached

    def _cache_article(self, article: Article) -> None:
        with self._lock:
            self._articles.pop(article.id, None)
            self._articles[article.id] = article
            while len(self._articles) > _MAX_CACHED:
                del self._articles[next(iter(self._articles))]

    def _list_older_here(self) -> Sequence[ArticleId]:
        """Return the articles before the edge that are here nevertheless."""
        snapshot = self._library.index.snapshot
        if self._older_ids[0] is not snapshot:
            found = self._library.search.ids(Query(Not(Dates(self.complete_from, None))))
            self._older_ids = snapshot, list(found)
        return self._older_ids[1]

    @contextmanager
    def _borrow_finder(self) -> Iterator[ArchiveFinder]:
        """Yield a finder with a connection of its own. Raises LibraryError: the server is away."""
        until, reason = self._away_until
        if time.monotonic() < until:
            raise LibraryError(reason)
        try:
            with self._lock:
                finder = self._idle.pop() if self._idle else None
            if finder is None:
                with open_records(self._library.folder, self._paths) as records:
                    share = ArchiveShare(self._library.folder, self._paths, records)
                    finder = ArchiveFinder(share.connect_joined())
        except LibraryError as error:
            self._away_until = time.monotonic() + _AWAY_SECONDS, str(error)
            raise
        try:
            yield finder
        except psycopg.Error as error:
            if isinstance(error, psycopg.OperationalError):
                self.close()  # the others are as old
            reason = clean_text(str(error).partition("\n")[0])[:200].rstrip(".")
            raise LibraryError(f"The archive's server does not answer: {reason}.") from error
        finally:
            if not finder.connection.closed:
                with self._lock:
                    self._idle.append(finder)
