"""The formats of exports, and what they are given: articles and a heading (pure)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from rilo_reader.annotations.highlight import Highlight
from rilo_reader.article import Article
from rilo_reader.store.gestures import NO_MARKS, Marks


class Format(StrEnum):
    """The formats of exports."""

    MARKDOWN = "md"
    JSON_LINES = "jsonl"
    ATOM = "atom"
    EPUB = "epub"
    HTML = "html"
    OPML = "opml"


ENDINGS = {
    **{".md": Format.MARKDOWN, ".zip": Format.MARKDOWN, ".jsonl": Format.JSON_LINES},
    **{".ndjson": Format.JSON_LINES, ".atom": Format.ATOM, ".xml": Format.ATOM},
    **{".epub": Format.EPUB, ".html": Format.HTML, ".htm": Format.HTML, ".opml": Format.OPML},
}
"""Suffix of a file -> format."""


class Exported(NamedTuple):
    """An article to export."""

    article: Article
    marks: Marks = NO_MARKS
    head: str = ""  # exact text of its front matter, or ""
    text: str = ""  # of its whole file
    highlights: tuple[Highlight, ...] = ()


class Heading(NamedTuple):
    """The heading of an export."""

    title: str
    query: str = ""  # text of the query, "" for all articles
    total: int = 0  # articles
    end: str = ""  # a sentence after the last article, "" for none
