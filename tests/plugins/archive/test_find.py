"""A real PostgreSQL finds what the local index finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from tools.judge.archive import (
    PHRASE_PREFIX,
    Question,
    articles_in,
    differences,
    fill,
    index_of,
    questions,
)

from rilo_reader.article import Article, ArticleId
from rilo_reader.library.remote import TooSlowError
from rilo_reader.plugins.archive import find, schema
from rilo_reader.plugins.archive.find import ArchiveFinder
from rilo_reader.plugins.archive.lexemes import TOKENS
from rilo_reader.plugins.archive.words_table import describe_words_problem, rebuild_words
from rilo_reader.query.parser import parse
from tests.support.postgresql import Archive
from tests.support.shared import samples

pytestmark = [pytest.mark.service, pytest.mark.slow]

DAY = datetime(2015, 1, 1, tzinfo=UTC)


@pytest.fixture
def connection(archive: Archive) -> Iterator[psycopg.Connection]:
    """A connection to an archive without articles."""
    options = "-c search_path=rilo"
    with psycopg.connect(archive.url(), options=options, autocommit=True) as connection:
        schema.create_tables(connection)
        yield connection


def article(number: int, **fields: object) -> Article:
    name = f"2015-01-01-a{number}-0123456789.md"
    made = Article(ArticleId(f"a{number}"), name, f"Number {number}", DAY + timedelta(number))
    return made._replace(**fields)  # type: ignore[arg-type]


def total(connection: psycopg.Connection, text: str) -> int:
    *_, found = ArchiveFinder(connection).find_articles(parse(text), 0)
    return found.total


def test_server_and_local_index_answer_alike(
    connection: psycopg.Connection, tmp_path: Path
) -> None:
    extra = [
        article(1, body="象牙走私 在 海关。 象牙 走私", lang="zh", tags=("it's", "a\\b")),
        article(2, title="E-mail, C++ and AT&T", body="an e-mail about .NET"),
        article(3, body="so " * 400 + "far so good"),
        article(4, body=" ".join(f"w{n}" for n in range(17_000)) + " the very end"),
    ]
    articles = [*articles_in(samples("md")), *extra]
    fill(connection, articles)
    asked = questions(articles, 200) + [
        Question("a long article", text)
        for text in ('"the very end"', '"so far so good"', '"w16500 w16501"', '"w16501 w16500"',
                     "tag:=\"it's\"", 'tag:="a\\b"', '"象牙走私"', '"走私 在"', "title:c++")
    ]  # fmt: skip
    odd = list(differences(asked, index_of(articles, tmp_path), connection))
    assert [one for one in odd if one[0].kind != PHRASE_PREFIX] == []


def test_a_common_word_has_its_page_before_its_total(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "COUNT_UP_TO", 20)
    fill(connection, [article(number, body="ivory") for number in range(50)])
    first, last = ArchiveFinder(connection).find_articles(parse("ivory"), 10)
    assert (first.total, first.is_exact) == (20, False)
    assert (last.total, last.is_exact) == (50, True)
    assert [place.order for place in first.places] == sorted(
        (place.order for place in first.places), reverse=True
    )
    assert first.places == last.places


def test_at_least_so_many_where_counting_takes_too_long(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "COUNT_UP_TO", 20)
    # Long enough for the statement that sets the next limit, under load.
    monkeypatch.setattr(find, "COUNT_LIMIT", 0.5)
    fill(connection, [article(number, body="ivory " * 50) for number in range(50)])
    slow = "select count(*) from words w, pg_sleep(60) where {}"
    monkeypatch.setattr(find, "_COUNT", slow)
    [found] = ArchiveFinder(connection).find_articles(parse("ivory"), 10)
    assert not found.is_exact
    assert len(found.places) == 10
    assert total(connection, "horn") == 0, "the connection is of use afterwards"


def test_a_pattern_for_too_many_words_says_so(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "_WORDS_LIMIT", 20)
    fill(connection, [article(1, body=" ".join(f"w{number}" for number in range(50)))])
    assert total(connection, "/w1./") == 1
    with pytest.raises(TooSlowError, match="too many words"):
        total(connection, "/w.*/")


def test_each_partition_knows_whose_tokens_it_has(connection: psycopg.Connection) -> None:
    fill(connection, [article(1), article(400)])
    rows = connection.execute("select * from tokens order by partition").fetchall()
    assert rows == [("words_2015", TOKENS), ("words_2016", TOKENS)]
    assert describe_words_problem(connection) == ""
    connection.execute("update tokens set version = version - 1 where partition = 'words_2015'")
    assert "share reindex" in describe_words_problem(connection)
    fill(connection, [article(2)])
    assert "may miss" in describe_words_problem(connection), "what was written before is as it was"
    connection.execute("update tokens set version = version + 1")
    assert "Update this one" in describe_words_problem(connection)


def test_words_of_another_version_are_written_anew(connection: psycopg.Connection) -> None:
    fill(connection, [article(number, body="ivory") for number in (1, 2, 400)])
    connection.execute("update log set text = replace(text, 'ivory', 'horn'); delete from long")
    connection.execute("update tokens set version = version - 1 where partition = 'words_2015'")
    assert rebuild_words(connection) == 2
    assert (total(connection, "ivory"), total(connection, "horn")) == (1, 2)
    assert total(connection, "article") == 0, "no file has a name there"
    assert describe_words_problem(connection) == ""
    assert rebuild_words(connection) == 0


def test_marks_of_this_person_are_asked(connection: psycopg.Connection) -> None:
    fill(connection, [article(1), article(2), article(3)])
    mark = "insert into mark(field, id, value, stamp) values (%s, %s, %s, 5)"
    for values in (("read", "a1", "1"), ("read", "a2", "0"), ("starred", "a1", "1"),
                   ("note:1", "a3", "n")):  # fmt: skip
        connection.execute(mark, values)
    assert total(connection, "is:read") == 1
    assert total(connection, "is:unread number") == 2
    assert total(connection, "is:starred -is:read") == 0
    assert total(connection, "has:note OR is:starred") == 2


def test_an_edited_article_is_found_by_its_newest_words(connection: psycopg.Connection) -> None:
    fill(connection, [article(1, body="ivory")])
    fill(connection, [article(1, body="horn")])
    assert total(connection, "ivory") == 0
    assert total(connection, "horn") == 1
