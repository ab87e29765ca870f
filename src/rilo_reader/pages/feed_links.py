"""Find the feeds of a page: declared, linked, or known for its site or software (pure)."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from lxml.html import HtmlElement

from rilo_reader.html.media import resolve_url
from rilo_reader.html.tree import parse_html
from rilo_reader.pages.article import decode_page
from rilo_reader.pages.page_facts import find_base
from rilo_reader.text import clean_line

_SITES = (
    (r"github\.com/([^/]+/[^/]+)", ("/{}/releases.atom", "/{}/commits.atom", "/{}/tags.atom")),
    (r"github\.com/([^/]+)", ("/{}.atom",)),
    (r"gitlab\.com/([^/]+/[^/]+)", ("/{}/-/tags?format=atom",)),
    (r"(?:old\.)?reddit\.com/((?:r|u|user)/[^/]+)", ("/{}/.rss",)),
    (r"(?:old\.)?reddit\.com/", ("/.rss",)),
    (r"medium\.com/([^/]+)", ("/feed/{}",)),
    (r"vimeo\.com/(?!\d+(?:/|\Z))([^/]+)", ("/{}/videos/rss",)),
    (r"bsky\.app/(profile/[^/]+)", ("/{}/rss",)),
    (r"pypi\.org/project/([^/]+)", ("/rss/project/{}/releases.xml",)),
    (r"pypi\.org/", ("/rss/updates.xml",)),
    (r"(?:news\.ycombinator\.com|lobste\.rs|[^/]+\.tumblr\.com)/", ("/rss",)),
    (r"[^/]+\.(?:substack|medium)\.com/", ("/feed",)),
    (r"[^/]+\.blogspot\.com/", ("/feeds/posts/default",)),
    (r"[^/]+\.wordpress\.com/", ("/feed/",)),
)
"""Host and path of a page on a well-known site -> paths of its feeds, the most likely first."""

_GENERATORS = {
    "wordpress": "/feed/",
    "ghost": "/rss/",
    "substack": "/feed",
    "hugo": "/index.xml",
    "jekyll": "/feed.xml",
    "pelican": "/feeds/all.atom.xml",
    "blogger": "/feeds/posts/default",
    "squarespace": "/?format=rss",
    "writefreely": "/feed/",
    "hexo": "/atom.xml",
    "zola": "/atom.xml",
    "movable type": "/atom.xml",
    "movabletype": "/atom.xml",
    "gatsby": "/rss.xml",
    "astro": "/rss.xml",
    "eleventy": "/feed.xml",
    "typecho": "/feed/",
    "docusaurus": "/blog/rss.xml",
    "quarto": "/index.xml",
}

_YOUTUBE = "https://www.youtube.com/feeds/videos.xml?"
_CHANNEL = re.compile(r"(?:/channel/|^)(UC[\w-]{22})$")
_USUAL = ("feed/", "atom.xml", "rss.xml", "feed.xml", "index.xml", "rss/")
"""Paths at which generators put feeds, the most common first."""


def usual_addresses(url: str) -> list[str]:
    """Return addresses where a site usually has its feed.

    The site may also be below the first path segment: `/blog/`.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    first = next(filter(None, parts.path.split("/")), "")
    tops = ["/", f"/{first}/"] if first and "." not in first else ["/"]
    return [f"{parts.scheme}://{parts.netloc}{top}{path}" for top in tops for path in _USUAL]


