"""Write the words of articles beside the log, with the version of our tokens."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import Connection

from rilo_reader.article import Article
from rilo_reader.index.schema import hash64, order_of_article
from rilo_reader.share.lexemes import TOKENS, words_of

# The least version counts: whoever sees another one than theirs knows that words may be missed.
_NOTE_VERSION = """insert into tokens
    select distinct w.tableoid::regclass::text, {version} from words w
    join unnest(%s::bigint[], %s::bigint[]) as added(at, seq) using (at, seq)
    on conflict (partition) do update set version = least(tokens.version, excluded.version)
    where tokens.version > excluded.version"""
_ADD_WORDS = """insert into vocabulary select unnest(%s::text[]) on conflict do nothing"""


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
