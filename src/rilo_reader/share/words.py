"""Write the words of articles beside the log, with the version of our tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from rilo_reader.article import Article
from rilo_reader.index.schema import hash64, order_of_article
from rilo_reader.share.lexemes import TOKENS, words_of
from rilo_reader.share.portable import received
from rilo_reader.share.schema import LOG_LOCK

# The least version counts: whoever sees another one than theirs knows that words may be missed.
_NOTE_VERSION = """insert into tokens
    select distinct w.tableoid::regclass::text, {version} from words w
    join unnest(%s::bigint[], %s::bigint[]) as added(at, seq) using (at, seq)
    on conflict (partition) do update set version = least(tokens.version, excluded.version)
    where tokens.version > excluded.version"""
_ADD_WORDS = """insert into vocabulary select unnest(%s::text[]) on conflict do nothing"""

_VERSIONS = "select coalesce(min(version), %(ours)s), coalesce(max(version), %(ours)s) from tokens"
_OLD = "select partition from tokens where version < %s order by partition"
_NEXT = """select w.at, w.seq, l.id, l.text from {} w join log l on l.seq = w.seq
    where (w.at, w.seq) > (%s, %s) order by w.at, w.seq limit 500"""
_REMOVE = """with gone as (delete from {} w using unnest(%s::bigint[], %s::bigint[]) as old(at, seq)
        where w.at = old.at and w.seq = old.seq returning w.seq)
    delete from long using gone where long.seq = gone.seq"""
_NOW_OURS = "update tokens set version = %s where partition = %s"


def add_words(connection: Connection, added: Iterable[tuple[int, Article]]) -> None:
    """Write the words of articles that have these numbers in the log, in its transaction.

    Raises psycopg.Error.
    """
    rows: list[tuple[int, int, bool, str]] = []
    windows: list[tuple[int, str]] = []
    vocabulary: set[str] = set()
    for seq, article in added:
        words = words_of(article)
        rows.append(
            (order_of_article(article, hash64(article.id)), seq, words.unsure, words.vector)
        )
        windows += [(seq, window) for window in words.windows]
        vocabulary |= words.vocabulary
    for table, its_rows in (("words(at, seq, unsure, tsv)", rows), ("long(seq, tsv)", windows)):
        with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin") as copy:
            for row in its_rows:
                copy.write_row(row)
    orders, numbers = [row[0] for row in rows], [row[1] for row in rows]
    connection.execute(_NOTE_VERSION.format(version=TOKENS), (orders, numbers))
    # In order, so that two writers never wait for each other.
    connection.execute(_ADD_WORDS, (sorted(vocabulary),))


def words_problem(connection: Connection) -> str:
    """Say, if so, that another version of our program wrote words, and what to do; "" if not."""
    [(oldest, newest)] = connection.execute(_VERSIONS, {"ours": TOKENS}).fetchall()
    if oldest == newest == TOKENS:
        return ""
    is_newer = newest > TOKENS
    todo = "Update this one" if is_newer else "Ask an administrator: rilo-reader share reindex"
    return f"Another version of rilo-reader wrote words, so a search may miss articles. {todo}"


def write_anew(connection: Connection) -> int:
    """Write the words of older versions anew, as an administrator; return of how many articles.

    Raises psycopg.Error; what was done until then stays.
    """
    count = 0
    for (partition,) in connection.execute(_OLD, (TOKENS,)).fetchall():
        table = Identifier(partition)
        rows: list[tuple[Any, ...]] = [(-(1 << 63), 0)]
        while rows:
            with connection.transaction():
                connection.execute(LOG_LOCK)  # no newer version of an article comes meanwhile
                rows = connection.execute(SQL(_NEXT).format(table), rows[-1][:2]).fetchall()
                places = [row[0] for row in rows], [row[1] for row in rows]
                connection.execute(SQL(_REMOVE).format(table), places)
                found = [(seq, _received(*rest)) for _, seq, *rest in rows]
                add_words(connection, [(seq, one) for seq, one in found if one is not None])
                if not rows:
                    connection.execute(_NOW_OURS, (TOKENS, partition))
            count += len(rows)
    return count


def _received(identity: str, text: str) -> Article | None:
    one = received(identity, text)
    return None if one is None else one.article._replace(path="")
