"""The title of a page's article, without the name of its site (pure)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rilo_reader.article import clean_line
from rilo_reader.collect.web_page.said import first, meta_of, text_of
from rilo_reader.html.pictures import absolute

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOST_NAME_WORDS = 3
"""Words of the name of a site."""

_SEPARATOR = re.compile(r"\s+[|\-–—·•:»«/\\]+\s+|\s*[|»«]\s*")
_AROUND = " \t|-–—·•:»«/\\"
_FRONT = re.compile(r"https?://[^/?#]+(?:/(?:index|default)?(?:\.[a-z]{3,5})?)?")
_FORMAT = re.compile(r"(?i)(?:(?:rss|atom|json|xml|feed|posts|all)[\s\d.]*)*")
"""What a feed is called by its format alone."""

_LOOSE_END = re.compile(r"\s+[|\-–—·•:»/]+\s*$")
_UNPARTED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_FEED = re.compile(r"(?i)rss|atom|feed\+json")
_A_SITE = re.compile(r"(?i)\b(?:we)?blog\b|博客|ブログ|블로그|部落格")
"""What the name of a site often says of itself."""


def read_title(
    root: HtmlElement, meta: Mapping[str, list[str]], data: Mapping[str, Any], site: str, url: str
) -> str:
    """The article's title, without the name of its site.

    Args:
        root: the page.
        meta: what its meta elements say, see `said.read_meta`.
        data: what its JSON-LD says.
        site: what the page calls its site, "" where it does not.
        url: its address.
    """
    headline = data.get("headline") or (data.get("name") if data.get("@type") != "WebPage" else "")
    said = first(
        meta_of(meta, "dc:title", "dcterms:title", "dc.title", "og:title"),
        [headline],
        meta_of(meta, "weibo:article:title", "twitter:title", "title", "parsely-title"),
    )
    page = first(text_of(element) for element in root.iter("title"))
    shown = [(text_of(element), element) for element in root.iter("h1")]
    # A heading that leads to the front page is the name of the site.
    names = [text for text, element in shown if text and _leads_home(element, url)]
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    known = (site, host, *names, *_names_in_feeds(root))
    sites = {name.casefold() for name in known if name}
    headings = [text for text, _ in shown if text and text.casefold() not in sites] or names
    if said and said not in page and len(said.split()) <= MOST_NAME_WORDS:
        # It is the site's name, where a heading is what the page calls itself beside another name.
        parts = [part.strip() for part in _SEPARATOR.split(page)]
        said = next((text for text in headings if text in parts and len(parts) > 1), said)
    for title in filter(None, (said, page)):
        # A heading that the title begins or ends with is the title without what was put around it.
        for heading in headings:
            if heading not in names and len(heading) > 10 and heading != title and heading in title:
                return clean_line(heading)
    title = _without_site(_LOOSE_END.sub("", said or page), sites, is_known=len(sites) > bool(host))
    return clean_line(title or (headings[0] if headings else ""))


def _leads_home(heading: HtmlElement, url: str) -> bool:
    """Whether a heading is a link to the front page of its site."""
    links = [absolute(link.get("href") or "", url) for link in heading.iter("a")]
    return any(_FRONT.fullmatch(link) for link in links)


def _names_in_feeds(root: HtmlElement) -> list[str]:
    """What the feeds that a page names are called: `The Site » Feed`."""
    return [
        part.strip()
        for link in root.iter("link")
        if "alternate" in (link.get("rel") or "").lower() and _FEED.search(link.get("type") or "")
        for part in _SEPARATOR.split(clean_line(link.get("title") or ""))[:1]
        if not _FORMAT.fullmatch(part.strip())
    ]


def _without_site(title: str, sites: Collection[str], *, is_known: bool) -> str:
    """A title without the name of a site at its end or beginning.

    Args:
        title: one line.
        sites: what the site may be called, folded.
        is_known: whether the page says what it is called.
    """
    before, colon, rest = title.replace("：", ":", 1).partition(":")
    if colon and rest.strip() and before.strip().casefold() in sites:
        return rest.strip(_AROUND)
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    for part in (parts[-1], parts[0]):
        if part.strip().casefold() in sites:
            cut = title.removesuffix(part) if part is parts[-1] else title.removeprefix(part)
            return cut.strip(_AROUND)
    head = title[: title.rfind(parts[-1])].strip(_AROUND)
    if _A_SITE.search(parts[-1]) and not _A_SITE.search(head):
        return head
    # The longest part is the title where the rest is short, as names are.
    is_name = _words(parts[-1]) <= 4 and _words(head) >= 3 and len(head) > len(parts[-1])
    return head if is_name and not is_known else title


def _words(text: str) -> int:
    """How many words there are, where no spaces part them two letters for each."""
    return len(text.split()) + len(_UNPARTED.findall(text)) // 2
