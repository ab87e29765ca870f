"""What came from outside and is no article yet: an entry of a feed, a page, a letter (pure).

Every string in these values is cleaned (`clean_text`, `clean_line`) and every address passed
`safe_url` or is "": whoever reads bytes sees to that, so that nobody after has to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Form(StrEnum):
    """What the text of an entry is written in."""

    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


class Enclosure(NamedTuple):
    """A file that an entry brings along: a sound, a film, a document.

    Attributes:
        url: where it is.
        type: its media type, "" where unknown.
        length: its bytes, 0 where unknown.
    """

    url: str
    type: str = ""
    length: int = 0


class Entry(NamedTuple):
    """One entry of a feed, or one page or letter as if it were.

    Attributes:
        key: guid or id, as its feed gives it; "" where it gives none.
        url: the web page it stands for, absolute; "" where there is none.
        title: one line; "" where it has none.
        date: when it was published, timezone-aware; None where unknown.
        updated: when it was last changed, timezone-aware; None where unknown.
        authors: names in order.
        tags: categories in order, each once.
        lang: language tag, "" where unknown.
        summary: one paragraph of plain text, "" where there is none.
        content: the text, the fullest that was given; "" where there is none.
        form: what the content is written in.
        base: the address that relative links in the content start from, "" where unknown.
        enclosures: files that come along.
        site: the name of the site it stands on where no feed brought it, "" where unknown.
        date_only: whether the date is a day and no time of day (then 00:00 UTC).
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
    """One feed as it was read.

    Attributes:
        title: its name, one line; "" where it has none.
        url: the web page it belongs to, "" where unknown.
        address: where it says it is to be fetched itself (rel="self", itunes:new-feed-url), or "".
        lang: language tag, "" where unknown.
        entries: in the order of the feed.
        ttl: minutes that it asks to be left alone, 0 where it does not say.
        skip_hours: hours of the day (0 to 23, UTC) in which it asks to be left alone.
        skip_days: days of the week (0 is Monday, UTC) on which it asks to be left alone.
        faults: what was wrong with it, a sentence each; it was read all the same.
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
    """These bytes are not what they were taken for.

    Attributes:
        reason: one sentence for the user.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def readable() -> Iterator[None]:
    """Say of whatever fails inside that it cannot be read; around readers of what strangers wrote.

    They name what they expect to be wrong. What nobody expected is no reason either to lose what
    comes after it.

    Raises:
        NotReadableError: something else than OSError was raised, which stays what it is.
    """
    try:
        yield
    except (NotReadableError, OSError):
        raise
    except Exception as error:
        reason = f"something in it cannot be read ({type(error).__name__})"
        raise NotReadableError(reason) from error
