"""Read video, audio and embedded pages as links (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rilo_reader.html.blocks import Kind, Mark, Run
from rilo_reader.html.images import absolute
from rilo_reader.text import clean_line

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
"""Frames for tracking, advertising, sharing and comments."""
_UNSEEN = frozenset({"0", "1", "0px", "1px"})
_SOURCES = ("src", "data-src", "data-lazy-src", "data-litespeed-src", "data", "data-url")


def media_runs(element: HtmlElement, base: str) -> list[Run]:
    """Return a labelled link to a video, a recording or an embedded page; [] for none."""
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
        # Old players keep their address in the fallback for other browsers.
        if inner.tag == "embed" or inner.get("name") in ("movie", "src"):
            url = absolute(inner.get("src") or inner.get("value") or "", base)
            if page_of_player(url) != url:
                return url
    for source in element.iter("source"):
        url = absolute(source.get("src") or "", base)
        if url:
            return url
    return ""


_PLAYERS = (
    (re.compile(r"(?i)^https?://(?:www\.)?youtube(?:-nocookie)?\.com/(?:embed|v)/([\w-]{6,})"),
     "https://www.youtube.com/watch?v={}"),
    (re.compile(r"(?i)^https?://player\.vimeo\.com/video/(\d+)"), "https://vimeo.com/{}"),
    (re.compile(r"(?i)^https?://(?:www\.)?dailymotion\.com/embed/video/(\w+)"),
     "https://www.dailymotion.com/video/{}"),
)  # fmt: skip


def page_of_player(url: str) -> str:
    """Return the page of the video that a player's address belongs to; else the address."""
    for pattern, page in _PLAYERS:
        if match := pattern.match(url):
            return page.format(match[1])
    return url
