"""`Feed` and `Entry`: parsed feeds, web pages and mail, before they become articles (pure).

Parsers guarantee that all strings are cleaned (`clean_text`, `clean_line`) and that every address
passed `safe_url` or is "".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Form(StrEnum):
    """The markup of an entry's content."""

    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


class Enclosure(NamedTuple):
    """A file attached to an entry: audio, video or a document.

    Attributes:
        url: its address.
        type: its media type, or "".
        length: its size in bytes, 0 if unknown.
    """

    url: str
    type: str = ""
    length: int = 0


class Entry(NamedTuple):
    """One entry of a feed, or a web page or mail message in the same form.

    Attributes:
        key: the feed's guid or id, or "".
        url: the address of its web page, absolute, or "".
        title: one line, or "".
        date: when it was published, timezone-aware, or None.
        updated: when it was last changed, timezone-aware, or None.
        authors: names in order.
        tags: categories in order, without duplicates.
        lang: language tag, or "".
        summary: one paragraph of plain text, or "".
        content: the fullest text of the entry, or "".
        form: the markup of the content.
        base: the base address of relative links in the content, or "".
        enclosures: attached files.
        site: the name of the site of a page that is not from a feed, or "".
        date_only: whether the date has no time (then it is 00:00 UTC).
    """

    key: str = ""
    url: str = ""
    title: str = ""
    date: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    lang: str = ""
    summary: str = ""
    content: str = ""
    form: Form = Form.HTML
    base: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    site: str = ""
    date_only: bool = False


class Feed(NamedTuple):
    """A parsed feed.

    Attributes:
        title: its title, one line, or "".
        url: the web page it belongs to, or "".
        address: its own address according to itself (rel="self", itunes:new-feed-url), or "".
        lang: language tag, or "".
        entries: the entries, in the order of the feed.
        ttl: minutes not to fetch it again, 0 if not given.
        skip_hours: hours (0 to 23, UTC) in which not to fetch it.
        skip_days: days of the week (0 is Monday, UTC) on which not to fetch it.
        faults: problems that did not prevent parsing, one sentence each.
    """

    title: str = ""
    url: str = ""
    address: str = ""
    lang: str = ""
    entries: tuple[Entry, ...] = ()
    ttl: int = 0
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    faults: tuple[str, ...] = ()


class NotReadableError(Exception):
    """Input that cannot be parsed as what it was expected to be.

    Attributes:
        reason: one sentence for the user.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def readable() -> Iterator[None]:
    """Raise any exception of a parser but OSError as NotReadableError.

    Parsers of untrusted input raise NotReadableError for errors that they expect; an unexpected
    one must not stop the import of what follows either.

    Raises:
        NotReadableError: the block raised an exception other than OSError.
    """
    try:
        yield
    except (NotReadableError, OSError):
        raise
    except Exception as error:
        reason = f"something in it cannot be read ({type(error).__name__})"
        raise NotReadableError(reason) from error
