"""Read the metadata of a page: title, authors, dates, site, address, language, summary (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from rilo_reader.dates import ParsedDate, read_date
from rilo_reader.html.media import resolve_url
from rilo_reader.text import clean_line

DATA_LIMIT = 1_000_000  # characters of JSON-LD; anything longer does not describe an article

_ARTICLES = re.compile(
    r"(?i)(?:article|posting|report|review|recipe|webpage|creativework|episode)$"
)


def read_linked_data(root: HtmlElement) -> Mapping[str, Any]:
    """Return the JSON-LD object that describes the article, else the page, or {}."""
    found: list[Mapping[str, Any]] = []
    for script in root.iter("script"):
        text = script.text or ""
        if "ld+json" not in (script.get("type") or "") or len(text) > DATA_LIMIT:
            continue
        with suppress(ValueError, RecursionError):
            found += _iter_objects(json.loads(text.strip().removesuffix(";"), strict=False))
    described = [
        thing
        for thing in found
        for kinds in [to_list(thing.get("@type"))]
        if any(isinstance(kind, str) and _ARTICLES.search(kind) for kind in kinds)
    ]
    return min(described, key=lambda thing: "WebPage" in to_list(thing["@type"]), default={})


def _iter_objects(data: object, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a JSON-LD document: at the top level, in lists, and in its graph."""
    if depth > 5:
        return
    if isinstance(data, list):
        for item in data[:200]:
            yield from _iter_objects(item, depth + 1)
    elif isinstance(data, dict):
        yield data
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _iter_objects(data.get(name), depth + 1)


def to_list(value: object) -> list[object]:
    """Return a value of JSON-LD as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def read_names(value: object) -> list[str]:
    """Return the names of persons or organisations in JSON-LD."""
    names: list[str] = []
    for item in to_list(value):
        name = item.get("name") if isinstance(item, dict) else item
        names.extend(clean_line(part, 200) for part in to_list(name) if isinstance(part, str))
    return names


# Meta elements.


def read_meta(root: HtmlElement) -> dict[str, list[str]]:
    """Return the contents of meta elements and microdata, by lower-case name."""
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        content = element.get("content")
        if not content or not content.strip():
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            for name in (element.get(attribute) or "").lower().split():
                found.setdefault(name, []).append(content)
    return found


def read_meta_lines(meta: Mapping[str, list[str]], *names: str, limit: int = 500) -> list[str]:
    """Return the values of these names, in that order, each as a clean line."""
    return [clean_line(text, limit) for name in names for text in meta.get(name, ())]


def first_text(*texts: object) -> str:
    """Return the first text that is not empty, or ""."""
    return next(filter(None, (strip_markup(text) for text in texts if isinstance(text, str))), "")


def strip_markup(text: str) -> str:
    """Return a line without markup."""
    if "<" in text or "&" in text:
        text = unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", unescape(text)))
    return clean_line(text, 2000)


def text_line_of(element: HtmlElement) -> str:
    """Return the text of an element as one line."""
    return clean_line("".join(element.itertext()))


MAX_NAME_WORDS = 3  # in the name of a site

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
    """Return the title of the article, without the name of the site, which may be declared."""
    headline = data.get("headline") or (data.get("name") if data.get("@type") != "WebPage" else "")
    declared = first_text(
        *read_meta_lines(meta, "dc:title", "dcterms:title", "dc.title", "og:title"),
        headline,
        *read_meta_lines(meta, "weibo:article:title", "twitter:title", "title", "parsely-title"),
    )
    page = first_text(*(text_line_of(element) for element in root.iter("title")))
    shown = [(text_line_of(element), element) for element in root.iter("h1")]
    # A heading that links to the front page is the name of the site.
    names = [
        text
        for text, element in shown
        if text
        and any(leads_home(resolve_url(a.get("href") or "", url)) for a in element.iter("a"))
    ]
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    sites = {name.casefold() for name in (site, host, *names, *_names_in_feeds(root)) if name}
    headings = [text for text, _ in shown if text and text.casefold() not in sites] or names
    if declared and declared not in page and len(declared.split()) <= MAX_NAME_WORDS:
        # The declared title is the site's name if a heading is one of several parts of `page`.
        parts = [part.strip() for part in _SEPARATOR.split(page)]
        declared = next((text for text in headings if text in parts and len(parts) > 1), declared)
    for title in filter(None, (declared, page)):
        # A heading that the title starts or ends with is the title without additions.
        for heading in headings:
            if heading not in names and len(heading) > 10 and heading != title and heading in title:
                return clean_line(heading)
    title = _LOOSE_END.sub("", declared or page)
    title = _strip_site_name(title, sites, is_declared=len(sites) > bool(host))
    return clean_line(title or (headings[0] if headings else ""))


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


def _strip_site_name(title: str, sites: Collection[str], *, is_declared: bool) -> str:
    """Return a title without the name of the site at its start or end.

    `sites` are possible names, case-folded; `is_declared`: the page declares them.
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
    is_short = _count_words(parts[-1]) <= 4 and len(head) > len(parts[-1])
    return head if is_short and _count_words(head) >= 3 and not is_declared else title


def _count_words(text: str) -> int:
    """Return the number of words; in scripts without spaces, every two letters count as one."""
    return len(text.split()) + len(_UNPARTED.findall(text)) // 2


MAX_TAGS = 20
MAX_AUTHORS = 20

_BY = re.compile(r"(?i)^\s*(?:by|von|par|por|di|door|av|af|od)\s+|^\s*(?:written by|author):?\s+")
_AND = re.compile(r"\s+(?:and|und|et|y|&)\s+(?=[A-ZÀ-Þ])")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_PUBLISHED = re.compile(r"(?i)datepublished|published|dt-published|entry-date|pubdate|post-date")
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


