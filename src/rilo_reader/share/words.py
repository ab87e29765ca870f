"""Write the words of articles beside the log, with the version of our tokens."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence

from psycopg import Connection

from rilo_reader.article import Article
from rilo_reader.share.lexemes import TOKENS, words_of

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = struct.pack("!h", -1)

_NEW = """
    create temp table if not exists new_words(id text, unsure boolean, tsv tsvector)
        on commit delete rows;
    create temp table if not exists new_long(id text, tsv tsvector) on commit delete rows;
    create temp table if not exists new_vocabulary(word text) on commit delete rows"""
_SEND_VOCABULARY = "insert into new_vocabulary select unnest(%s::text[])"
# The least version counts: whoever sees another one than theirs knows that words may be missed.
# Words in order, so that two writers never wait for each other.
_ADD = """
    insert into words(at, seq, unsure, tsv) select l.at, l.seq, n.unsure, n.tsv
        from new_words n join log l using (id) where l.seq >= {first};
    insert into long(seq, tsv) select l.seq, n.tsv
        from new_long n join log l using (id) where l.seq >= {first};
    insert into tokens select distinct w.tableoid::regclass::text, {version}
        from words w join log l using (at, seq) where l.seq >= {first}
        on conflict (partition) do update set version = least(tokens.version, excluded.version)
        where tokens.version > excluded.version;
    insert into vocabulary select word from new_vocabulary order by word on conflict do nothing"""


def send_words(connection: Connection, articles: Iterable[Article]) -> None:
    """Bring the words of articles to the server, where nobody else sees them, in a transaction.

    Raises psycopg.Error.
    """
    rows: list[bytes] = []
    windows: list[bytes] = []
    vocabulary: set[str] = set()
    for article in articles:
        words, name = words_of(article), article.id.encode()
        rows.append(_row(name, bytes([words.unsure]), words.vector))
        windows += [_row(name, window) for window in words.windows]
        vocabulary |= words.vocabulary
    connection.execute(_NEW)
    for table, its_rows in (("new_words", rows), ("new_long", windows)):
        if its_rows:
            with (
                connection.cursor() as cursor,
                cursor.copy(f"copy {table} from stdin (format binary)") as copy,
            ):
                for part in _stream(its_rows):
                    copy.write(part)
    connection.execute(_SEND_VOCABULARY, (list(vocabulary),))


def add_words(connection: Connection, first: int) -> None:
    """Add the words that were sent, of articles that this transaction added to the log.

    `first` is the least number that they got. Raises psycopg.Error.
    """
    connection.execute(_ADD.format(first=first, version=TOKENS))


def _row(*values: bytes) -> bytes:
    sized = [struct.pack("!i", len(value)) + value for value in values]
    return struct.pack("!h", len(values)) + b"".join(sized)


def _stream(rows: Sequence[bytes]) -> Iterator[bytes]:
    yield _HEADER
    yield from rows
    yield _END
