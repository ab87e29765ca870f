"""What the schema of a shared archive promises, as SQL of each role."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege, QueryCanceled

from rilo_reader.plugins.archive import schema
from rilo_reader.plugins.archive.connection import ArchiveAddress, connect_archive
from rilo_reader.plugins.archive.schema import make_roles
from tests.support.postgresql import Archive

pytestmark = [pytest.mark.service, pytest.mark.slow]

ADD = "insert into log(id, at, text) values (%s, 0, %s) returning seq"


@pytest.fixture
def made(archive: Archive) -> Archive:
    """An archive with one member of each role: rita, conrad, carl (contributors), anna."""
    with psycopg.connect(archive.url()) as connection:
        schema.create_tables(connection)
    members = {"rita": "reader", "conrad": "contributor", "carl": "contributor"}
    for person, role in {**members, "anna": "administrator"}.items():
        archive.sql(f"grant {getattr(make_roles(archive.name), role)} to {archive.login(person)}")
    return archive


@pytest.fixture
def as_(made: Archive) -> Iterator[dict[str, psycopg.Connection]]:
    """A connection of each member."""
    options = "-c search_path=rilo"
    found = {
        person: psycopg.connect(made.url(person), options=options, autocommit=True)
        for person in ("rita", "conrad", "carl", "anna")
    }
    yield found
    for connection in found.values():
        connection.close()


def one(connection: psycopg.Connection, statement: str, *values: object) -> object:
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return row[0]


def test_a_reader_reads_and_cannot_write(as_: dict[str, psycopg.Connection]) -> None:
    one(as_["conrad"], ADD, "a", "text")
    assert one(as_["rita"], "select text from log") == "text"
    for statement in (
        "insert into log(id, at, text) values ('b', 0, '')",
        "update log set text = ''",
        "delete from log",
        "truncate log",
        "insert into words values (0, 1, false, '')",
        "update archive set rows_a_day = 0",
        "select rilo.count_quota(-1000000, 0)",
        "create table rilo.mine()",
        "drop table log",
    ):
        with pytest.raises(InsufficientPrivilege):
            as_["rita"].execute(statement)


def test_a_contributor_neither_forges_nor_changes_nor_deletes(
    as_: dict[str, psycopg.Connection],
) -> None:
    seq = one(as_["carl"], ADD, "a", "carl's")
    for statement in (
        "insert into log(id, at, text, writer) values ('b', 0, '', 'anna')",
        "insert into log(id, at, text, seq) values ('b', 0, '', 1)",
        "insert into log(id, at, text, added) values ('b', 0, '', now())",
        "update log set text = ''",
        "delete from log",
        "delete from words",
        "select * from quota",
    ):
        with pytest.raises(InsufficientPrivilege):
            as_["conrad"].execute(statement)
    with pytest.raises(psycopg.DatabaseError, match="only what is yours"):
        as_["conrad"].execute("insert into log(id, at, text, deleted) values ('a', 0, '', true)")
    with pytest.raises(psycopg.DatabaseError, match="another's"):
        as_["conrad"].execute("insert into words values (0, %s, false, '')", [seq])
    as_["carl"].execute("insert into words values (0, %s, false, 'x')", [seq])
    as_["carl"].execute("insert into log(id, at, text, deleted) values ('a', 0, '', true)")
    assert one(as_["rita"], "select count(*) from words") == 0, "words of versions before go"


def test_nobody_sees_or_forges_marks_of_others(as_: dict[str, psycopg.Connection]) -> None:
    mark = "insert into mark(field, id, value, stamp, shared) values (%s, 'a', '1', 5, %s)"
    as_["conrad"].execute(mark, ("starred", False))
    as_["conrad"].execute(mark, ("highlight:1", True))
    for person in ("rita", "carl", "anna"):
        rows = as_[person].execute("select field from mark").fetchall()
        assert rows == [("highlight:1",)]
        if person != "anna":
            with pytest.raises(InsufficientPrivilege):
                as_[person].execute("insert into mark(person, field, id, value, stamp) "
                                    "values ('conrad', 'read', 'a', '1', 5)")  # fmt: skip
        assert as_[person].execute("update mark set value = '0'").rowcount == 0
        assert as_[person].execute("delete from mark").rowcount == 0


def test_sizes_and_rows_are_bounded(made: Archive, as_: dict[str, psycopg.Connection]) -> None:
    with pytest.raises(CheckViolation):
        as_["conrad"].execute(ADD, ("a", "x" * (schema.TEXT_LIMIT + 1)))
    with pytest.raises(CheckViolation):
        as_["conrad"].execute(ADD, ("x" * (schema.ID_LIMIT + 1), ""))
    made.sql("update rilo.archive set rows_a_day = 100")
    many = "insert into log(id, at, text) select 'm' || n, 0, '' from generate_series(1, 101) n"
    with pytest.raises(psycopg.DatabaseError, match="in a day"):
        as_["conrad"].execute(many)
    as_["anna"].execute(many)
    assert one(as_["rita"], "select count(*) from log") == 101


def test_words_are_bounded_too(made: Archive, as_: dict[str, psycopg.Connection]) -> None:
    made.sql("update rilo.archive set bytes_a_day = 100000")
    seq = one(as_["conrad"], ADD, "a", "text")
    many = "select 0, %s, false, 'a b c' from generate_series(1, 100000)"
    for statement, values in (
        (f"insert into words {many}", [seq]),
        ("insert into long select %s, 'a b c' from generate_series(1, 100000)", [seq]),
        ("insert into vocabulary select n::text from generate_series(1, 100000) n", []),
    ):
        with pytest.raises(psycopg.DatabaseError, match="in a day"):
            as_["conrad"].execute(statement, values)
    with pytest.raises(psycopg.DatabaseError, match="not the words"):
        as_["conrad"].execute("insert into tokens values ('anything', 1)")
    assert one(as_["rita"], "select count(*) from words") == 0


def test_versions_and_vocabulary_are_those_of_ones_own_words(
    made: Archive, as_: dict[str, psycopg.Connection]
) -> None:
    def added(person: str, word: str, version: int) -> None:
        with as_[person].transaction():
            seq = one(as_[person], ADD, word, "text")
            as_[person].execute("insert into words values (0, %s, false, %s)", [seq, word])
            as_[person].execute("insert into vocabulary values (%s)", [word])
            as_[person].execute(
                """insert into tokens values ('words_before', %s) on conflict (partition)
                do update set version = least(tokens.version, excluded.version)""",
                [version],
            )

    added("carl", "one", 7)
    added("conrad", "two", 7)
    for statement in (
        "update tokens set version = 999",
        "update tokens set version = 0",
        "update tokens set partition = 'words_2019'",
        "insert into tokens values ('words_2019', 3)",
        "insert into tokens values ('log', 3)",
        "insert into vocabulary values ('three')",
        "insert into vocabulary select 'x' || n from generate_series(1, 6000) n",
    ):
        with pytest.raises(psycopg.DatabaseError, match="not the words"):
            as_["conrad"].execute(statement)
    assert one(as_["rita"], "select string_agg(partition || version, '') from tokens") == (
        "words_before7"
    )
    added("conrad", "three", 6)  # their own words may be of an older version
    assert one(as_["rita"], "select version from tokens") == 6
    as_["anna"].execute("update tokens set version = 7")


def test_an_archive_of_an_earlier_version_is_mended(
    made: Archive, as_: dict[str, psycopg.Connection]
) -> None:
    made.sql("drop trigger given on rilo.tokens; drop function rilo.tokens_given")
    made.sql("insert into rilo.tokens values ('words_2019', 7)")
    as_["conrad"].execute("update tokens set version = 999")
    schema.upgrade_archive(as_["anna"])
    schema.upgrade_archive(as_["anna"])
    with pytest.raises(psycopg.DatabaseError, match="not the words"):
        as_["conrad"].execute("update tokens set version = 998")


def test_statements_and_waits_have_limits(
    made: Archive, as_: dict[str, psycopg.Connection]
) -> None:
    assert one(as_["rita"], "show statement_timeout") == "5min", "also for other programs"
    address = ArchiveAddress(made.url("rita"))
    with connect_archive(address, address.password) as ours:
        limits = {
            name: one(ours, f"show {name}")
            for name in (
                "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"
            )
        }  # fmt: skip
        assert list(limits.values()) == ["2min", "40s", "25s"]
        ours.execute("set statement_timeout = 10")
        with pytest.raises(QueryCanceled):
            ours.execute("select pg_sleep(5)")


def test_no_number_appears_after_a_greater_one(made: Archive) -> None:
    """Eight writers, some of whom roll back, and a puller that misses none."""

    def write(writer: int) -> list[object]:
        done = []
        with psycopg.connect(made.url("conrad"), options="-c search_path=rilo") as connection:
            for number in range(60):
                name = f"{writer}-{number}"
                seqs = [one(connection, ADD, f"{name}-{n}", "text") for n in range(3)]
                if number % 20 == 7:
                    connection.rollback()
                else:
                    connection.commit()
                    done += seqs
        return done

    with ThreadPoolExecutor(8) as threads:
        writing = [threads.submit(write, number) for number in range(8)]
        pulled: list[object] = []
        with psycopg.connect(made.url("rita"), options="-c search_path=rilo") as connection:
            connection.autocommit = True
            last: object = 0
            is_last = False
            while not is_last:
                is_last = all(one_.done() for one_ in writing)
                for (seq,) in connection.execute(
                    "select seq from log where seq > %s order by seq", [last]
                ):
                    pulled.append(seq)
                    last = seq
    written = sorted(seq for one_ in writing for seq in one_.result())  # type: ignore[type-var]
    assert pulled == written
    assert len(written) == 8 * 57 * 3


def test_texts_and_words_of_all_partitions_are_compressed_by_lz4(made: Archive) -> None:
    others = made.sql(
        "select attrelid::regclass from pg_attribute join pg_class on pg_class.oid = attrelid "
        "where relnamespace = 'rilo'::regnamespace and relkind = 'r' "
        "and attname in ('text', 'tsv') and attcompression <> 'l'"
    )
    assert others == ""
