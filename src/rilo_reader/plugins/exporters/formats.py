"""The formats of exports, and what they are given: articles and a heading (pure)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from rilo_reader.annotations.highlight import Highlight
from rilo_reader.article import Article
from rilo_reader.store.marks import NO_MARKS, Marks


class ExportFormat(StrEnum):
    """The formats of exports; OPML is of feeds, all others are of articles."""

    MARKDOWN = "md"
    JSON_LINES = "jsonl"
    ATOM = "atom"
    EPUB = "epub"
    HTML = "html"
    BOOKMARKS = "bookmarks"
    CSV = "csv"
    OPML = "opml"
    RIS = "ris"
    BIBTEX = "bibtex"
    CSL = "csl"

    @property
    def is_archive(self) -> bool:
        """True if its files are zip archives, which no terminal shows."""
        return self in (ExportFormat.MARKDOWN, ExportFormat.EPUB)

    @property
    def is_of_links(self) -> bool:
        """True if it has links, and no texts."""
        return self in (ExportFormat.BOOKMARKS, ExportFormat.CSV)


ENDINGS = {
    ".md": ExportFormat.MARKDOWN,
    ".zip": ExportFormat.MARKDOWN,
    ".jsonl": ExportFormat.JSON_LINES,
    ".ndjson": ExportFormat.JSON_LINES,
    ".atom": ExportFormat.ATOM,
    ".xml": ExportFormat.ATOM,
    ".epub": ExportFormat.EPUB,
    ".html": ExportFormat.HTML,
    ".htm": ExportFormat.HTML,
    ".csv": ExportFormat.CSV,
    ".opml": ExportFormat.OPML,
    ".ris": ExportFormat.RIS,
    ".bib": ExportFormat.BIBTEX,
    ".json": ExportFormat.CSL,
}
"""Suffix of a file -> format; bookmarks end as pages do."""


Pictures = Callable[[str, str], tuple[str, bytes] | None]
"""Returns the media type and data of a picture, None without one, by its address in the article
and the same as a safe URL."""


class ExportArticle(NamedTuple):
    """An article to export."""

    article: Article
    marks: Marks = NO_MARKS
    head: str = ""  # exact text of its front matter, or ""
    text: str = ""  # of its whole file
    highlights: tuple[Highlight, ...] = ()
    pictures: Pictures = lambda address, url: None


class ExportHeading(NamedTuple):
    """The heading of an export."""

    title: str
    query: str = ""  # text of the query, "" for all articles
    total: int = 0  # articles
    end: str = ""  # a sentence after the last article, "" for none