def _find_feeds_of_site(url: str, root: HtmlElement | None) -> list[str]:
    """Return the feeds that a well-known site or its software has for a page."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return []
    path = "/" + "/".join(filter(None, parts.path.split("/")))
    if host == "youtube.com":
        return _list_youtube_feeds(parts.query, path, root)
    origin = f"{parts.scheme}://{parts.netloc}"
    for pattern, feeds in _SITES:
        if match := re.match(pattern, host + path):
            return [origin + feed.format(*match.groups()) for feed in feeds]
    if root is None:
        return []
    generators = " ".join(
        (element.get("content") or "").lower()
        for element in root.iter("meta")
        if (element.get("name") or "").lower() in ("generator", "application-name")
    )
    user = re.match("/(@[^/]*)", path)
    ids = (element.get("id") for element in root.iter("div"))
    if user and ("mastodon" in generators or "mastodon" in ids):
        return [f"{origin}/{user[1]}.rss"]
    return [origin + feed for name, feed in _GENERATORS.items() if name in generators]


def _list_youtube_feeds(query: str, path: str, root: HtmlElement | None) -> list[str]:
    playlist = parse_qs(query).get("list", [""])[0]
    if re.fullmatch(r"[\w-]{10,}", playlist):
        return [f"{_YOUTUBE}playlist_id={playlist}"]
    elements = () if root is None else root.iter("meta", "link")
    values = (element.get(name) or "" for element in elements for name in ("content", "href"))
    channels = [re.match(r"/channel/(UC[\w-]{22})(?:/|\Z)", path), *map(_CHANNEL.search, values)]
    return [f"{_YOUTUBE}channel_id={channel[1]}" for channel in channels if channel][:1]


# Feeds named or linked by a page.


MAX_FEEDS = 50  # of a page

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
    """A feed found on a page."""

    url: str  # absolute, http or https
    title: str = ""  # title on the page, one line; "" if it has none
    type: str = ""  # declared media type, or ""
    # whether the page declares it; otherwise it is a guess that fetching has to confirm
    is_sure: bool = True


def find_feeds(data: bytes, url: str, content_type: str = "") -> tuple[FoundFeed, ...]:
    """Return the feeds of a page, best first, without duplicates; () if there are none.

    First those declared by the page (`link rel="alternate"`), feeds of comments last; then those
    known for its site (YouTube, GitHub, Reddit, Mastodon, Medium, Substack, Tumblr, Blogger,
    WordPress and others); then links that look like feeds.
    """
    root = parse_html(decode_page(data, content_type))
    named: list[FoundFeed] = []
    linked: list[FoundFeed] = []
    if root is not None:
        base = find_base(root, url)
        named, linked = _list_declared_feeds(root, base), _list_linked_feeds(root, base)
    of_site = [FoundFeed(address, is_sure=False) for address in _find_feeds_of_site(url, root)]
    comments = [feed for feed in named if _COMMENTS.search(feed.title + feed.url)]
    found = [*(feed for feed in named if feed not in comments), *of_site, *linked, *comments]
    once: dict[str, FoundFeed] = {}
    for feed in found:
        once.setdefault(feed.url.rstrip("/"), feed)
    return tuple(once.values())[:MAX_FEEDS]


def _list_declared_feeds(root: HtmlElement, base: str) -> list[FoundFeed]:
    found: list[FoundFeed] = []
    for element in root.iter("link", "a"):
        rel = (element.get("rel") or "").lower().split()
        kind = (element.get("type") or "").lower().partition(";")[0].strip()
        address = _read_address(element, base)
        if "feed" not in rel:
            # WordPress pages also declare their API as application/json.
            is_sure = kind in TYPES and (_SURE_TYPES.search(kind) or _FEED_PATH.search(address))
            if "alternate" not in rel or not is_sure:
                continue
        if not address or "stylesheet" in rel or "oembed" in address or "/wp-json/" in address:
            continue
        title = element.get("title") or ("".join(element.itertext()) if element.tag == "a" else "")
        found.append(FoundFeed(address, clean_line(title, 200), kind))
    return found


def _read_address(element: HtmlElement, base: str) -> str:
    """Return the web address of a link, also of a `feed:` one; "" if it has none."""
    href = (element.get("href") or "").strip()
    if href.lower().startswith("feed:"):
        href = href[5:]
        href = f"http:{href}" if href.startswith("//") else href
    address = resolve_url(href, base)
    return address if address.startswith("http") else ""


def _list_linked_feeds(root: HtmlElement, base: str) -> list[FoundFeed]:
    """Return links that look like feeds, those with the simplest address first."""
    sure: list[FoundFeed] = []
    perhaps: list[FoundFeed] = []
    for element in root.iter("a"):
        address = _read_address(element, base)
        parts = urlsplit(address)
        if not address or _NO_FEED.search(address):
            continue
        if parts.path.rstrip("/").endswith((".html", ".htm", ".pdf")):
            continue
        text = clean_line("".join(element.itertext()) or element.get("title") or "", 200)
        has_path = _FEED_PATH.search(parts.path + ("?" + parts.query if parts.query else ""))
        has_words = _FEED_WORDS.search(text) and len(text) < 60 and not _NO_FEED.search(text)
        feed = FoundFeed(address, text, "", is_sure=False)
        if has_path and has_words:
            sure.append(feed)
        elif has_path or (has_words and re.search(r"(?i)rss|atom|feed|\.xml", address)):
            perhaps.append(feed)
    return sure + perhaps
