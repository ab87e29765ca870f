"""The feeds of a page: those it names, those it links to, and those its site is known for (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlsplit

from rilo_reader.article import clean_line
from rilo_reader.collect.html.pictures import absolute
from rilo_reader.collect.html.tree import parse
from rilo_reader.collect.web_page.decoding import decode

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
    found += _of_site(url, root)
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


# -- sites ---------------------------------------------------------------------------------------


def _of_site(url: str, root: HtmlElement | None) -> list[FoundFeed]:
    """The feeds that a known site has for a page."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    steps = [step for step in parts.path.split("/") if step]
    origin = f"{parts.scheme}://{parts.netloc}"
    addresses: list[str] = []
    if host == "youtube.com":
        addresses = _youtube(parts.query, steps, root)
    elif host == "github.com" and len(steps) >= 2:
        repository = f"{origin}/{steps[0]}/{steps[1]}"
        addresses = [
            f"{repository}/releases.atom",
            f"{repository}/commits.atom",
            f"{repository}/tags.atom",
        ]
    elif host == "github.com" and len(steps) == 1:
        addresses = [f"{origin}/{steps[0]}.atom"]
    elif host.endswith("gitlab.com") and len(steps) >= 2:
        addresses = [f"{origin}/{steps[0]}/{steps[1]}/-/tags?format=atom"]
    elif host in ("reddit.com", "old.reddit.com", "np.reddit.com") and steps[:1] in (
        ["r"],
        ["u"],
        ["user"],
    ):
        addresses = [f"https://www.reddit.com/{'/'.join(steps[:2])}/.rss"]
    elif host == "medium.com" and steps:
        addresses = [f"{origin}/feed/{steps[0]}"]
    elif host.endswith((".substack.com", ".medium.com")):
        addresses = [f"{origin}/feed"]
    elif host.endswith(".tumblr.com"):
        addresses = [f"{origin}/rss"]
    elif host.endswith((".blogspot.com", ".blogger.com")):
        addresses = [f"{origin}/feeds/posts/default"]
    elif host.endswith(".wordpress.com"):
        addresses = [f"{origin}/feed/"]
    elif host == "vimeo.com" and steps and not steps[0].isdecimal():
        addresses = [f"{origin}/{steps[0]}/videos/rss"]
    elif host == "bsky.app" and steps[:1] == ["profile"] and len(steps) > 1:
        addresses = [f"{origin}/profile/{steps[1]}/rss"]
    elif host == "pypi.org" and steps[:1] == ["project"] and len(steps) > 1:
        addresses = [f"{origin}/rss/project/{steps[1]}/releases.xml"]
    elif host == "news.ycombinator.com":
        addresses = [f"{origin}/rss"]
    else:
        addresses = _by_generator(origin, steps, root)
    return [FoundFeed(address, "", "", sure=False) for address in addresses]


def _youtube(query: str, steps: list[str], root: HtmlElement | None) -> list[str]:
    feed = "https://www.youtube.com/feeds/videos.xml?"
    playlist = parse_qs(query).get("list", [""])[0]
    if playlist and re.fullmatch(r"[\w-]{10,}", playlist):
        return [f"{feed}playlist_id={playlist}"]
    if steps[:1] == ["channel"] and len(steps) > 1 and re.fullmatch(r"UC[\w-]{22}", steps[1]):
        return [f"{feed}channel_id={steps[1]}"]
    if root is None:
        return []
    for element in root.iter("meta", "link"):
        for name in ("content", "href"):
            match = re.search(r"(?:/channel/|^)(UC[\w-]{22})$", element.get(name) or "")
            if match:
                return [f"{feed}channel_id={match[1]}"]
    return []


def _by_generator(origin: str, steps: list[str], root: HtmlElement | None) -> list[str]:
    """The feeds that the software of a site is known to serve."""
    if root is None:
        return []
    said = " ".join(
        (element.get("content") or "").lower()
        for element in root.iter("meta")
        if (element.get("name") or "").lower() in ("generator", "application-name")
    )
    if steps and steps[0].startswith("@") and ("mastodon" in said or root.get("id") == "mastodon"):
        return [f"{origin}/{steps[0]}.rss"]
    if (
        steps
        and steps[0].startswith("@")
        and any(True for _ in root.iter("noscript"))
        and (root.xpath('boolean(//*[@id="mastodon"])'))
    ):
        return [f"{origin}/{steps[0]}.rss"]
    if "wordpress" in said:
        return [f"{origin}/feed/"]
    if "ghost" in said:
        return [f"{origin}/rss/"]
    if "substack" in said:
        return [f"{origin}/feed"]
    if "hugo" in said or "jekyll" in said:
        return [f"{origin}/index.xml" if "hugo" in said else f"{origin}/feed.xml"]
    return []
