"""An article as the whole program knows it, and the cleaning of text from outside (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

ArticleId = NewType("ArticleId", str)
"""What an article is known by for ever: front matter id, else URL, else its path in the library."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in an article's file; the article shows all the same.

    Attributes:
        line: 1-based line in the file, 0 where the whole file is meant.
        reason: one sentence for the user, without the line number.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Article:
    """One article, every string cleaned (see clean_text and clean_line).

    Attributes:
        id: stable identity; the key of state and index.
        path: the file, relative to its library, with forward slashes; "" where there is none yet.
        title: one line, never empty.
        date: when it was published, timezone-aware (UTC where the source names no zone).
        date_only: True where the source gave a day and no time of day.
        updated: when it was last changed by its author, or None.
        source: feed or site title, "" where unknown.
        url: a web address that passed safe_url, "" where there is none.
        authors: names in order.
        tags: as in the file, without those the user added in state.
        lang: language tag such as "en" or "zh-TW", "" where unknown.
        summary: one paragraph, "" where there is none.
        body: Markdown, may hold leftover HTML.
        draft: True where the front matter says so.
        faults: what was wrong in the file.
    """

    id: ArticleId
    path: str
    title: str
    date: datetime
    date_only: bool = False
    updated: datetime | None = None
    source: str = ""
    url: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    lang: str = ""
    summary: str = ""
    body: str = ""
    draft: bool = False
    faults: tuple[Fault, ...] = ()
