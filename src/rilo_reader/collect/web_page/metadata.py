"""What a page says of itself: title, authors, dates, site, address, language, summary (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from rilo_reader.article import clean_line
from rilo_reader.collect.feed.dates import read_date
from rilo_reader.collect.web_page.linked_data import linked_data, listed, names_in
from rilo_reader.collect.web_page.said import first, meta_of, plain, read_meta, text_of
from rilo_reader.collect.web_page.titles import read_title
from rilo_reader.html.pictures import absolute
from rilo_reader.store.dates import When

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOST_TAGS = 20
MOST_AUTHORS = 20

_BY = re.compile(r"(?i)^\s*(?:by|von|par|por|di|door|av|af|od)\s+|^\s*(?:written by|author):?\s+")
_AND = re.compile(r"\s+(?:and|und|et|y|&)\s+(?=[A-ZÀ-Þ])")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_NO_AUTHOR = re.compile(r"(?i)^(?:admin|administrator|editor|author|unknown|none|null|undefined)$")


PUBLISHED = (
    "article:published_time", "datepublished", "date", "dc.date.issued", "dc.date",
    "dcterms.created", "dcterms.date", "parsely-pub-date", "sailthru.date", "pubdate",
    "publish-date", "citation_publication_date", "article.published", "og:published_time",
)  # fmt: skip
MODIFIED = (
    "article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified",
)  # fmt: skip
"""The names under which pages say when they were published and changed, the surest first."""


class Facts(NamedTuple):
    """What a page says of itself; "" or None where it does not say it."""

    title: str = ""
    authors: tuple[str, ...] = ()
    date: When | None = None
    updated: When | None = None
    site: str = ""
    url: str = ""
    lang: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()


def read_facts(root: HtmlElement, url: str) -> Facts:
    """The facts of a page: from its meta elements first, its JSON-LD, then what it shows."""
    meta = read_meta(root)
    data = linked_data(root)
    site = first(meta_of(meta, "og:site_name", "application-name"), names_in(data.get("publisher")))
    return Facts(
        title=read_title(root, meta, data, site, url),
        authors=_authors(root, meta, data),
        date=_date(
            meta_of(meta, *PUBLISHED),
            [data.get("datePublished"), data.get("dateCreated")],
            _times(root),
        ),
        updated=_date(
            meta_of(meta, *MODIFIED),
            [data.get("dateModified")],
        ),
        site=site,
        url=_canonical(root, meta, url),
        lang=_lang(root, meta, data),
        summary=first(
            meta_of(meta, "og:description", "description", "twitter:description", limit=2000),
            [data.get("description")],
        ),
        tags=_tags(meta, data),
    )


def _authors(
    root: HtmlElement, meta: Mapping[str, list[str]], data: Mapping[str, Any]
) -> tuple[str, ...]:
    """Who wrote it: persons by name, each once."""
    said = names_in(data.get("author")) or meta_of(
        meta, "dc:creator", "author", "article:author", "dc.creator", "dcterms.creator", "byl",
        "parsely-author",
        "sailthru.author", "citation_author",
    )  # fmt: skip
    if not _clean_authors(said):
        said = [
            text_of(element)
            for element in root.iter("a", "span", "address", "div", "p")
            if "author" in (element.get("rel") or "").split() or element.get("itemprop") == "author"
        ][:1]
    return _clean_authors(said)


def _parted(name: str) -> list[str]:
    """The persons in a line; "Doe, Jane" is one."""
    parts = [part for piece in re.split(r"\s*[;|]\s*", name) for part in _AND.split(piece)]
    by_comma = [part for piece in parts for part in piece.split(", ")]
    return by_comma if all(" " in part.strip() for part in by_comma) else parts


def _clean_authors(names: Iterable[str]) -> tuple[str, ...]:
    kept: dict[str, None] = {}
    for name in names:
        for part in _parted(name):
            person = _BY.sub("", plain(part)).strip(" ,")
            if _is_person(person):
                kept.setdefault(person)
    return tuple(kept)[:MOST_AUTHORS]


def _is_person(name: str) -> bool:
    """Whether this can be the name of somebody who wrote something."""
    return (
        0 < len(name) <= 80
        and "://" not in name
        and "@" not in name
        and _NO_AUTHOR.match(name) is None
        and any(letter.isalpha() for letter in name)
    )


def _date(*groups: Iterable[Any]) -> When | None:
    for group in groups:
        for text in group:
            if isinstance(text, str) and (found := read_date(text)):
                return found
    return None


def _times(root: HtmlElement) -> list[str]:
    """The moments that the page itself shows as those of its publication."""
    found: list[str] = []
    for element in root.iter("time", "abbr", "span", "meta"):
        says = " ".join(
            (element.get(name) or "") for name in ("itemprop", "class", "pubdate", "property")
        ).lower()
        if element.get("pubdate") is not None or re.search(
            r"datepublished|published|dt-published|entry-date|pubdate|post-date", says
        ):
            found.append(
                element.get("datetime") or element.get("content") or element.get("title") or ""
            )
    if not found:
        inside = [time.get("datetime") or "" for time in root.iter("time")]
        found = inside if len(set(inside)) == 1 else inside[:1]
    return found


def _canonical(root: HtmlElement, meta: Mapping[str, list[str]], url: str) -> str:
    """The address that the page wants to be known by; its own where it says a wrong one."""
    said = [
        element.get("href") or ""
        for element in root.iter("link")
        if "canonical" in (element.get("rel") or "").lower().split()
    ]
    said += meta.get("og:url", [])
    for text in said:
        found = absolute(text, url)
        if not found.startswith("http"):
            continue
        if urlsplit(found).path in ("", "/") and url and urlsplit(url).path not in ("", "/"):
            # A site that names its front page on every page.
            continue
        return found
    return absolute(url, "")


def _lang(root: HtmlElement, meta: Mapping[str, list[str]], data: Mapping[str, Any]) -> str:
    html = root if root.tag == "html" else root.getroottree().getroot()
    said = [html.get("lang"), html.get("{http://www.w3.org/XML/1998/namespace}lang")]
    said += [html.get("xml:lang"), data.get("inLanguage")]
    said += meta_of(meta, "og:locale", "content-language", "language", "dc.language")
    for text in said:
        if isinstance(text, str) and (match := _LANGUAGE.match(text.strip())):
            return match[0].replace("_", "-")
    return ""


def _tags(meta: Mapping[str, list[str]], data: Mapping[str, Any]) -> tuple[str, ...]:
    said = meta_of(meta, "article:tag")
    if not said:
        words = listed(data.get("keywords")) or meta_of(
            meta, "keywords", "news_keywords", limit=2000
        )
        said = [part for text in words if isinstance(text, str) for part in text.split(",")]
    kept = dict.fromkeys(tag for text in said if (tag := clean_line(plain(text), 80)))
    return tuple(kept)[:MOST_TAGS]
