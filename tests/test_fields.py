"""The table of fields: what one row says is read, written, found, counted, shown and printed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rilo_reader.article import FIELDS, Article, ArticleField, ArticleId, Enclosure, Field
from rilo_reader.cli.search import make_record
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import Hit
from rilo_reader.library.rows import Row
from rilo_reader.query.completion import FIELD_NAMES, find_partial_term
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query
from rilo_reader.render.document import to_plain_text
from rilo_reader.store.article_fields import to_article, write_article
from rilo_reader.store.front_matter import parse as parse_file
from rilo_reader.tui.panels.facets import group_facets
from tests.index.test_index import fill
from tests.support.for_each import for_each

DAY = datetime(2020, 1, 1, tzinfo=UTC)
VALUES = {"url": "https://example.org/zebra", "lang": "zu"}
SOUND = Enclosure("https://example.org/quartz.mp3", "audio/zebra", 12_345_678, 3723)
FACETS = [one for one in FIELDS if one.facet]


def value_of(one: ArticleField) -> str:
    return VALUES.get(one.name, "Zebra Quartz")


def word_of(one: ArticleField) -> str:
    return "zu" if one.name == "lang" else "zebra"


def article_with(one: ArticleField) -> Article:
    value: Any = (value_of(one),) if one.is_many else value_of(one)
    value = (SOUND,) if one.field is Field.ENCLOSURE else value
    return Article(ArticleId("a"), "a.md", "Ivory", DAY)._replace(**{one.name: value})


@pytest.fixture(params=FIELDS, ids=lambda one: one.name)
def one(request: pytest.FixtureRequest) -> ArticleField:
    assert isinstance(request.param, ArticleField)
    return request.param


@pytest.fixture
def index(one: ArticleField, tmp_path: Path) -> SearchIndex:
    """An index of an article with this field, and of one without."""
    made = SearchIndex(tmp_path)
    fill(made, [article_with(one), Article(ArticleId("b"), "b.md", "Horn", DAY)])
    return made


def test_every_field_has_a_letter_of_its_own() -> None:
    letters = [one.letter for one in FIELDS]
    assert len(set(letters)) == len(letters)
    assert all("A" <= letter < "Z" for letter in letters)


@for_each("one", FIELDS)
def test_a_field_is_read_as_it_is_written(one: ArticleField) -> None:
    written = parse_file(write_article(article_with(one)))
    assert set(written.metadata) == {"id", "title", "date", one.name}
    read = to_article(written, "a.md", DAY)
    assert getattr(read, one.name) == getattr(article_with(one), one.name)


def test_a_field_is_found_by_its_words_and_its_value(one: ArticleField, index: SearchIndex) -> None:
    for name in (one.field, one.name):
        assert list(index.searcher.ids(parse(f"{name}:{word_of(one)}"))) == ["a"]
    assert index.searcher.count(parse(word_of(one))) == one.is_shown
    if one.facet:
        assert index.searcher.count(parse(f'{one.field}:="{value_of(one)}"')) == 1


def test_a_file_is_found_by_its_kind(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path)
    kinds = {"a": "audio/mpeg", "b": "video/mp4", "c": "", "d": None}
    one = Article(ArticleId(""), "", "Ivory", DAY)
    files = {
        name: (SOUND._replace(type=kind), SOUND) if kind == "video/mp4" else (SOUND,)
        for name, kind in kinds.items()
        if kind is not None
    } | {"c": (SOUND._replace(type="", url="https://example.org/audio/1"),)}
    fill(
        index,
        [
            one._replace(id=ArticleId(name), path=f"{name}.md", enclosures=files.get(name, ()))
            for name in kinds
        ],
    )
    found = {
        query: sorted(index.searcher.ids(parse(query)))
        for query in ("has:audio", "has:video", "has:enclosure", "-has:enclosure", "audio")
    }
    assert found == {
        "has:audio": ["a", "b"], "has:video": ["b"], "has:enclosure": ["a", "b", "c"],
        "-has:enclosure": ["d"], "audio": [],
    }  # fmt: skip
    stored = index.searcher.snapshot.find_by_id(ArticleId("b"))
    assert stored is not None and stored.enclosures == files["b"]
    made = make_record(Row.from_article(stored))["enclosures"]
    assert made == [file._asdict() for file in files["b"]]


def test_the_address_of_comments_is_in_lists(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path)
    talk = "https://talk.example/1"
    fill(index, [Article(ArticleId("a"), "a.md", "Ivory", DAY, comments=talk)])
    stored = index.searcher.snapshot.find_by_id(ArticleId("a"))
    assert stored is not None
    assert make_record(Row.from_article(stored))["comments"] == talk


def test_a_field_is_completed_and_counted(one: ArticleField, index: SearchIndex) -> None:
    assert one.field in FIELD_NAMES
    groups = group_facets(index.searcher.facets(Query()))
    if one.facet:
        typed = find_partial_term(f"{one.field}:z")
        assert typed is not None and typed.field is one.field
        assert [found.text for found in index.searcher.suggest("z", one.field)] == [value_of(one)]
        assert [entry.text for entry in groups[one.facet]] == [value_of(one)]
    else:
        assert set(groups) == {"Year"}


def test_a_field_is_shown_and_printed(one: ArticleField, index: SearchIndex) -> None:
    article = article_with(one)
    assert not one.is_shown or value_of(one) in to_plain_text(article, width=80)
    stored = index.searcher.snapshot.find_by_id(article.id)
    assert stored == Hit.from_article(article)
    row = Row.from_article(stored)
    if one.is_shown or one.field is Field.URL:
        assert make_record(row)[one.name] in (value_of(one), [value_of(one)], (value_of(one),))
