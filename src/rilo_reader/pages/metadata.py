"""Read the metadata of a page: title, authors, dates, site, address, language, summary (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from rilo_reader.dates import When, read_date
from rilo_reader.html.media import absolute
from rilo_reader.pages.declared import (
    first,
    linked_data,
    listed,
    meta_of,
    names_in,
    plain,
    read_meta,
    text_of,
)
from rilo_reader.pages.title import read_title
from rilo_reader.text import clean_line

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
"""Names of metadata for publication and modification dates, the most reliable first."""


class Facts(NamedTuple):
    """The metadata of a page; "" or None if it is missing."""

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
    """Return the metadata of a page: from meta elements, JSON-LD, or else its visible text."""
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
    """Return the names of the authors, without duplicates."""
    names = names_in(data.get("author")) or meta_of(
        meta, "dc:creator", "author", "article:author", "dc.creator", "dcterms.creator", "byl",
        "parsely-author",
        "sailthru.author", "citation_author",
    )  # fmt: skip
    if not _clean_authors(names):
        names = [
            text_of(element)
            for element in root.iter("a", "span", "address", "div", "p")
            if "author" in (element.get("rel") or "").split() or element.get("itemprop") == "author"
        ][:1]
    return _clean_authors(names)


def _split_names(name: str) -> list[str]:
    """Split a line into names; "Doe, Jane" is one."""
    parts = [part for piece in re.split(r"\s*[;|]\s*", name) for part in _AND.split(piece)]
    by_comma = [part for piece in parts for part in piece.split(", ")]
    return by_comma if all(" " in part.strip() for part in by_comma) else parts


def _clean_authors(names: Iterable[str]) -> tuple[str, ...]:
    persons: dict[str, None] = {}
    for name in names:
        for part in _split_names(name):
            person = _BY.sub("", plain(part)).strip(" ,")
            if _is_person(person):
                persons.setdefault(person)
    return tuple(persons)[:MOST_AUTHORS]


def _is_person(name: str) -> bool:
    """Return whether a text may be the name of an author."""
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
    """Return the publication dates in the text of a page."""
    found: list[str] = []
    for element in root.iter("time", "abbr", "span", "meta"):
        names = " ".join(
            (element.get(name) or "") for name in ("itemprop", "class", "pubdate", "property")
        ).lower()
        if element.get("pubdate") is not None or re.search(
            r"datepublished|published|dt-published|entry-date|pubdate|post-date", names
        ):
            found.append(
                element.get("datetime") or element.get("content") or element.get("title") or ""
            )
    if not found:
        inside = [time.get("datetime") or "" for time in root.iter("time")]
        found = inside if len(set(inside)) == 1 else inside[:1]
    return found


def _canonical(root: HtmlElement, meta: Mapping[str, list[str]], url: str) -> str:
    """Return the canonical address of a page; its own if the declared one is wrong."""
    candidates = [
        element.get("href") or ""
        for element in root.iter("link")
        if "canonical" in (element.get("rel") or "").lower().split()
    ]
    candidates += meta.get("og:url", [])
    for text in candidates:
        found = absolute(text, url)
        if not found.startswith("http"):
            continue
        if urlsplit(found).path in ("", "/") and url and urlsplit(url).path not in ("", "/"):
            # Some sites declare their front page on every page.
            continue
        return found
    return absolute(url, "")


def _lang(root: HtmlElement, meta: Mapping[str, list[str]], data: Mapping[str, Any]) -> str:
    html = root if root.tag == "html" else root.getroottree().getroot()
    languages = [html.get("lang"), html.get("{http://www.w3.org/XML/1998/namespace}lang")]
    languages += [html.get("xml:lang"), data.get("inLanguage")]
    languages += meta_of(meta, "og:locale", "content-language", "language", "dc.language")
    for text in languages:
        if isinstance(text, str) and (match := _LANGUAGE.match(text.strip())):
            return match[0].replace("_", "-")
    return ""


def _tags(meta: Mapping[str, list[str]], data: Mapping[str, Any]) -> tuple[str, ...]:
    texts = meta_of(meta, "article:tag")
    if not texts:
        words = listed(data.get("keywords")) or meta_of(
            meta, "keywords", "news_keywords", limit=2000
        )
        texts = [part for text in words if isinstance(text, str) for part in text.split(",")]
    tags = dict.fromkeys(tag for text in texts if (tag := clean_line(plain(text), 80)))
    return tuple(tags)[:MOST_TAGS]
