"""Pictures, films and sounds of a page: where they are, and which are none (pure)."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from rilo_reader.html.blocks import Kind, Mark, Run
from rilo_reader.text import clean_line, safe_url

if TYPE_CHECKING:
    from lxml.html import HtmlElement


LAZY = (
    "data-src", "data-lazy-src", "data-original", "data-orig-file", "data-full-src",
    "data-hi-res-src",
    "data-url", "data-image", "data-img-url", "data-actualsrc", "data-lazyload", "data-echo",
)  # fmt: skip
"""Where pages keep a picture's address until it is scrolled to."""

LAZY_SETS = ("srcset", "data-srcset", "data-lazy-srcset")

BEST_WIDTH = 1600
"""Of several sizes the largest up to this one is taken: a screen's width."""

ICON = 24
"""Pixels up to which a picture is a sign and no picture."""

_PLACEHOLDER = re.compile(
    r"(?i)^data:|(?:^|/)(?:blank|spacer|placeholder|transparent|pixel|1x1|clear|empty)"
    r"[\w-]{0,20}\.(?:gif|png|svg)(?:\?|$)|(?:^|/)(?:lazy|loading|lazyload|lazy-load)\.(?:gif|png|svg)|^about:"
)
_TRACKERS = re.compile(
    r"(?i)^https?://(?:[\w.-]+\.)?(?:feedburner\.com/~r/|feeds\.feedburner\.com/~|feedsportal\.com/"
    r"|doubleclick\.net/|google-analytics\.com/|googletagmanager\.com/|googlesyndication\.com/"
    r"|scorecardresearch\.com/|pixel\.wp\.com/|stats\.wordpress\.com/|stats\.wp\.com/"
    r"|feeds\.wordpress\.com/1\.0/|pixel\.quantserve\.com/|quantserve\.com/|chartbeat\.net/"
    r"|facebook\.com/tr\b|analytics\.twitter\.com/|bat\.bing\.com/|statcounter\.com/"
    r"|vg\d+\.met\.vgwort\.de/|[\w.-]*met\.vgwort\.de/|pi\.feedsportal\.com/|rss\.buysellads\.com/"
    r"|mf\.gif|ad\.[\w.-]+/|ads\.[\w.-]+/|matomo\.[\w.-]+/|piwik\.[\w.-]+/|hits\.[\w.-]+/"
    r"|counter\.[\w.-]+/|track(?:ing|er)?\.[\w.-]+/|beacon\.[\w.-]+/|pixel\.[\w.-]+/"
    r"|count(?:er)?\.theguardian\.com/|xiti\.com/|counter\.theconversation\.(?:com|edu\.au)/)"
    r"|/(?:1x1|pixel|track(?:ing)?-?pixel|spacer|beacon|webbug)\.(?:gif|png)(?:\?|$)"
    r"|[?&]utm_[\w]+=[^&]*&[^ ]*\.gif|/count(?:er)?\.gif|/piwik\.php|/matomo\.php"
    r"|/wp-content/plugins/[\w-]*(?:stat|track|count)|/republish-(?:pixel|counter)|/o\.gif\?"
)
_SET_PART = re.compile(r"\s*(\S+?)(?:\s+([0-9.]+)([wx]))?\s*(?:,\s+|,?\s*\Z|,(?=\S))")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_SIZE = re.compile(r"(?i)(?:^|;)\s*(?:max-)?(width|height)\s*:\s*([0-9.]+)px")


def absolute(url: str, base: str) -> str:
    """The address against its page's, safe to follow; "" where it is none for a reader."""
    url = "".join(url.split("\n")).replace("\t", "").replace("\r", "").strip()
    if not url:
        return ""
    known = safe_url(url)
    if known is not None:
        return known
    if not base:
        return (safe_url("https:" + url) or "") if url.startswith("//") else ""
    try:
        return safe_url(urljoin(base, url)) or ""
    except ValueError:
        return ""


def picture_address(image: HtmlElement, base: str) -> str:
    """Where the picture of an `img` (or amp-img) is, the best size a screen shows; "" for none."""
    candidates = [image.get(name, "") for name in LAZY]
    candidates.append(image.get("src", ""))
    candidates.extend(best_of_set(image.get(name, "")) for name in LAZY_SETS)
    for picture in itertools.islice(image.iterancestors("picture"), 1):
        candidates.extend(
            best_of_set(source.get("srcset") or source.get("data-srcset") or "")
            for source in picture.iter("source")
        )
    for candidate in candidates:
        if candidate and "{" not in candidate and not _PLACEHOLDER.search(candidate):
            url = absolute(candidate, base)
            if url.startswith("http"):
                return url
    return ""


def best_of_set(text: str) -> str:
    """Of the addresses of a `srcset` the one for the widest screen up to BEST_WIDTH."""
    best, best_size = "", -1.0
    for match in _SET_PART.finditer(text[:20_000]):
        url, number, unit = match.groups()
        try:
            size = float(number or 1) * (1 if unit == "w" else 800)
        except ValueError:
            continue
        if best_size < size <= BEST_WIDTH or best_size < 0 or size < best_size > BEST_WIDTH:
            best, best_size = url, size
    return best.rstrip(",")


def is_tracker(image: HtmlElement, url: str) -> bool:
    """Whether a picture is there to count readers: a dot, or at a place known for it."""
    sizes = [image.get("width"), image.get("height")]
    sizes += [match[2] for match in _SIZE.finditer(image.get("style") or "")]
    for size in sizes:
        number = (size or "").strip().removesuffix("px")
        if number.isdecimal() and int(number) <= 2:
            return True
    return _TRACKERS.search(url) is not None


def is_icon(image: HtmlElement) -> bool:
    """Whether a picture is as small as a line is high: a sign beside the text."""
    sizes = [(image.get(name) or "").strip().removesuffix("px") for name in ("width", "height")]
    return all(size.isdecimal() and int(size) <= ICON for size in sizes)


def description(image: HtmlElement) -> str:
    """What a picture is said to show, one line."""
    said = image.get("alt") or image.get("title") or ""
    if "<" in said:
        said = _TAG.sub(" ", said)
    return clean_line(said, 300)


_PLAYERS = (
    (re.compile(r"(?i)^https?://(?:www\.)?youtube(?:-nocookie)?\.com/(?:embed|v)/([\w-]{6,})"),
     "https://www.youtube.com/watch?v={}"),
    (re.compile(r"(?i)^https?://player\.vimeo\.com/video/(\d+)"), "https://vimeo.com/{}"),
    (re.compile(r"(?i)^https?://(?:www\.)?dailymotion\.com/embed/video/(\w+)"),
     "https://www.dailymotion.com/video/{}"),
)  # fmt: skip


def page_of_player(url: str) -> str:
    """The page to watch a film at, for the address of its player; else the address itself."""
    for pattern, page in _PLAYERS:
        if match := pattern.match(url):
            return page.format(match[1])
    return url


# Films, sounds and pages inside a page, as links to where they can be seen (pure).


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
