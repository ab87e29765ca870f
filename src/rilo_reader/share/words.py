"""Write the words of articles beside the log, with the version of our tokens."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence

from psycopg import Connection

from rilo_reader.article import Article
from rilo_reader.index.schema import hash64, order_of_article
from rilo_reader.share.lexemes import TOKENS, ArticleWords

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = struct.pack("!h", -1)

# The least version counts: whoever sees another one than theirs knows that words may be missed.
_NOTE_VERSION = """insert into tokens
    select distinct w.tableoid::regclass::text, {version} from words w
    join unnest(%s::bigint[], %s::bigint[]) as added(at, seq) using (at, seq)
    on conflict (partition) do update set version = least(tokens.version, excluded.version)
    where tokens.version > excluded.version"""
_ADD_WORDS = """insert into vocabulary select unnest(%s::text[]) on conflict do nothing"""


def add_words(connection: Connection, added: Iterable[tuple[int, Article, ArticleWords]]) -> None:
    """Write the words of articles that have these numbers in the log, in its transaction.

    Raises psycopg.Error.
    """
    rows: list[bytes] = []
    windows: list[bytes] = []
    orders: list[int] = []
    numbers: list[int] = []
    vocabulary: set[str] = set()
    for seq, article, words in added:
        order = order_of_article(article, hash64(article.id))
        number = struct.pack("!q", seq)
        rows.append(_row(struct.pack("!q", order), number, bytes([words.unsure]), words.vector))
        windows += [_row(number, window) for window in words.windows]
        vocabulary |= words.vocabulary
        orders.append(order)
        numbers.append(seq)
    for table, its_rows in (("words(at, seq, unsure, tsv)", rows), ("long(seq, tsv)", windows)):
        if its_rows:
            with (
                connection.cursor() as cursor,
                cursor.copy(f"copy {table} from stdin (format binary)") as copy,
            ):
                for part in _stream(its_rows):
                    copy.write(part)
    connection.execute(_NOTE_VERSION.format(version=TOKENS), (orders, numbers))
    # In order, so that two writers never wait for each other.
    connection.execute(_ADD_WORDS, (sorted(vocabulary),))


def _row(*values: bytes) -> bytes:
    sized = [struct.pack("!i", len(value)) + value for value in values]
    return struct.pack("!h", len(values)) + b"".join(sized)


def _stream(rows: Sequence[bytes]) -> Iterator[bytes]:
    yield _HEADER
    yield from rows
    yield _END
