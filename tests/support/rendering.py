"""What the tests of rendering share: articles made of a body, and pages as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rilo_reader.article import Article, ArticleId
from rilo_reader.dialects import named
from rilo_reader.render.document import Layout, render_whole
from rilo_reader.render.page import Page
from rilo_reader.text import clean_text


def make_article(body: str = "", **fields: Any) -> Article:
    """An article as the store would give it, with this body."""
    values: dict[str, Any] = {
        "id": ArticleId("a"),
        "path": "a.md",
        "title": "The title",
        "date": datetime(2019, 3, 7, tzinfo=UTC),
        "date_only": True,
        "source": "RILO AP",
        "url": "https://www.example.org/news/a",
        "body": named(fields.get("dialect", "")).body(clean_text(body), "a.md", lambda path: None),
    }
    return Article(**{**values, **fields})


def page_of(body: str, width: int = 60, **fields: Any) -> Page:
    """The whole page of a body."""
    return render_whole(make_article(body, **fields), Layout(width), "7 March 2019")


def body_of(body: str, width: int = 60, **fields: Any) -> str:
    """The body's lines as text, without the head above it and the rules below headings."""
    page = page_of(body, width, **fields)
    below = {number for number, line in enumerate(page.lines, 1) if line.joint == ""}
    return "\n".join(
        line.text.rstrip()
        for number, line in enumerate(page.lines[page.head_lines + 1 :], page.head_lines + 1)
        if not (number in below and line.text.endswith("─") and line.body_letters == 0)
    )
