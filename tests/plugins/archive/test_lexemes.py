"""An article as lexemes of PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from rilo_reader.article import FIELDS, Article, ArticleField, ArticleId, Enclosure
from rilo_reader.plugins.archive.conditions import make_condition
from rilo_reader.plugins.archive.lexemes import make_article_words
from rilo_reader.query.parser import parse
from tests.support.for_each import for_each

DAY = datetime(2020, 1, 1, tzinfo=UTC)


def article(**fields: object) -> Article:
    made = Article(ArticleId("a"), "2020-01-01-a-0123456789.md", "Ivory", DAY)
    return made._replace(**fields)  # type: ignore[arg-type]


def read(vector: str) -> dict[str, list[tuple[str, int]]]:
    """Lexemes with the weight and position of each place, as PostgreSQL puts them together."""
    found: dict[str, list[tuple[str, int]]] = {}
    for word, number, weight in re.findall(r"'((?:[^'\\]|''|\\\\)*)'(?::(\d+)([ABC]?))?", vector):
        found.setdefault(word, [])
        found[word] += [(weight or "D", int(number))] if number else []
    return found


def test_a_capital_names_the_field_of_a_word() -> None:
    words = make_article_words(
        article(
            title="Ivory e-mail",
            source="Asia Post",
            tags=("Customs",),
            authors=("Li Wei",),
            url="https://example.org/x",
            lang="en",
            body="an ivory horn",
        )
    )
    found = read(words.vector)
    assert found["Tivory"] == [("A", 1)]
    assert found["ivory"][0] == ("A", 1)
    assert [weight for weight, _ in found["ivory"]] == ["A", "D"]
    assert ("B", 1000) in found["Temail"]
    assert found["Sasia"] == [("A", 1)]
    assert found["=SAsia Post"] == []
    assert {"Gcustoms", "=GCustoms", "Ali", "=ALi Wei", "Uexample", "Len", "=Len"} <= found.keys()
    assert not words.has_unsure_positions
    assert words.windows == ()
    assert "Tivory" in words.vocabulary
    assert not any(word.startswith(("=", "*", "Z")) for word in words.vocabulary)


def test_neighbours_of_scripts_without_spaces_are_lexemes() -> None:
    found = read(make_article_words(article(body="象牙 走私")).vector)
    assert "Z象牙" in found
    assert "Z走私" in found
    assert "Z牙走" not in found, "with a space between them they are no neighbours"


def test_a_long_article_is_unsure_and_has_windows_that_overlap() -> None:
    words = make_article_words(article(body=" ".join(f"w{number}" for number in range(17_000))))
    assert words.has_unsure_positions
    assert "w16999" in read(words.vector)
    assert "w16999" in words.vocabulary
    places = [read(window) for window in words.windows]
    assert any("w16999" in window for window in places)
    for first in range(200, 300):  # each phrase of 32 is whole in one of them
        phrase = {f"w{number}" for number in range(first, first + 32)}
        assert any(phrase <= window.keys() for window in places)


def test_a_word_that_is_repeated_too_often_makes_an_article_unsure() -> None:
    assert make_article_words(article(body="so " * 300)).has_unsure_positions
    assert not make_article_words(article(body="so " * 200)).has_unsure_positions


def test_what_postgresql_would_refuse_is_cut() -> None:
    long = " ".join(f"w{number}{'x' * 1_900}" for number in range(700))
    words = make_article_words(article(body=f"{'x' * 5_000} {long}"))
    assert words.has_unsure_positions
    assert max(len(lexeme.encode()) for lexeme in read(words.vector)) <= 2_000


@for_each("one", FIELDS)
def test_a_query_for_any_field_asks_for_lexemes_that_an_article_has(one: ArticleField) -> None:
    value = Enclosure("https://a/b", "Zebra") if one.name == "enclosures" else "Zebra"
    found = read(
        make_article_words(article(**{one.name: (value,) if one.is_many else value})).vector
    )
    queries = [f"{one.field}:zebra", *([f'{one.field}:="Zebra"'] if one.facet else [])]
    for query in queries:
        [asked] = make_condition(parse(query).node, lambda _: ()).values.values()
        assert str(asked).strip("'") in found.keys() - {"zebra"}, query
