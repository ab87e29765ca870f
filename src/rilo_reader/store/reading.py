"""Documents -> Articles, and Articles -> text (pure): which keys mean what, and what stands in."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from rilo_reader.article import (
    LINE_LIMIT,
    URL_LIMIT,
    Article,
    ArticleId,
    Fault,
    clean_line,
    clean_text,
    safe_url,
)
from rilo_reader.store.dates import When, date_in_path, read_date
from rilo_reader.store.document import LINE_END, Document
from rilo_reader.store.file_kinds import HTML, MDX, suffix_of
from rilo_reader.store.front_matter import toml_head
from rilo_reader.store.names import LIST_LIMIT, names, text_of

TITLE = ("title",)
DATE = ("date", "published", "publishdate", "pubdate", "created")
UPDATED = ("updated", "lastmod", "modified")
URL = ("url", "link", "canonicalurl", "source")
AUTHORS = ("authors", "author", "by")
TAGS = ("tags", "keywords", "categories", "category")
LANG = ("lang", "language")
SUMMARY = ("summary", "description", "excerpt")
"""Each field's keys, the first that says something counts (of TAGS all), in any case, with or
without hyphens and underscores."""

KNOWN = frozenset({*TITLE, *DATE, *UPDATED, *URL, *AUTHORS, *TAGS, *LANG, *SUMMARY, "id", "draft"})

SUMMARY_LIMIT = 2000
_TRUE = frozenset({"true", "yes", "on", "1"})
_IGNORED_IN_KEYS = str.maketrans("", "", "_- ")


def to_article(document: Document, path: str, modified: datetime) -> Article:
    """The article that a document is; never raises.

    Args:
        document: the file's text, taken apart.
        path: the file, relative to its library, with forward slashes.
        modified: when the file was last changed, timezone-aware: the date where nothing else
            tells one.
    """
    metadata = _folded(document.metadata)
    url = _url(metadata)
    body = clean_text(_markdown(document.body, path, url)).lstrip("\n")
    when, fault = _date(metadata, document)
    updated = _first_date(metadata, UPDATED)
    if when is None:
        when = _date_from_path(metadata, path) or updated or When(modified, False)
    authors, tags = _authors(metadata), _tags(metadata)
    found = (*document.faults, fault, _too_many("authors", authors), _too_many("tags", tags))
    return Article(
        id=ArticleId(_identity(metadata) or url or path),
        path=path,
        title=_text(metadata, TITLE) or _stand_in_title(document, body, path),
        date=when.moment,
        date_only=when.day_only,
        updated=updated.moment if updated else None,
        source=_source(metadata),
        url=url,
        authors=authors[:LIST_LIMIT],
        tags=tags[:LIST_LIMIT],
        lang=_lang(metadata),
        summary=_text(metadata, SUMMARY, SUMMARY_LIMIT),
        body=body,
        draft=_draft(metadata, path),
        faults=tuple(fault for fault in found if fault is not None),
    )


def write_article(article: Article, unknown: Mapping[str, object] | None = None) -> str:
    """The text of an article's file: TOML front matter and the body.

    Args:
        article: what to write; its path, draft mark and faults are no part of the text.
        unknown: metadata of other programs to keep; keys that mean something here are left out.

    Raises:
        ValueError: `unknown` holds something that TOML cannot say.
    """
    metadata: dict[str, object] = {
        "id": article.id,
        "title": article.title,
        "date": article.date.date() if article.date_only else article.date,
        "updated": article.updated,
        "source": article.source,
        "url": article.url,
        "authors": list(article.authors),
        "tags": list(article.tags),
        "lang": article.lang,
        "summary": article.summary,
        "draft": article.draft or None,
    }
    said = {key: value for key, value in metadata.items() if value not in (None, "", [])}
    kept = {key: value for key, value in (unknown or {}).items() if _folded_key(key) not in KNOWN}
    said.update(kept)
    return toml_head(said) + article.body


def _markdown(body: str, path: str, url: str) -> str:
    """The body of a file as Markdown; `url` is where it stands on the web, "" where unknown."""
    suffix = suffix_of(path)
    if suffix in HTML:
        from rilo_reader.store import html_body

        return html_body.to_markdown(body, url)
    if suffix == MDX:
        from rilo_reader.store import mdx

        return mdx.to_markdown(body)
    return body


def _stand_in_title(document: Document, body: str, path: str) -> str:
    """The heading that the body begins with, else the file's name."""
    from rilo_reader.store.titles import heading, readable_name

    if document.faults:
        # Not of the broken front matter that the body begins with.
        opening = body[:3]
        _, closed, rest = body.partition(f"\n{opening}\n")
        body = rest if closed and opening in ("---", "+++") else body
    return heading(body) or readable_name(path)


# -- keys ---------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1000)
def _folded_key(key: str) -> str:
    """A key as it is compared: `publish_date`, `Publish-Date` and `publishDate` are one."""
    folded = key.lower()
    return folded if folded.isalnum() else folded.translate(_IGNORED_IN_KEYS)


