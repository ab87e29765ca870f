"""The feeds of a page: those it names, those it links to, those its site has (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from rilo_reader.article import clean_line
from rilo_reader.collect.web_page.decoding import decode
from rilo_reader.collect.web_page.sites import feeds_of_site
from rilo_reader.html.pictures import absolute
from rilo_reader.html.tree import parse

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOST = 50
"""Feeds of one page; a directory of feeds is no page of a site."""

TYPES = (
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml",
    "application/x-rss+xml", "application/x-atom+xml", "text/xml", "application/xml", "text/rss",
    "text/atom", "text/rss+xml", "text/atom+xml", "application/json", "application/rss",
    "application/atom",
)  # fmt: skip
_SURE_TYPES = re.compile(r"rss|atom|feed\+json|rdf")
_FEED_PATH = re.compile(
    r"(?i)(?:^|[/._-])(?:feed|feeds|rss|rss2|atom|rdf)(?:\.(?:xml|json|php|rss|aspx?))?/?$"
    r"|/(?:index|feed|rss|atom|posts|blog|news)\.(?:xml|rss|atom|rdf)$|\.(?:rss|atom|rdf)$"
    r"|/feeds?/(?:posts/default|all|main|latest)|[?&](?:feed=|format=rss|format=feed|type=rss)"
    r"|^/(?:feed|rss)/|//feeds?\.(?:feedburner|megaphone|simplecast|transistor|buzzsprout)\."
)
_FEED_WORDS = re.compile(r"(?i)\b(?:rss|atom|feed|xml|newsfeed|webfeed|podcast feed)\b")
_NO_FEED = re.compile(r"(?i)\b(?:feedback|feedly|inoreader|netvibes|addtoany|sharethis)\b")
_COMMENTS = re.compile(r"(?i)comment|kommentar|comentario|commentaire|コメント|评论")


class FoundFeed(NamedTuple):
    """A feed that a page leads to.

    Attributes:
        url: absolute, http or https.
        title: what the page calls it, one line; "" where it does not say.
        type: the media type that it is said to have, "" where unknown.
        sure: whether the page itself names it as its feed; otherwise it is a good guess that only
            fetching proves.
    """

    url: str
    title: str = ""
    type: str = ""
    sure: bool = True


def find_feeds(data: bytes, url: str, content_type: str = "") -> tuple[FoundFeed, ...]:
    """The feeds of a page, best first, each address once; () where it leads to none.

    First those that the page names (`link rel="alternate"`), its comments' last; then those its
    site is known to have though the page does not say (YouTube, GitHub, Reddit, Mastodon, Medium,
    Substack, Tumblr, Blogger, WordPress and others); then links that look like feeds.
    """
    root = parse(decode(data, content_type))
    named = _named(root, _base(root, url)) if root is not None else []
    found = [feed for feed in named if not _COMMENTS.search(feed.title + feed.url)]
    found += [FoundFeed(address, sure=False) for address in feeds_of_site(url, root)]
    if root is not None:
        found += _linked(root, _base(root, url))
    found += [feed for feed in named if _COMMENTS.search(feed.title + feed.url)]
    once: dict[str, FoundFeed] = {}
    for feed in found:
        once.setdefault(feed.url.rstrip("/"), feed)
    return tuple(once.values())[:MOST]


def _base(root: HtmlElement, url: str) -> str:
    """The address that relative links of a page start from."""
    for element in root.iter("base"):
        base = absolute(element.get("href") or "", url)
        if base:
            return base
    return url


def _named(root: HtmlElement, base: str) -> list[FoundFeed]:
    found: list[FoundFeed] = []
    for element in root.iter("link", "a"):
        rel = (element.get("rel") or "").lower().split()
        kind = (element.get("type") or "").lower().partition(";")[0].strip()
        if "alternate" not in rel and "feed" not in rel:
            continue
        if "stylesheet" in rel or (kind not in TYPES and "feed" not in rel):
            continue
        address = absolute(_web(element.get("href") or ""), base)
        if not address.startswith("http"):
            continue
        if not _SURE_TYPES.search(kind) and "feed" not in rel and not _FEED_PATH.search(address):
            # application/json is also what every WordPress page calls its API.
            continue
        if "oembed" in address or "/wp-json/" in address:
            continue
        title = element.get("title") or ("".join(element.itertext()) if element.tag == "a" else "")
        found.append(FoundFeed(address, clean_line(title, 200), kind))
    return found


def _web(href: str) -> str:
    """An address of the scheme `feed:` as one of the web."""
    href = href.strip()
    if href.lower().startswith("feed:"):
        rest = href[5:]
        return "http:" + rest if rest.startswith("//") else rest
    return href


def _linked(root: HtmlElement, base: str) -> list[FoundFeed]:
    """Links that look like feeds, those with the plainer address first."""
    found: list[tuple[int, FoundFeed]] = []
    for element in root.iter("a"):
        address = absolute(_web(element.get("href") or ""), base)
        if not address.startswith("http") or _NO_FEED.search(address):
            continue
        text = clean_line("".join(element.itertext()) or element.get("title") or "", 200)
        parts = urlsplit(address)
        looks = _FEED_PATH.search(parts.path + ("?" + parts.query if parts.query else ""))
        says = _FEED_WORDS.search(text) and len(text) < 60 and not _NO_FEED.search(text)
        if not looks and not (says and re.search(r"(?i)rss|atom|feed|\.xml", address)):
            continue
        if parts.path.rstrip("/").endswith((".html", ".htm", ".pdf")):
            continue
        found.append((0 if looks and says else 1, FoundFeed(address, text, "", sure=False)))
    return [feed for _, feed in sorted(found, key=lambda pair: pair[0])]
