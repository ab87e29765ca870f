"""Write the words of articles beside the log, with the version of our tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from rilo_reader.article import ArticleId
from rilo_reader.plugins.archive.connection import fetch_row, fetch_rows
from rilo_reader.plugins.archive.lexemes import TOKENS, ArticleWords, make_article_words
from rilo_reader.plugins.archive.portable import parse_portable
from rilo_reader.plugins.archive.schema import LOG_LOCK

_NEW = """
    create temp table if not exists new_words(id text, unsure boolean, tsv tsvector)
        on commit delete rows;
    create temp table if not exists new_long(id text, tsv tsvector) on commit delete rows;
    create temp table if not exists new_vocabulary(word text) on commit delete rows"""
_ADD = (
    # The least version counts: a program of another version knows that it may miss words.
    """with added as (insert into words(at, seq, unsure, tsv) select l.at, l.seq, n.unsure, n.tsv
            from new_words n join log l using (id) where l.seq = any(%(seqs)s)
            returning tableoid::regclass::text as partition)
        insert into tokens select distinct partition, %(ours)s::int from added
        on conflict (partition) do update set version = least(tokens.version, excluded.version)
        where tokens.version > excluded.version""",
    """insert into long(seq, tsv) select l.seq, n.tsv
        from new_long n join log l using (id) where l.seq = any(%(seqs)s)""",
    # In order, so that two writers never wait for each other.
    "insert into vocabulary select word from new_vocabulary order by word on conflict do nothing",
)

_VERSIONS = "select coalesce(min(version), %(ours)s), coalesce(max(version), %(ours)s) from tokens"
_OLD = "select partition from tokens where version < %s order by partition"
_NEXT_ROWS = """select w.at, w.seq, l.id, l.text from {} w join log l on l.seq = w.seq
    where (w.at, w.seq) > (%s, %s) order by w.at, w.seq limit 500"""
_REMOVE = """with gone as (delete from {} w using unnest(%s::bigint[], %s::bigint[]) as old(at, seq)
        where w.at = old.at and w.seq = old.seq returning w.seq)
    delete from long using gone where long.seq = gone.seq"""
_NOW_OURS = "update tokens set version = %s where partition = %s"


def send_words(connection: Connection, words: Mapping[ArticleId, ArticleWords]) -> None:
    """Upload words of articles, in a transaction that calls `add_words` then.

    They are made before, since the server ends a transaction that is idle meanwhile.
    Raises psycopg.Error.
    """
    found = words.items()
    connection.execute(_NEW)
    rows = ((article, one.has_unsure_positions, one.vector) for article, one in found)
    copy_rows(connection, "new_words", rows)
    windows = ((article, window) for article, one in found for window in one.windows)
    copy_rows(connection, "new_long", windows)
    vocabulary = frozenset().union(*(one.vocabulary for one in words.values()))
    copy_rows(connection, "new_vocabulary", ((word,) for word in vocabulary))


def copy_rows(connection: Connection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Copy rows to a table of the server. Raises psycopg.Error."""
    with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def add_words(connection: Connection, seqs: Sequence[int]) -> None:
    """Add the words that were sent of articles that have these numbers in the log.

    Raises psycopg.Error.
    """
    values = {"seqs": seqs, "ours": TOKENS}
    for statement in _ADD:
        connection.execute(statement, values)


def describe_words_problem(connection: Connection) -> str:
    """Return a warning if another version of our program wrote words, with what to do, or ""."""
    oldest, newest = fetch_row(connection, _VERSIONS, {"ours": TOKENS}, (int, int))
    if oldest == newest == TOKENS:
        return ""
    is_newer = newest > TOKENS
    todo = "Update this one" if is_newer else "Ask an administrator: rilo-reader share reindex"
    problem = "Another version of rilo-reader wrote search data, so a search may miss articles."
    return f"{problem} {todo}"


def rebuild_words(connection: Connection) -> int:
    """Rebuild the words of older versions, as an administrator; return of how many articles.

    Raises psycopg.Error; what was done until then stays.
    """
    count = 0
    for (partition,) in fetch_rows(connection, _OLD, (TOKENS,), (str,)):
        table = Identifier(partition)
        rows: list[tuple[Any, ...]] = [(-(1 << 63), 0)]
        while rows:
            with connection.transaction():
                connection.execute(LOG_LOCK)  # no newer version of an article comes meanwhile
                types = (int, int, str, str)
                rows = fetch_rows(connection, SQL(_NEXT_ROWS).format(table), rows[-1][:2], types)
                places = [row[0] for row in rows], [row[1] for row in rows]
                connection.execute(SQL(_REMOVE).format(table), places)
                found = [parse_portable(*rest) for _, _, *rest in rows]
                articles = [one.article._replace(path="") for one in found if one is not None]
                words = {article.id: make_article_words(article) for article in articles}
                send_words(connection, words)
                add_words(connection, places[1])
                if not rows:
                    connection.execute(_NOW_OURS, (TOKENS, partition))
            count += len(rows)
    return count
