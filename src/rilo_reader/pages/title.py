"""Find the title of an article, without the name of the site (pure)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rilo_reader.html.images import absolute
from rilo_reader.pages.declared import first, meta_of, text_of
from rilo_reader.text import clean_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement


MOST_NAME_WORDS = 3
"""Maximum number of words in the name of a site."""

_SEPARATOR = re.compile(r"\s+[|\-–—·•:»«/\\]+\s+|\s*[|»«]\s*")
_AROUND = " \t|-–—·•:»«/\\"
_FRONT = re.compile(r"https?://[^/?#]+(?:/(?:index|default)?(?:\.[a-z]{3,5})?)?")
_FORMAT = re.compile(r"(?i)(?:(?:rss|atom|json|xml|feed|posts|all)[\s\d.]*)*")
"""The title of a feed that only says its format."""

_LOOSE_END = re.compile(r"\s+[|\-–—·•:»/]+\s*$")
_UNPARTED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_FEED = re.compile(r"(?i)rss|atom|feed\+json")
_A_SITE = re.compile(r"(?i)\b(?:we)?blog\b|博客|ブログ|블로그|部落格")
"""Words that are typical of the name of a blog."""


def read_title(
    root: HtmlElement, meta: Mapping[str, list[str]], data: Mapping[str, Any], site: str, url: str
) -> str:
    """Return the title of the article, without the name of the site.

    Args:
        root: the page.
        meta: its meta elements, see `read_meta`.
        data: its JSON-LD.
        site: the declared name of the site, or "".
        url: the address of the page.
    """
    headline = data.get("headline") or (data.get("name") if data.get("@type") != "WebPage" else "")
    declared = first(
        meta_of(meta, "dc:title", "dcterms:title", "dc.title", "og:title"),
        [headline],
        meta_of(meta, "weibo:article:title", "twitter:title", "title", "parsely-title"),
    )
    page = first(text_of(element) for element in root.iter("title"))
    shown = [(text_of(element), element) for element in root.iter("h1")]
    # A heading that links to the front page is the name of the site.
    names = [text for text, element in shown if text and _leads_home(element, url)]
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    known = (site, host, *names, *_names_in_feeds(root))
    sites = {name.casefold() for name in known if name}
    headings = [text for text, _ in shown if text and text.casefold() not in sites] or names
    if declared and declared not in page and len(declared.split()) <= MOST_NAME_WORDS:
        # The declared title is the site's name if a heading is one of several parts of `page`.
        parts = [part.strip() for part in _SEPARATOR.split(page)]
        declared = next((text for text in headings if text in parts and len(parts) > 1), declared)
    for title in filter(None, (declared, page)):
        # A heading that the title starts or ends with is the title without additions.
        for heading in headings:
            if heading not in names and len(heading) > 10 and heading != title and heading in title:
                return clean_line(heading)
    title = _without_site(
        _LOOSE_END.sub("", declared or page), sites, is_known=len(sites) > bool(host)
    )
    return clean_line(title or (headings[0] if headings else ""))


def _leads_home(heading: HtmlElement, url: str) -> bool:
    """Return whether a heading links to the front page of its site."""
    return any(leads_home(absolute(link.get("href") or "", url)) for link in heading.iter("a"))


def leads_home(target: str) -> bool:
    """Return whether an address is that of a front page."""
    return _FRONT.fullmatch(target) is not None


def _names_in_feeds(root: HtmlElement) -> list[str]:
    """Return the titles of the feeds that a page declares: `The Site » Feed`."""
    return [
        part.strip()
        for link in root.iter("link")
        if "alternate" in (link.get("rel") or "").lower() and _FEED.search(link.get("type") or "")
        for part in _SEPARATOR.split(clean_line(link.get("title") or ""))[:1]
        if not _FORMAT.fullmatch(part.strip())
    ]


def _without_site(title: str, sites: Collection[str], *, is_known: bool) -> str:
    """Return a title without the name of the site at its start or end.

    Args:
        title: one line.
        sites: possible names of the site, case-folded.
        is_known: whether the page declares its name.
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
    # The longest part is the title if the others are as short as names.
    is_name = _words(parts[-1]) <= 4 and _words(head) >= 3 and len(head) > len(parts[-1])
    return head if is_name and not is_known else title


def _words(text: str) -> int:
    """Return the number of words; in scripts without spaces, every two letters count as one."""
    return len(text.split()) + len(_UNPARTED.findall(text)) // 2
