"""`Feed` and `Entry`: parsed feeds, web pages and mail, before they become articles (pure).

`Selectors` say which elements of a page are entries.

Parsers guarantee that all strings are cleaned (`clean_text`, `clean_line`) and that every address
passed `safe_url` or is "".
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from rilo_reader.article import Enclosure


class Form(StrEnum):
    """The markup of an entry's content."""

    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


class Entry(NamedTuple):
    """One entry of a feed, or a web page or mail message in the same form."""

    key: str = ""  # the feed's guid or id, or ""
    url: str = ""  # address of its web page, absolute, or ""
    title: str = ""  # one line, or ""
    date: datetime | None = None  # when it was published, timezone-aware, or None
    updated: datetime | None = None  # when it was last changed, timezone-aware, or None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # categories in order, without duplicates
    lang: str = ""  # language tag, or ""
    summary: str = ""  # one paragraph of plain text, or ""
    content: str = ""  # fullest text of the entry, or ""
    form: Form = Form.HTML
    base: str = ""  # base address of relative links in the content, or ""
    enclosures: tuple[Enclosure, ...] = ()
    site: str = ""  # name of the site of a page that is not from a feed, or ""
    date_only: bool = False  # whether the date has no time (then it is 00:00 UTC)
    comments: str = ""  # address of a page where it is discussed, other than `url`, or ""


class Feed(NamedTuple):
    """A parsed feed."""

    title: str = ""  # one line, or ""
    url: str = ""  # web page it belongs to, or ""
    # own address according to itself (rel="self", itunes:new-feed-url), or ""
    feed_url: str = ""
    lang: str = ""  # language tag, or ""
    entries: tuple[Entry, ...] = ()
    ttl: int = 0  # minutes not to fetch it again, 0 if not given
    skip_hours: frozenset[int] = frozenset()  # hours (0 to 23, UTC) in which not to fetch it
    # days of the week (0 is Monday, UTC) on which not to fetch it
    skip_days: frozenset[int] = frozenset()
    faults: tuple[str, ...] = ()  # problems that did not prevent parsing, one sentence each
    is_cut: bool = False  # whether it ends in the middle, so that entries may be missing
    omission: str = ""  # what is not kept since it is too much, a sentence for users, or ""


class Selectors(NamedTuple):
    """The selectors (CSS) of the entries of a web page."""

    items: str = ""  # an entry each; "" if the page is not read so
    title: str = ""  # of an entry, within its element; "" for the text of its link
    link: str = "a"  # an element with the link of an entry, in it or around it
    date: str = "time"  # an element with its date, in an attribute or as text


class Proposal(NamedTuple):
    """Selectors, and the entries that they find on the page."""

    selectors: Selectors
    entries: tuple[Entry, ...]
