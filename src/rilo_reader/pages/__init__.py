"""Pages of the web: the feeds they lead to, and the article that stands on one (pure).

bytes -> text (`decoding`) -> feeds (`feeds`), or -> facts (`metadata`) and the element that holds
the article (`extraction`, `keeping`) -> Markdown (`html`). Nothing is written or fetched.
"""

from __future__ import annotations

from rilo_reader.entry import Entry
from rilo_reader.pages.feed_links import FoundFeed, find_feeds, usual_places


def read_page(data: bytes, url: str = "", content_type: str = "") -> Entry:
    """The article of a page, in Markdown, with what the page says of itself.

    `url` is where the page was found, "" for one of the user's files; the entry's is the one the
    page wants to be known by. Its title does not stand in its content again.

    Raises:
        NotReadableError: it is no page, or holds no text.
    """
    from rilo_reader.pages.article import read

    return read(data, url, content_type)


__all__ = ["FoundFeed", "find_feeds", "read_page", "usual_places"]
