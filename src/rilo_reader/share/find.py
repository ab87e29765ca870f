"""Find articles of an archive by a query: how many, and the newest of them.

    select count(*) from words w where CONDITION limit MANY     a common word is known as such
    select seq, at … order by at [+ 0] desc limit …             the page; the count chose the plan
    select count(*) from words w where CONDITION                the exact total, within two seconds

Without the count PostgreSQL would read the newest articles until enough match, also for a rare
word: 766 ms instead of 2. `+ 0` forbids that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.errors import InvalidRegularExpression, QueryCanceled
from psycopg.sql import SQL

from rilo_reader.library.elsewhere import Found, Place, TooSlowError
from rilo_reader.query.tree import Node, Query, Sort
from rilo_reader.share.conditions import Condition, condition
from rilo_reader.share.lexemes import TOKENS

MANY = 10_000
"""Articles up to which a page comes after all that match were found."""

COUNT_LIMIT = 2.0  # s of an exact count
PAGE_LIMIT = 10.0  # s of a page
_WORDS_LIMIT = 5_000  # words that a regular expression may stand for

_SETTINGS = "set enable_seqscan = off; set jit = off"
_LIMIT = "select set_config('statement_timeout', %s, false)"
_COUNT = "select count(*) from words w where {}"
_COUNT_SOME = "select count(*) from (select from words w where {} limit {}) as first"
_PAGE = "select w.seq, w.at from words w where {} order by {} limit {}"
_VOCABULARY = "select word from vocabulary where word ~ %s limit %s"
_NO_FIELD = "^(?![A-Z])"
_OTHER_TOKENS = "select exists (select from tokens where version <> %s)"


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

    @property
    def has_other_tokens(self) -> bool:
        """Whether another version of our program wrote words, which may be others."""
        row = self.connection.execute(_OTHER_TOKENS, (TOKENS,)).fetchone()
        return bool(row and row[0])

    def find(self, query: Query, limit: int, *, only: Condition | None = None) -> Iterator[Found]:
        """Yield the first results, and again once the total is exact, if it was not.

        Relevance is not known there: such a query has the order of dates. `only` is a condition
        that all results must fulfil.
        """
        where = self._condition(query.node, only)
        some = self._count(_COUNT_SOME, where, PAGE_LIMIT, MANY + 1)
        is_common = some > MANY
        order = "w.at" if is_common else "w.at + 0"
        if query.sort is not Sort.OLDEST:
            order += " desc"
        places: Sequence[Place] = ()
        if limit and some:
            rows = self._rows(
                _PAGE.format(where.text, order, "%(limit)s"), where, PAGE_LIMIT, limit
            )
            places = [Place(*row) for row in rows]
        yield Found(some - is_common, not is_common, tuple(places))
        if is_common:
            try:
                total = self._count(_COUNT, where, COUNT_LIMIT)
            except TooSlowError:
                return
            yield Found(total, True, tuple(places))

    def _condition(self, node: Node, only: Condition | None) -> Condition:
        found = condition(node, self._words)
        if only is None:
            return found
        return Condition(f"({found.text}) and {only.text}", {**found.values, **only.values})

    def _words(self, letter: str, pattern: str) -> list[str]:
        """Words of the vocabulary; none for what is no regular expression to PostgreSQL."""
        whole = f"^{letter}(?:{pattern})$" if letter else f"{_NO_FIELD}(?:{pattern})$"
        values = (whole, _WORDS_LIMIT + 1)
        try:
            rows = self._within(PAGE_LIMIT, _VOCABULARY, values)
        except InvalidRegularExpression:
            return []
        if len(rows) > _WORDS_LIMIT:
            raise TooSlowError("The pattern matches too many words to be asked of the archive.")
        return [str(word) for (word,) in rows]

    def _count(self, statement: str, where: Condition, seconds: float, limit: int = 0) -> int:
        [[count]] = self._rows(statement.format(where.text, "%(limit)s"), where, seconds, limit)
        return int(count)

    def _rows(
        self, statement: str, where: Condition, seconds: float, limit: int
    ) -> list[tuple[Any, ...]]:
        return self._within(seconds, statement, {**where.values, "limit": limit})

    def _within(
        self, seconds: float, statement: str, values: Sequence[object] | Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a statement. Raises TooSlowError."""
        if self._limit != seconds:
            self.connection.execute(_LIMIT, (f"{seconds * 1000:.0f}",))
            self._limit = seconds
        try:
            return self.connection.execute(SQL(statement), values).fetchall()
        except QueryCanceled:
            raise TooSlowError("The archive's server took too long to answer.") from None
