"""Films, sounds and pages inside a page, as links to where they can be seen (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rilo_reader.article import clean_line
from rilo_reader.html.blocks import Kind, Mark, Run
from rilo_reader.html.pictures import absolute, page_of_player

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_NAMES = {
    "video": "Video", "amp-video": "Video", "amp-youtube": "Video", "audio": "Audio",
    "iframe": "Embedded page", "amp-iframe": "Embedded page", "embed": "Embedded page",
    "object": "Embedded page",
}  # fmt: skip
_NOTHING_TO_READ = re.compile(
    r"(?i)^https?://(?:[^/]*\.)?(?:googletagmanager|doubleclick|googlesyndication|quantserve|taboola"
    r"|outbrain|mgid|addthis|sharethis|tweetmeme|fbshare|recaptcha|scorecardresearch)\.[a-z.]+/"
    r"|facebook\.com/(?:v[\d.]+/)?plugins/(?:like|likebox|like_box|activity|share_button|follow"
    r"|facepile|send|fan|recommendations|login_button|comments|page)\b"
    r"|twitter\.com/widgets/(?:tweet|follow|hub)_?button|apis\.google\.com/.*plusone"
    r"|google\.com/recaptcha|disqus\.com/embed|linkedin\.com/countserv"
    r"|/(?:smart|get|show|banner|text)?ads?(?:[/._-]|server|frame)|\.(?:gif|png|jpe?g|js|css)(?:[?#]|\Z)"
)
"""Addresses of frames that count readers, sell, or ask them to like and to comment."""
_UNSEEN = frozenset({"0", "1", "0px", "1px"})
_SOURCES = ("src", "data-src", "data-lazy-src", "data-litespeed-src", "data", "data-url")


def media_runs(element: HtmlElement, base: str) -> list[Run]:
    """A film, a sound or a page as a link that says what it is; nothing where it has no address."""
    url = _address(element, base)
    is_frame = _NAMES.get(element.tag) == "Embedded page"
    if not url.startswith("http") or (is_frame and _NOTHING_TO_READ.search(url)):
        return []
    if is_frame and any((element.get(side) or "") in _UNSEEN for side in ("width", "height")):
        return []
    page = page_of_player(url)
    name = _NAMES.get(element.tag, "Embedded page")
    if page != url:
        name = "Video"
    title = clean_line(element.get("title") or element.get("aria-label") or "", 200)
    return [Run(f"{name}: {title}" if title else name, (Mark("link", page),), Kind.TEXT)]


def _address(element: HtmlElement, base: str) -> str:
    if element.tag == "amp-youtube":
        name = element.get("data-videoid") or ""
        return f"https://www.youtube.com/watch?v={name}" if name.isascii() and name else ""
    for name in _SOURCES:
        url = absolute(element.get(name) or "", base)
        if url:
            return url
    for inner in element.iter("embed", "param"):
        # A player of old: its address stands in what is for other browsers.
        if inner.tag == "embed" or inner.get("name") in ("movie", "src"):
            url = absolute(inner.get("src") or inner.get("value") or "", base)
            if page_of_player(url) != url:
                return url
    for source in element.iter("source"):
        url = absolute(source.get("src") or "", base)
        if url:
            return url
    return ""