def _folded(metadata: Mapping[str, object]) -> dict[str, object]:
    """The metadata by folded key; of keys that fold to one, the first counts."""
    folded: dict[str, object] = {}
    for key, value in metadata.items():
        folded.setdefault(_folded_key(key), value)
    return folded


def _text(metadata: Mapping[str, object], keys: tuple[str, ...], limit: int = LINE_LIMIT) -> str:
    """The first of these keys that says something, as one clean line."""
    for key in keys:
        value = metadata.get(key)
        if value is not None:
            text = clean_line(text_of(value), limit)
            if text:
                return text
    return ""


# -- fields -------------------------------------------------------------------------------------


def _identity(metadata: Mapping[str, object]) -> str:
    """The `id`, clean and on one line but with its inner spaces, "" where there is none."""
    value = metadata.get("id")
    if value is None:
        return ""
    return clean_text(text_of(value)).translate(_LINE_SPACES).strip()[:URL_LIMIT]


_LINE_SPACES = str.maketrans("\n\t", "  ")


def _url(metadata: Mapping[str, object]) -> str:
    """The first safe absolute address, "" where there is none."""
    for key in URL:
        value = metadata.get(key)
        if value:
            url = safe_url(text_of(value))
            if url:
                return url
    return ""


def _source(metadata: Mapping[str, object]) -> str:
    """The feed's or site's title; a `source` that is an address is the url instead."""
    text = _text(metadata, ("source",))
    return "" if "://" in text and safe_url(text) else text


def _lang(metadata: Mapping[str, object]) -> str:
    """The language tag, with hyphens, "" where it is none."""
    text = _text(metadata, LANG).replace("_", "-")
    if not _LANGUAGE.fullmatch(text):
        return ""
    language, hyphen, region = text.partition("-")
    return language.lower() + hyphen + (region.upper() if len(region) == 2 else region)


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")


def _draft(metadata: Mapping[str, object], path: str) -> bool:
    """Whether the file says it is a draft: `draft: true`, Pelican's status, Jekyll's folder."""
    value = metadata.get("draft")
    if value is not None and (value is True or text_of(value).strip().lower() in _TRUE):
        return True
    if "status" in metadata and text_of(metadata["status"]).strip().lower() == "draft":
        return True
    return "_drafts/" in path and "_drafts" in path.split("/")


def _authors(metadata: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the first of these keys that has any; perhaps more than count."""
    for key in AUTHORS:
        authors = names(metadata.get(key))
        if authors:
            return authors
    return ()


def _tags(metadata: Mapping[str, object]) -> tuple[str, ...]:
    """Everything that files the article somewhere, each once, without Obsidian's #.

    Perhaps more than count.
    """
    tags: dict[str, None] = {}
    for key in TAGS:
        for tag in names(metadata.get(key)):
            tags[tag.lstrip("#").lstrip() or tag] = None
    return tuple(tags)


def _too_many(what: str, found: Sequence[str]) -> Fault | None:
    """The fault of an article that has more of something than is kept."""
    if len(found) <= LIST_LIMIT:
        return None
    return Fault(0, f"It has more than {LIST_LIMIT:,} {what}; the first {LIST_LIMIT:,} count.")


# -- dates --------------------------------------------------------------------------------------


def _first_date(metadata: Mapping[str, object], keys: tuple[str, ...]) -> When | None:
    """The date of the first of these keys that has one."""
    for key in keys:
        value = metadata.get(key)
        if value is not None:
            when = read_date(value[0] if isinstance(value, list) and value else value)
            if when is not None:
                return when
    return None


def _date(metadata: Mapping[str, object], document: Document) -> tuple[When | None, Fault | None]:
    """The date that the front matter gives, and a fault where it gives one that is none."""
    when = _first_date(metadata, DATE)
    if when is None and not document.faults:
        for key in DATE:
            value = metadata.get(key)
            # `published: true` says something else.
            if value and not isinstance(value, bool) and text_of(value).lower() not in _TRUTHS:
                shown = clean_line(text_of(value), 40)
                reason = f"The date “{shown}” is not understood; write it as 2019-03-07."
                return None, Fault(_line_of(key, document), reason)
    return when, None


_TRUTHS = frozenset({"", "true", "false", "yes", "no"})


def _line_of(key: str, document: Document) -> int:
    """The line of the text where a key stands, 0 where it is not found."""
    text = document.head if document.head.strip("\ufeff") else document.body[:10_000]
    for number, line in enumerate(LINE_END.split(text), 1):
        if _folded_key(re.split("[:=]", line, maxsplit=1)[0].strip(" \"'{")) == key:
            return number
    return 0


def _date_from_path(metadata: Mapping[str, object], path: str) -> When | None:
    """The day that the file's name or folders, or its address on the site, tell."""
    when = date_in_path(path)
    for key in ("path", "permalink", "slug", "url"):
        if when is None and isinstance(metadata.get(key), str):
            when = date_in_path(str(metadata[key])[:1000])
    return when
