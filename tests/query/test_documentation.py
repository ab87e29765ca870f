"""Every example of docs/query.md."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.article import Article, ArticleId, Enclosure
from rilo_reader.index.index import SearchIndex
from rilo_reader.query.edit import to_text
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import WORD_FIELDS
from tests.index.test_index import fill
from tests.support.for_each import for_each
from tests.support.marked import Marked

PAGE = (Path(__file__).parent.parent.parent / "docs" / "query.md").read_text("utf-8")
TODAY = datetime(2021, 5, 20, 15, tzinfo=UTC)
READ = {"Ivory in the post", "Fake labels"}
MARKED = Marked(
    READ,
    {"象牙走私"},
    tags={"later": {"A café in Hà Nội"}},
    notes={"Fake labels": ["Trademark office informed."]},
    highlighted={"Fake labels", "Ivory in the post"},
    edited={"Fake labels"},
)


def rows(heading: str) -> list[list[str]]:
    """The rows of the tables with this first heading."""
    found: list[list[str]] = []
    inside = False
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        if not line.startswith("|"):
            inside = False
        elif ", ".join(cells).startswith(heading):
            inside = True
        elif inside and not set(line) <= set("|-"):
            found.append([cell.replace("\\|", "|") for cell in cells])
    return found


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    index = SearchIndex(tmp_path_factory.mktemp("query"), flags=MARKED)
    articles = []
    for title, date, source, tags, authors, lang, text, kind in rows("article, date"):
        name = re.sub(r"\W+", "-", title)
        articles.append(
            Article(
                id=ArticleId(title),
                path=f"{name}.md",
                title=title,
                date=datetime.fromisoformat(f"{date}T12:00Z"),
                source=source,
                url=f"https://example.org/{name}",
                tags=tuple(tags.split(", ")) if tags else (),
                authors=(authors,) if authors else (),
                lang=lang,
                body=text,
                enclosures=(Enclosure("https://example.org/file", kind),) if kind else (),
            )
        )
    assert len(articles) == 5
    fill(index, articles)
    return index


@for_each("query, finds", rows("query, finds"))
def test_examples(index: SearchIndex, query: str, finds: str) -> None:
    asked = parse(query.strip("`"), now=TODAY)
    assert asked.faults == ()
    found = index.searcher.search(asked).rows
    expected = [title.strip() for title in finds.split(";")] if finds else []
    assert sorted(hit.title for hit in found) == sorted(expected)
    assert parse(to_text(asked, now=TODAY), now=TODAY) == asked


@for_each("query, read, said", rows("query, is read as"))
def test_faults(query: str, read: str, said: str) -> None:
    text = query.strip("`")
    asked = parse(text, now=TODAY)
    assert to_text(asked, now=TODAY) == read.strip("`")
    assert [text[fault.start : fault.end] for fault in asked.faults] == [said.strip("`")]


@for_each("name", WORD_FIELDS)
def test_every_field_has_an_answer(index: SearchIndex, name: str) -> None:
    assert index.searcher.search(parse(f"{name}:nowhere")).rows == ()


def test_there_are_examples() -> None:
    assert len(rows("query, finds")) > 60
    assert len(rows("query, is read as")) > 5
    asked = {name for query, *_ in rows("query, finds") for name in re.findall(r"(\w+):", query)}
    assert {WORD_FIELDS.get(name) for name in asked} >= set(WORD_FIELDS.values())
