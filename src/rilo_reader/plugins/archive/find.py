"""Find articles of an archive by a query: how many, and the newest of them.

    some of (select seq, at … where CONDITION limit MANY + 1)   the page and the total of most
    select seq, at … order by at desc limit …                   the page, where more match
    select count(*) from words w where CONDITION                the total then, within two seconds

Without the first one PostgreSQL would read the newest articles until enough match, also for a rare
word: 766 ms instead of 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import Connection
from psycopg.errors import InvalidRegularExpression, QueryCanceled

from rilo_reader.library.remote import RemotePlace, RemoteResults, TooSlowError
from rilo_reader.plugins.archive.conditions import SqlCondition, make_condition
from rilo_reader.plugins.archive.connection import Types, check_rows, fetch_rows
from rilo_reader.query.tree import Query, Sort

COUNT_UP_TO = 10_000
"""Articles up to which all that match are found before a page of them is shown."""

COUNT_LIMIT = 2.0  # s of an exact count
PAGE_LIMIT = 10.0  # s of a page
_WORDS_LIMIT = 5_000  # words that a regular expression may stand for

_SETTINGS = "set enable_seqscan = off"
_LIMIT = "select set_config('statement_timeout', %s, false)"
_COUNT = "select count(*) from words w where {}"
_COUNT_SOME = """with found as (select w.seq, w.at from words w where {0} limit %(many)s)
    select count(*), (select array_agg(array[seq, at]) from (
        select * from found order by at {1}, seq {1} limit %(limit)s) as page) from found"""
_PAGE = """select w.seq, w.at from words w where {0}
    order by w.at {1}, w.seq {1} limit %(limit)s"""
_VOCABULARY = "select word from vocabulary where {} limit %(many)s"

ALL_ARTICLES = SqlCondition("true", {})


class ArchiveFinder:
    """Asks one archive by a connection of its own; for one thread at a time.

    Methods raise psycopg.Error, and TooSlowError where the server takes too long.
    """

    def __init__(self, connection: Connection) -> None:
        """`connection` has the archive's schema as its path, and commits by itself."""
        self.connection = connection
        self._limit = 0.0  # s that a statement may take now: each change is a trip to the server
        connection.execute(_SETTINGS)

    def find_articles(
        self, query: Query, limit: int, *, only: SqlCondition = ALL_ARTICLES
    ) -> Iterator[RemoteResults]:
        """Yield the first results, and again once the total is exact, if it was not.

        The server knows no relevance: such a query has the order of dates. `only` is a condition
        that all results must fulfil.
        """
        found = make_condition(query.node, self._find_words)
        where = f"({found.text}) and {only.text}"
        values = {**found.values, **only.values, "many": COUNT_UP_TO + 1, "limit": limit}
        order = "asc" if query.sort is Sort.OLDEST else "desc"
        types: Types = (int, (list, type(None)))
        statement = _COUNT_SOME.format(where, order)
        [(some, rows)] = self._fetch_rows(PAGE_LIMIT, statement, values, types) or [(0, ())]
        is_common = some > COUNT_UP_TO
        if is_common and limit:
            rows = self._fetch_rows(PAGE_LIMIT, _PAGE.format(where, order), values, (int, int))
        rows = check_rows([tuple(row) for row in rows or ()], (int, int))
        places = tuple(RemotePlace(*row) for row in rows)
        yield RemoteResults(some - is_common, not is_common, places)
        if is_common:
            try:
                [(total,)] = self._fetch_rows(COUNT_LIMIT, _COUNT.format(where), values, (int,))
            except TooSlowError:
                return
            yield RemoteResults(total, True, places)

    def _find_words(self, condition: SqlCondition) -> list[str]:
        """Return words of the vocabulary; none for an invalid regular expression of PostgreSQL."""
        values = {**condition.values, "many": _WORDS_LIMIT + 1}
        try:
            rows = self._fetch_rows(PAGE_LIMIT, _VOCABULARY.format(condition.text), values, (str,))
        except InvalidRegularExpression:
            return []
        if len(rows) > _WORDS_LIMIT:
            raise TooSlowError("The pattern matches too many words to search the archive.")
        return [word for (word,) in rows]

    def _fetch_rows(
        self, seconds: float, statement: str, values: Mapping[str, object], types: Types
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, of these types. Raises TooSlowError and ShareError."""
        if self._limit != seconds:
            self.connection.execute(_LIMIT, (f"{seconds * 1000:.0f}",))
            self._limit = seconds
        try:
            return fetch_rows(self.connection, statement, values, types)
        except QueryCanceled:
            raise TooSlowError("The archive's server took too long to answer.") from None
