"""Images and embedded media: their addresses, labels, and which ones to leave out (pure)."""

from __future__ import annotations

import re
from itertools import islice
from urllib.parse import urljoin

from lxml.html import HtmlElement

from rilo_reader.html.blocks import Run, RunKind, RunMark
from rilo_reader.text import clean_line, safe_url

# Where images that are loaded late keep their address.
LAZY = (
    "data-src", "data-lazy-src", "data-original", "data-orig-file", "data-full-src",
    "data-hi-res-src", "data-url", "data-image", "data-img-url", "data-actualsrc", "data-lazyload",
    "data-echo",
)  # fmt: skip
LAZY_SETS = ("srcset", "data-srcset", "data-lazy-srcset")
BEST_WIDTH = 1600  # pixels; the largest to choose from a `srcset`: about that of a screen
ICON_SIZE = 24  # pixels; the largest icon

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
    r"|/(?:1x1|pixel|[a-z]?pixel|track(?:ing)?-?pixel|spacer|beacon|webbug)(?:\.(?:gif|png))?(?:\?|$)"
    r"|[?&]utm_[\w]+=[^&]*&[^ ]*\.gif|/count(?:er)?\.gif|/piwik\.php|/matomo\.php"
    r"|/wp-content/plugins/[\w-]*(?:stat|track|count)|/republish-(?:pixel|counter)|/o\.gif\?"
)
_SET_PART = re.compile(r"\s*(\S+?)(?:\s+([0-9.]+)([wx]))?\s*(?:,\s+|,?\s*\Z|,(?=\S))")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_SIZE = re.compile(r"(?i)(?:^|;)\s*(?:max-)?(width|height)\s*:\s*([0-9.]+)px")


def resolve_url(url: str, base: str) -> str:
    """Return `url` resolved against `base`; "" if it is not a safe web address."""
    url = "".join(url.split("\n")).replace("\t", "").replace("\r", "").strip()
    if not url:
        return ""
    absolute = safe_url(url)
    if absolute is not None:
        return absolute
    if not base:
        return (safe_url("https:" + url) or "") if url.startswith("//") else ""
    try:
        return safe_url(urljoin(base, url)) or ""
    except ValueError:
        return ""


def picture_address(image: HtmlElement, base: str) -> str:
    """Return the address of the best version of an `img` or `amp-img`; "" if it has none."""
    candidates = [image.get(name, "") for name in LAZY]
    candidates.append(image.get("src", ""))
    candidates.extend(best_of_set(image.get(name, "")) for name in LAZY_SETS)
    for picture in islice(image.iterancestors("picture"), 1):
        sources = picture.iter("source")
        candidates += [best_of_set(s.get("srcset") or s.get("data-srcset") or "") for s in sources]
    for candidate in candidates:
        if candidate and "{" not in candidate and not _PLACEHOLDER.search(candidate):
            url = resolve_url(candidate, base)
            if url.startswith("http"):
                return url
    return ""


def best_of_set(text: str) -> str:
    """Return the widest address of a `srcset`, up to BEST_WIDTH."""
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
    """Return whether an image is a tracking pixel, by its size or address."""
    sizes = [image.get("width"), image.get("height")]
    sizes += [match[2] for match in _SIZE.finditer(image.get("style") or "")]
    for size in sizes:
        number = (size or "").strip().removesuffix("px")
        if number.isdecimal() and int(number) <= 2:
            return True
    return _TRACKERS.search(url) is not None


def is_icon(image: HtmlElement) -> bool:
    """Return whether an image is no larger than an icon in a line of text."""
    sizes = [(image.get(name) or "").strip().removesuffix("px") for name in ("width", "height")]
    return all(size.isdecimal() and int(size) <= ICON_SIZE for size in sizes)


def read_description(image: HtmlElement) -> str:
    """Return the alternative text or the title of an image, as one line."""
    return clean_line(_TAG.sub(" ", image.get("alt") or image.get("title") or ""), 300)


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
    url = _find_address(element, base)
    is_frame = _NAMES.get(element.tag) == "Embedded page"
    if not url.startswith("http") or (is_frame and _NOTHING_TO_READ.search(url)):
        return []
    if is_frame and any((element.get(side) or "") in _UNSEEN for side in ("width", "height")):
        return []
    page = page_of_player(url)
    name = "Video" if page != url else _NAMES.get(element.tag, "Embedded page")
    title = clean_line(element.get("title") or element.get("aria-label") or "", 200)
    return [Run(f"{name}: {title}" if title else name, (RunMark("link", page),), RunKind.TEXT)]


def _find_address(element: HtmlElement, base: str) -> str:
    if element.tag == "amp-youtube":
        name = element.get("data-videoid") or ""
        return f"https://www.youtube.com/watch?v={name}" if name.isascii() and name else ""
    for name in _SOURCES:
        if url := resolve_url(element.get(name, ""), base):
            return url
    for inner in element.iter("embed", "param"):
        # Old players keep their address in the fallback for other browsers.
        if inner.tag == "embed" or inner.get("name") in ("movie", "src"):
            url = resolve_url(inner.get("src") or inner.get("value") or "", base)
            if page_of_player(url) != url:
                return url
    sources = (resolve_url(source.get("src", ""), base) for source in element.iter("source"))
    return next(filter(None, sources), "")


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
