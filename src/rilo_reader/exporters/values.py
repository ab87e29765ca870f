"""What is exported, and in which format (pure)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from rilo_reader.article import Article
from rilo_reader.store.marks import NO_MARKS, Marks


class Format(StrEnum):
    """What articles are written as."""

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
"""The format that the ending of a file's name means."""


class Exported(NamedTuple):
    """One article on its way out.

    Attributes:
        article: as the library reads it.
        marks: of the user.
        head: its file's front matter, character for character; "" where it has none.
        text: the whole text of its file.
    """

    article: Article
    marks: Marks = NO_MARKS
    head: str = ""
    text: str = ""


class Heading(NamedTuple):
    """What stands above all articles.

    Attributes:
        title: of the whole.
        query: what was asked for, "" for everything.
        total: how many articles there are.
    """

    title: str
    query: str = ""
    total: int = 0
