"""Find articles of an archive by a query: how many, and the newest of them.

    select count(*) from words w where CONDITION limit MANY     a common word is known as such
    select seq, at … order by at [+ 0] desc limit …             the page; the count chose the plan
    select count(*) from words w where CONDITION                the exact total, within two seconds

Without the count PostgreSQL would read the newest articles until enough match, also for a rare
word: 766 ms instead of 2. `+ 0` forbids that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import Connection
from psycopg.errors import InvalidRegularExpression, QueryCanceled
from psycopg.sql import SQL

from rilo_reader.library.elsewhere import Found, Place, TooSlowError
from rilo_reader.query.tree import Query, Sort
from rilo_reader.share.conditions import Condition, condition

MANY = 10_000
"""Articles up to which a page comes after all that match were found."""

COUNT_LIMIT = 2.0  # s of an exact count
PAGE_LIMIT = 10.0  # s of a page
_WORDS_LIMIT = 5_000  # words that a regular expression may stand for

_SETTINGS = "set enable_seqscan = off; set jit = off"
_LIMIT = "select set_config('statement_timeout', %s, false)"
_COUNT = "select count(*) from words w where {}"
_COUNT_SOME = "select count(*) from (select from words w where {} limit %(many)s) as first"
_PAGE = "select w.seq, w.at from words w where {} order by {} limit %(limit)s"
_VOCABULARY = "select word from vocabulary where word ~ %(pattern)s limit %(many)s"
_NO_FIELD = "(?![A-Z])"

ALL = Condition("true", {})


class Finder:
    """Asks one archive by a connection of its own; for one thread at a time.

    Methods raise psycopg.Error, and TooSlowError where the server takes too long.
    """

    def __init__(self, connection: Connection) -> None:
        """`connection` has the archive's schema as its path, and commits by itself."""
        self.connection = connection
        self._limit = 0.0  # s that a statement may take now: each change is a trip to the server
        connection.execute(_SETTINGS)

    def cancel(self) -> None:
        """Have what is asked now answered with TooSlowError; from any thread."""
        self.connection.cancel_safe(timeout=5.0)

    def find(self, query: Query, limit: int, *, only: Condition = ALL) -> Iterator[Found]:
        """Yield the first results, and again once the total is exact, if it was not.

        Relevance is not known there: such a query has the order of dates. `only` is a condition
        that all results must fulfil.
        """
        found = condition(query.node, self._words)
        where = f"({found.text}) and {only.text}"
        values = {**found.values, **only.values, "many": MANY + 1, "limit": limit}
        [(some,)] = self._rows(PAGE_LIMIT, _COUNT_SOME.format(where), values)
        is_common = some > MANY
        order = "w.at" if is_common else "w.at + 0"
        if query.sort is not Sort.OLDEST:
            order += " desc"
        places: tuple[Place, ...] = ()
        if limit and some:
            rows = self._rows(PAGE_LIMIT, _PAGE.format(where, order), values)
            places = tuple(Place(*row) for row in rows)
        yield Found(some - is_common, not is_common, places)
        if is_common:
            try:
                [(total,)] = self._rows(COUNT_LIMIT, _COUNT.format(where), values)
            except TooSlowError:
                return
            yield Found(total, True, places)

    def _words(self, letter: str, pattern: str) -> list[str]:
        """Words of the vocabulary; none for what is no regular expression to PostgreSQL."""
        values = {"pattern": f"^{letter or _NO_FIELD}(?:{pattern})$", "many": _WORDS_LIMIT + 1}
        try:
            rows = self._rows(PAGE_LIMIT, _VOCABULARY, values)
        except InvalidRegularExpression:
            return []
        if len(rows) > _WORDS_LIMIT:
            raise TooSlowError("The pattern matches too many words to be asked of the archive.")
        return [str(word) for (word,) in rows]

    def _rows(
        self, seconds: float, statement: str, values: Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a statement. Raises TooSlowError."""
        if self._limit != seconds:
            self.connection.execute(_LIMIT, (f"{seconds * 1000:.0f}",))
            self._limit = seconds
        try:
            return self.connection.execute(SQL(statement), values).fetchall()
        except QueryCanceled:
            raise TooSlowError("The archive's server took too long to answer.") from None
