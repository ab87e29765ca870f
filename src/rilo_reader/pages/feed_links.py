"""Find the feeds of a page: declared, linked, or known for its site or software (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from lxml.html import HtmlElement

from rilo_reader.html.media import absolute
from rilo_reader.html.tree import parse
from rilo_reader.pages.article import decode
from rilo_reader.text import clean_line

YOUTUBE = "https://www.youtube.com/feeds/videos.xml?"


def feeds_of_site(url: str, root: HtmlElement | None) -> list[str]:
    """Return the feeds a well-known site has for a page, the most likely first."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return []
    steps = [step for step in parts.path.split("/") if step]
    if host == "youtube.com":
        return _youtube(parts.query, steps, root)
    origin = f"{parts.scheme}://{parts.netloc}"
    of_host = _HOSTS.get(host) or next(
        (find for end, find in _HOST_ENDS.items() if host.endswith(end)), None
    )
    if of_host is not None:
        return [f"{origin}{path}" for path in of_host(steps)]
    return _by_generator(origin, steps, root) if root is not None else []


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


def _github(steps: list[str]) -> list[str]:
    if not steps:
        return []
    if len(steps) == 1:
        return [f"/{steps[0]}.atom"]
    repository = f"/{steps[0]}/{steps[1]}"
    return [f"{repository}/{kind}.atom" for kind in ("releases", "commits", "tags")]


def _gitlab(steps: list[str]) -> list[str]:
    return [f"/{steps[0]}/{steps[1]}/-/tags?format=atom"] if len(steps) > 1 else []


def _reddit(steps: list[str]) -> list[str]:
    is_list = len(steps) > 1 and steps[0] in ("r", "u", "user")
    return [f"/{steps[0]}/{steps[1]}/.rss"] if is_list else ["/.rss"]


def _medium(steps: list[str]) -> list[str]:
    return [f"/feed/{steps[0]}"] if steps else []


def _vimeo(steps: list[str]) -> list[str]:
    return [f"/{steps[0]}/videos/rss"] if steps and not steps[0].isdecimal() else []


def _bluesky(steps: list[str]) -> list[str]:
    return [f"/profile/{steps[1]}/rss"] if len(steps) > 1 and steps[0] == "profile" else []


def _pypi(steps: list[str]) -> list[str]:
    is_project = len(steps) > 1 and steps[0] == "project"
    return [f"/rss/project/{steps[1]}/releases.xml"] if is_project else ["/rss/updates.xml"]


_HOSTS: dict[str, Callable[[list[str]], list[str]]] = {
    "github.com": _github,
    "gitlab.com": _gitlab,
    "reddit.com": _reddit,
    "old.reddit.com": _reddit,
    "medium.com": _medium,
    "vimeo.com": _vimeo,
    "bsky.app": _bluesky,
    "pypi.org": _pypi,
    "news.ycombinator.com": lambda _: ["/rss"],
    "lobste.rs": lambda _: ["/rss"],
}
_HOST_ENDS: dict[str, Callable[[list[str]], list[str]]] = {
    ".substack.com": lambda _: ["/feed"],
    ".medium.com": lambda _: ["/feed"],
    ".tumblr.com": lambda _: ["/rss"],
    ".blogspot.com": lambda _: ["/feeds/posts/default"],
    ".wordpress.com": lambda _: ["/feed/"],
}


def _youtube(query: str, steps: list[str], root: HtmlElement | None) -> list[str]:
    playlist = parse_qs(query).get("list", [""])[0]
    if re.fullmatch(r"[\w-]{10,}", playlist):
        return [f"{YOUTUBE}playlist_id={playlist}"]
    if len(steps) > 1 and steps[0] == "channel" and re.fullmatch(r"UC[\w-]{22}", steps[1]):
        return [f"{YOUTUBE}channel_id={steps[1]}"]
    for element in () if root is None else root.iter("meta", "link"):
        for name in ("content", "href"):
            match = re.search(r"(?:/channel/|^)(UC[\w-]{22})$", element.get(name) or "")
            if match:
                return [f"{YOUTUBE}channel_id={match[1]}"]
    return []


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

_USUAL = ("feed/", "atom.xml", "rss.xml", "feed.xml", "index.xml", "rss/")
"""Paths at which generators put feeds, the most common first."""


def _by_generator(origin: str, steps: list[str], root: HtmlElement) -> list[str]:
    """Return the feeds that the software of a site is known to serve."""
    generators = " ".join(
        (element.get("content") or "").lower()
        for element in root.iter("meta")
        if (element.get("name") or "").lower() in ("generator", "application-name")
    )
    is_mastodon = "mastodon" in generators or any(
        element.get("id") == "mastodon" for element in root.iter("div")
    )
    if is_mastodon and steps and steps[0].startswith("@"):
        return [f"{origin}/{steps[0]}.rss"]
    return [f"{origin}{path}" for name, path in _GENERATORS.items() if name in generators]


# Feeds named or linked by a page.


MOST = 50
"""Maximum number of feeds of a page."""

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
    sure: bool = True


def find_feeds(data: bytes, url: str, content_type: str = "") -> tuple[FoundFeed, ...]:
    """Return the feeds of a page, best first, without duplicates; () if there are none.

    First those declared by the page (`link rel="alternate"`), feeds of comments last; then those
    known for its site (YouTube, GitHub, Reddit, Mastodon, Medium, Substack, Tumblr, Blogger,
    WordPress and others); then links that look like feeds.
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
    """Return the base of relative links on a page."""
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
            # WordPress pages also declare their API as application/json.
            continue
        if "oembed" in address or "/wp-json/" in address:
            continue
        title = element.get("title") or ("".join(element.itertext()) if element.tag == "a" else "")
        found.append(FoundFeed(address, clean_line(title, 200), kind))
    return found


def _web(href: str) -> str:
    """Return the web address of a `feed:` address."""
    href = href.strip()
    if href.lower().startswith("feed:"):
        rest = href[5:]
        return "http:" + rest if rest.startswith("//") else rest
    return href


def _linked(root: HtmlElement, base: str) -> list[FoundFeed]:
    """Return links that look like feeds, those with the simplest address first."""
    found: list[tuple[int, FoundFeed]] = []
    for element in root.iter("a"):
        address = absolute(_web(element.get("href") or ""), base)
        if not address.startswith("http") or _NO_FEED.search(address):
            continue
        text = clean_line("".join(element.itertext()) or element.get("title") or "", 200)
        parts = urlsplit(address)
        has_feed_path = _FEED_PATH.search(parts.path + ("?" + parts.query if parts.query else ""))
        has_feed_words = _FEED_WORDS.search(text) and len(text) < 60 and not _NO_FEED.search(text)
        if not has_feed_path and not (
            has_feed_words and re.search(r"(?i)rss|atom|feed|\.xml", address)
        ):
            continue
        if parts.path.rstrip("/").endswith((".html", ".htm", ".pdf")):
            continue
        found.append(
            (0 if has_feed_path and has_feed_words else 1, FoundFeed(address, text, "", sure=False))
        )
    return [feed for _, feed in sorted(found, key=lambda pair: pair[0])]
