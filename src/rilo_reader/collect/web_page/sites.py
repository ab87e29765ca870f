"""The feeds that well-known sites and programs have, though their pages do not name them (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from lxml.html import HtmlElement

YOUTUBE = "https://www.youtube.com/feeds/videos.xml?"


def feeds_of_site(url: str, root: HtmlElement | None) -> list[str]:
    """The addresses of the feeds that a known site has for a page, the likeliest first."""
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


def usual_places(url: str) -> list[str]:
    """Addresses at which the site of a page may have its feed, though nothing says so.

    A site may also be what stands below the first step of an address: `/blog/`.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    first = next(filter(None, parts.path.split("/")), "")
    tops = ["/", f"/{first}/"] if first and "." not in first else ["/"]
    return [f"{parts.scheme}://{parts.netloc}{top}{place}" for top in tops for place in _USUAL]


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
"""Where feeds are that no page names: where generators put them, the commonest first."""


def _by_generator(origin: str, steps: list[str], root: HtmlElement) -> list[str]:
    """The feeds that the program behind a site is known to serve."""
    said = " ".join(
        (element.get("content") or "").lower()
        for element in root.iter("meta")
        if (element.get("name") or "").lower() in ("generator", "application-name")
    )
    is_mastodon = "mastodon" in said or any(
        element.get("id") == "mastodon" for element in root.iter("div")
    )
    if is_mastodon and steps and steps[0].startswith("@"):
        return [f"{origin}/{steps[0]}.rss"]
    return [f"{origin}{path}" for name, path in _GENERATORS.items() if name in said]