class PageFacts(NamedTuple):
    """The metadata of a page; "" or None if it is missing."""

    title: str = ""
    authors: tuple[str, ...] = ()
    date: ParsedDate | None = None
    updated: ParsedDate | None = None
    site: str = ""
    url: str = ""
    lang: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()


def read_facts(root: HtmlElement, url: str) -> PageFacts:
    """Return the metadata of a page: from meta elements, JSON-LD, or else its visible text."""
    meta = read_meta(root)
    data = read_linked_data(root)
    publishers = read_names(data.get("publisher"))
    site = first_text(*read_meta_lines(meta, "og:site_name", "application-name"), *publishers)
    summaries = ("og:description", "description", "twitter:description")
    return PageFacts(
        title=read_title(root, meta, data, site, url),
        authors=_read_authors(root, meta, data),
        date=_read_first_date(
            *read_meta_lines(meta, *PUBLISHED),
            *(data.get(name) for name in ("datePublished", "dateCreated")),
            *_list_times(root),
        ),
        updated=_read_first_date(*read_meta_lines(meta, *MODIFIED), data.get("dateModified")),
        site=site,
        url=_find_canonical(root, meta, url),
        lang=_read_language(root, meta, data),
        summary=first_text(*read_meta_lines(meta, *summaries, limit=2000), data.get("description")),
        tags=_read_tags(meta, data),
    )


def _read_authors(
    root: HtmlElement, meta: Mapping[str, list[str]], data: Mapping[str, Any]
) -> tuple[str, ...]:
    names = read_names(data.get("author")) or read_meta_lines(
        meta, "dc:creator", "author", "article:author", "dc.creator", "dcterms.creator", "byl",
        "parsely-author", "sailthru.author", "citation_author",
    )  # fmt: skip
    if not _clean_authors(names):
        names = [
            text_line_of(element)
            for element in root.iter("a", "span", "address", "div", "p")
            if "author" in (element.get("rel") or "").split() or element.get("itemprop") == "author"
        ][:1]
    return _clean_authors(names)


def _clean_authors(names: Iterable[str]) -> tuple[str, ...]:
    persons: dict[str, None] = {}
    for name in names:
        parts = [part for piece in re.split(r"\s*[;|]\s*", name) for part in _AND.split(piece)]
        by_comma = [part for piece in parts for part in piece.split(", ")]
        # "Doe, Jane" is one name.
        for part in by_comma if all(" " in part.strip() for part in by_comma) else parts:
            person = _BY.sub("", strip_markup(part)).strip(" ,")
            if _is_person(person):
                persons.setdefault(person)
    return tuple(persons)[:MAX_AUTHORS]


def _is_person(name: str) -> bool:
    return (
        0 < len(name) <= 80
        and "://" not in name
        and "@" not in name
        and _NO_AUTHOR.match(name) is None
        and any(letter.isalpha() for letter in name)
    )


def _read_first_date(*texts: object) -> ParsedDate | None:
    return next(filter(None, (read_date(text) for text in texts if isinstance(text, str))), None)


def _list_times(root: HtmlElement) -> list[str]:
    """Return the publication dates in the text of a page."""
    found = []
    for element in root.iter("time", "abbr", "span", "meta"):
        names = " ".join(element.get(name) or "" for name in ("itemprop", "class", "property"))
        if element.get("pubdate") is not None or _PUBLISHED.search(names):
            date = element.get("datetime") or element.get("content") or element.get("title")
            found.append(date or "")
    if not found:
        inside = [time.get("datetime") or "" for time in root.iter("time")]
        found = inside if len(set(inside)) == 1 else inside[:1]
    return found


def _find_canonical(root: HtmlElement, meta: Mapping[str, list[str]], url: str) -> str:
    """Return the canonical address of a page; its own if the declared one is wrong."""
    candidates = [
        element.get("href") or ""
        for element in root.iter("link")
        if "canonical" in (element.get("rel") or "").lower().split()
    ]
    # Some sites declare their front page on every page.
    is_front = not url or urlsplit(url).path in ("", "/")
    for text in [*candidates, *meta.get("og:url", [])]:
        found = resolve_url(text, url)
        if found.startswith("http") and (is_front or urlsplit(found).path not in ("", "/")):
            return found
    return resolve_url(url, "")


def find_base(root: HtmlElement, url: str) -> str:
    """Return the base of relative links: as the page declares it, or else its own address."""
    declared = (resolve_url(element.get("href") or "", url) for element in root.iter("base"))
    return next(filter(None, declared), url)


def _read_language(
    root: HtmlElement, meta: Mapping[str, list[str]], data: Mapping[str, Any]
) -> str:
    html = root if root.tag == "html" else root.getroottree().getroot()
    languages = [html.get("lang"), html.get("{http://www.w3.org/XML/1998/namespace}lang")]
    languages += [html.get("xml:lang"), data.get("inLanguage")]
    languages += read_meta_lines(meta, "og:locale", "content-language", "language", "dc.language")
    for text in languages:
        if isinstance(text, str) and (match := _LANGUAGE.match(text.strip())):
            return match[0].replace("_", "-")
    return ""


def _read_tags(meta: Mapping[str, list[str]], data: Mapping[str, Any]) -> tuple[str, ...]:
    texts = read_meta_lines(meta, "article:tag")
    if not texts:
        words = to_list(data.get("keywords"))
        words = words or [*read_meta_lines(meta, "keywords", "news_keywords", limit=2000)]
        texts = [part for text in words if isinstance(text, str) for part in text.split(",")]
    tags = dict.fromkeys(tag for text in texts if (tag := clean_line(strip_markup(text), 80)))
    return tuple(tags)[:MAX_TAGS]
