"""Hostile text in the pure rooms: what is read from a file and laid out holds no control."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId
from rilo_reader.render.document import Layout, render, to_plain_text
from rilo_reader.store import folder as store
from rilo_reader.text import clean_line, clean_text
from tests.support.for_each import for_each
from tests.support.hostile import CONTROLS, ENTITIES, LINKS, MARKUP, UNWANTED, payloads
from tests.support.hostile_library import body, fill, fill_recordings
from tests.support.shared import Data, samples, samples_and_corpus
from tests.support.verdict import safe_address

hostile_characters = st.sampled_from(
    "\x00\x07\x08\t\n\r\x1b\x7f\x85\x9b\x9d\u2028\u202e\u2066\ufeff\ufff9\U000e0041\ud800\udfff"
    "]0;m[?8:/.@%&#ahtps é\u200d"
)
hostile_text = st.text(hostile_characters)


@for_each("name", CONTROLS)
def test_payloads_are_cleaned_and_their_words_stay(name: str) -> None:
    mark, text = payloads()[name]
    for cleaned in (clean_text(text), clean_line(text)):
        assert not UNWANTED.search(cleaned)
        assert mark in cleaned


@for_each("name", MARKUP)
def test_markup_is_text(name: str) -> None:
    text = payloads()[name][1]
    assert clean_text(text) == text
    assert clean_line(text) == text


# -- through the store --------------------------------------------------------------------------


def strings(value: object) -> list[str]:
    """Every string in a value of dataclasses and tuples."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple | list):
        return [text for item in value for text in strings(item)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [
            text
            for field in dataclasses.fields(value)
            for text in strings(getattr(value, field.name))
        ]
    return []


def check_read(library: Path) -> list[Article]:
    """Read everything there is; returns the articles once each string of theirs is proved clean."""
    articles = []
    for entries in store.scan_folder(library):
        for entry in entries:
            article = store.read_article(library, entry.path)
            # The path is the name on the disk; whoever shows it cleans it. So may an id be.
            shown = article._replace(path="", id=ArticleId(""))
            for text in strings(shown):
                assert not UNWANTED.search(text), (entry.path, text)
            lines = (article.title, article.source, article.lang, *article.tags, *article.authors)
            assert not any("\n" in line or len(line) > 500 for line in lines), entry.path
            assert article.url == "" or safe_address(article.url), entry.path
            articles.append(article)
    return articles


def test_every_field_that_the_store_reads_is_clean(tmp_path: Path) -> None:
    marks = fill(tmp_path)
    articles = check_read(tmp_path)
    titles = " ".join(article.title for article in articles)
    bodies = " ".join(article.body for article in articles)
    for mark in marks:
        assert mark in titles
        assert f"Body {mark}" in bodies


@samples_and_corpus
def test_recorded_terminal_sessions_are_clean(data: Data, tmp_path: Path) -> None:
    recordings = list(data("security").rglob("*.in"))
    marks = fill_recordings(tmp_path, recordings)
    articles = check_read(tmp_path)
    assert len(marks) > (10 if data is samples else 30)
    assert len(articles) == len(marks)


# -- through the page -----------------------------------------------------------------------------


def article_of(text: str) -> Article:
    # The body comes as the store hands it on: cleaned. What Markdown and HTML decode comes after.
    return Article(
        id=ArticleId("x"),
        path="x.md",
        title=clean_line(text[:200]) or "x",
        date=datetime(2024, 1, 1, tzinfo=UTC),
        source=clean_line(text[:50]),
        body=clean_text(text),
    )


def check_page(text: str, width: int = 60) -> str:
    """Lay a text out; returns the page as text once it is proved clean."""
    article = article_of(text)
    page = list(render(article, Layout(width, number_links=True), ""))[-1]
    lines = [line.text for line in page.lines]
    for shown in (*lines, *(link.text for link in page.links)):
        assert not UNWANTED.search(shown), shown
        assert "\n" not in shown
        assert "\t" not in shown
    assert not any(UNWANTED.search(heading.title) for heading in page.headings)
    assert all(safe_address(link.url) for link in page.links)
    for line in page.lines:
        for segment in line.segments:
            assert segment.control is None
            link = segment.style.link if segment.style else None
            assert link is None or safe_address(link)
    assert not UNWANTED.search(to_plain_text(article))
    return "\n".join(lines)


@pytest.mark.parametrize("name", payloads())
def test_pages_of_payloads_are_clean(name: str) -> None:
    mark, text = payloads()[name]
    assert check_page(body(mark, text)).count(mark) > 10


@for_each("text", ENTITIES)
def test_what_entities_decode_to_is_clean(text: str) -> None:
    entity = text.format("markx")
    page = check_page(
        f"Words {entity} here\n\n# Head {entity}\n\n`{entity}`\n\n<p>{entity}</p>\n\n"
        f"[text {entity}](https://example.org/{entity} '{entity}')\n\n"
        f'<a href="https://example.org/{entity}">{entity}</a> <img alt="{entity}" src="x">\n\n'
        f"<table><tr><td>{entity}</td></tr></table>\n\n| {entity} |\n|---|\n| {entity} |\n"
    )
    assert page.count("markx") > 5


@for_each("text", LINKS)
def test_links_show_their_text_and_lead_to_safe_places_only(text: str) -> None:
    page = check_page(text.format("markx"))
    hidden = text.startswith("<script") or "src=" in text
    assert "markx" in page or hidden


@given(hostile_text, st.sampled_from(["{}", "# {}", "`{}`", "[{}](https://x.org/{})", "<{}>"]))
def test_any_page_is_clean(text: str, form: str) -> None:
    check_page(form.replace("{}", text), 20)
