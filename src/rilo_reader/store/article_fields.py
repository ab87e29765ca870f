"""Build an `Article` from a parsed file, and an article's file from an `Article` (pure).

What `article.FIELDS` says is read by its row; a field with rules of its own has a function here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from rilo_reader.article import (
    FIELDS,
    Article,
    ArticleField,
    ArticleId,
    Enclosure,
    Fault,
    Field,
)
from rilo_reader.dates import ParsedDate, date_value
from rilo_reader.dialects import ANY, BY_SUFFIX, DIALECT_NAMES, PLAIN, Dialect, ReadFile, named
from rilo_reader.store.file_kinds import HTML, MDX, suffix_of
from rilo_reader.store.file_names import readable_name
from rilo_reader.store.front_matter import is_collected, toml_head
from rilo_reader.store.front_matter_dates import DATE, UPDATED, DayFirst, read_dates
from rilo_reader.store.front_matter_syntax import Document, Syntax
from rilo_reader.store.metadata import (
    LIST_LIMIT,
    NAME_LIMIT,
    fold_key,
    fold_keys,
    line_of,
    read_names,
    split_words,
    text_of,
)
from rilo_reader.store.vaults import inline_tags, properties_of, strip_brackets
from rilo_reader.text import (
    URL_LIMIT,
    clean_body,
    clean_line,
    clean_text,
    other_web_address,
    safe_url,
)

SUMMARY = ("summary", "description", "excerpt")
SUMMARY_LIMIT = 2000

_OTHER_KEYS = {"date": DATE, "updated": UPDATED, "summary": SUMMARY, "comments": ("comments",)}
KEYS = _OTHER_KEYS | {one.name: one.keys for one in FIELDS}
"""Keys of what is read by more than one name, compared as `metadata.folded_key` says."""

KNOWN = frozenset({*chain.from_iterable(KEYS.values()), "id", "draft", "dialect"})

_URL = KEYS["url"]
_WITH_RULES = {Field.TITLE, Field.SOURCE, Field.URL, Field.TAG, Field.LANG, Field.ENCLOSURE}
_PLAIN = tuple(one for one in FIELDS if one.field not in _WITH_RULES)


class FolderFacts(NamedTuple):
    """Facts of a folder that its files are read by."""

    dialect: str = ""  # the name of that of the folder; a file may have another
    # whether the day comes first in a date such as 12/5/2023; where it is None, the month does
    day_first: DayFirst = lambda: None
    read: ReadFile = lambda path: None  # reads what a text includes


def decide_dialect(document: Document, path: str, of_folder: str = "") -> str:
    """Return the name of the dialect of a parsed file, "" if nothing tells.

    Its own key counts most, then whether rilo-reader has collected it, its suffix, its folder.
    """
    metadata = document.metadata
    if name := DIALECT_NAMES.get(text_of(metadata.get("dialect")).lower()):
        return "" if name == ANY else name
    if is_collected(document.head or document.body) and (
        "feed" in metadata or "guid" in metadata or _is_saved_page(metadata)
    ):
        return PLAIN
    return BY_SUFFIX.get(suffix_of(path), of_folder)


def _is_saved_page(metadata: Mapping[str, object]) -> bool:
    """Return whether front matter is that of a saved page, as versions wrote it without dialect.

    Its address is its id; `is_collected` has told that this is its first key.
    """
    is_in_order = [*metadata][:3] == ["id", "title", "date"] and "source" in metadata
    return is_in_order and metadata["id"] == metadata.get("url")


def to_article(
    document: Document,
    path: str,
    modified: datetime,
    folder: FolderFacts | None = None,
) -> Article:
    """Build the article of a parsed file; never raises.

    `path` is relative to its library; `modified` is the time of the file, its date of last resort.
    Among notes tags may stand in the text, aliases are titles, and other keys are shown.
    """
    folder = folder or FolderFacts()
    name = decide_dialect(document, path, folder.dialect)
    dialect = named(name)
    metadata = fold_keys(dialect.metadata(document.metadata))
    url = _read_url(metadata)
    body = _body_to_markdown(document.body, path, url, dialect, folder.read)
    body = clean_text(body).lstrip("\n")
    published, updated, fault = read_dates(metadata, document, path, folder.day_first)
    when = published or ParsedDate(modified, False)
    is_spaced = dialect.are_notes or "_posts" in path.split("/")
    fields: dict[str, Any] = {
        **{one.name: _read_field(one, metadata) for one in _PLAIN},
        "title": _read_title(metadata) or _stand_in_title(document, body, path, dialect),
        "source": _read_source(metadata),
        "url": url,
        "tags": _read_tags(metadata, body if dialect.are_notes else "", is_spaced),
        "lang": _read_language(metadata),
        "enclosures": read_enclosures(metadata, body if name == PLAIN else ""),
    }
    faults = [*document.faults, *filter(None, [fault])]
    for one in FIELDS:
        if one.is_many and len(fields[one.name]) > LIST_LIMIT:
            fields[one.name] = fields[one.name][:LIST_LIMIT]
            more = f"It has more than {LIST_LIMIT:,} {one.name}"
            faults.append(Fault(0, f"{more}; only the first {LIST_LIMIT:,} are used."))
    return Article(
        id=ArticleId(_read_id(metadata) or url or path),
        path=path,
        date=when.moment,
        date_only=when.day_only,
        updated=updated.moment if updated else None,
        summary=line_of(metadata, SUMMARY, SUMMARY_LIMIT),
        body=body,
        draft=_is_draft(metadata, path),
        faults=tuple(faults),
        dated=published is not None,
        aliases=_read_aliases(metadata) if dialect.are_notes else (),
        properties=_read_properties(document, metadata, body, dialect),
        canonical=_is_canonical(metadata, url),
        comments=other_web_address(text_of(metadata.get("comments")), url),
        dialect=name,
        **fields,
    )


def write_article(article: Article, unknown: Mapping[str, object] | None = None) -> str:
    """The text of an article's file: TOML front matter, and the body.

    `unknown` is other metadata to keep, but for keys in KNOWN; ValueError if TOML cannot say it.
    """
    metadata: dict[str, object] = {
        "id": article.id,
        "title": article.title,
        "date": date_value(article.date, article.date_only),
        "updated": article.updated,
        **{one.name: getattr(article, one.name) for one in FIELDS},
        "enclosures": tuple(
            {key: value for key, value in one._asdict().items() if value}
            for one in article.enclosures
        ),
        "comments": article.comments,
        "summary": article.summary,
        "draft": article.draft or None,
        "dialect": article.dialect,
    }
    present = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in metadata.items()
        if value not in (None, "", ())
    }
    kept = {key: value for key, value in (unknown or {}).items() if fold_key(key) not in KNOWN}
    return toml_head(present | kept) + article.body


def _body_to_markdown(body: str, path: str, url: str, dialect: Dialect, read: ReadFile) -> str:
    """The body of a file as Markdown; `url` is its address on the web, "" if unknown."""
    suffix = suffix_of(path)
    if suffix in HTML:
        from rilo_reader.store import html_body

        return html_body.to_markdown(body, url)
    body = dialect.body(clean_body(body), path, read)
    if dialect.forms.mdx and (suffix == MDX or _may_be_mdx(body)):
        from rilo_reader.store import mdx

        if suffix == MDX or mdx.is_mdx(body):
            return mdx.to_markdown(body)
    return body


def _may_be_mdx(body: str) -> bool:
    """Return whether a text may be MDX: a cheap test before `mdx.is_mdx`."""
    return (
        body.startswith(("import ", "export "))
        or ("{" in body and "{/*" in body)
        or ("<" in body and ("\nimport " in body or "\nexport " in body))
    )


def _stand_in_title(document: Document, body: str, path: str, dialect: Dialect) -> str:
    """The heading that the body begins with, else the file's name."""
    if document.faults:
        # Skip the broken front matter that the body begins with.
        opening = body[:3]
        _, closed, rest = body.partition(f"\n{opening}\n")
        body = rest if closed and opening in ("---", "+++") else body
    from rilo_reader.store.headings import find_title_heading

    heading = find_title_heading(body, dialect.has_title_at)
    return heading or dialect.title(path) or readable_name(path)


# -- fields -------------------------------------------------------------------------------------


def _read_field(one: ArticleField, metadata: Mapping[str, object]) -> str | tuple[str, ...]:
    """Return the value of the first of its keys that is there; names may exceed LIST_LIMIT.

    Hugo has the user's own values in the table `params`.
    """
    if not one.is_many:
        return line_of(metadata, one.keys)
    own = metadata.get("params")
    groups = (metadata, fold_keys(own)) if isinstance(own, Mapping) else (metadata,)
    return next(
        filter(None, (read_names(group.get(key)) for group in groups for key in one.keys)), ()
    )


def read_enclosures(metadata: Mapping[str, object], body: str) -> tuple[Enclosure, ...]:
    """Return the files that are attached to an article; possibly more than LIST_LIMIT.

    Where its header does not name them, as in what was collected before it did, they are those
    that its `body` lists at its end.
    """
    named = metadata.get("enclosures")
    if named is None:
        return tuple(_iter_listed(body))[::-1]
    found = (_read_enclosure(each) for each in (named if isinstance(named, list) else ()))
    return tuple(each for each in found if each.url)


_LISTED = re.compile(
    r"- \[[^\n]{0,300}\]\(<([^\n>]{1,4000})>\)"
    r"(?: \(([^\s,)]+/[^\s,)]+)?(?:[, ]*(\d[\d,]{0,12}\.\d) ([Mk])B)?\))?"
)
"""A line as `feeds.article_text.make_link` writes it."""


def _iter_listed(body: str) -> Iterator[Enclosure]:
    """Yield the files of a list at the end of a body, the last one first."""
    end = max(len(body) - 1, 0)
    while line := _LISTED.fullmatch(body, body.rfind("\n", 0, end) + 1, end):
        url, kind, size, unit = line.groups(default="")
        length = float(size.replace(",", "") or 0) * (1e6 if unit == "M" else 1e3)
        if address := safe_url(url):
            yield Enclosure(address, kind.replace("\\", ""), round(length))
        end = max(line.start() - 1, 0)


def _read_enclosure(value: object) -> Enclosure:
    """Read a table with an address, or the address alone; without a safe one, its address is ""."""
    named = fold_keys(value) if isinstance(value, Mapping) else {"url": value}
    length, seconds = (
        number if isinstance(number := named.get(key), int) and 0 < number < 1 << 53 else 0
        for key in ("bytes", "seconds")
    )
    kind = clean_line(text_of(named.get("type")), NAME_LIMIT).lower()
    return Enclosure(safe_url(text_of(named.get("url"))) or "", kind, int(length), int(seconds))


def _read_title(metadata: Mapping[str, object]) -> str:
    """The title without shortcodes, "" where there is none."""
    title = line_of(metadata, KEYS["title"])
    return clean_line(re.sub(_SHORTCODE, "", title)) if "{{" in title else title


_SHORTCODE = r"\{\{<.*?>\}\}|\{\{%.*?%\}\}"


def _read_id(metadata: Mapping[str, object]) -> str:
    """The `id` as one clean line that keeps its inner spaces, "" where there is none."""
    text = clean_text(text_of(metadata.get("id")))
    return text.translate(_LINE_SPACES).strip()[:URL_LIMIT]


_LINE_SPACES = str.maketrans("\n\t", "  ")


def _read_url(metadata: Mapping[str, object]) -> str:
    """The first safe absolute address, "" where there is none."""
    urls = (safe_url(text_of(value)) for key in _URL if (value := metadata.get(key)))
    return next(filter(None, urls), "")


def _is_canonical(metadata: Mapping[str, object], url: str) -> bool:
    """Return whether an article is known by the address of its original alone."""
    original = text_of(metadata.get("canonicalurl"))
    return bool(original) and not _read_id(metadata) and safe_url(original) == url


def _read_aliases(metadata: Mapping[str, object]) -> tuple[str, ...]:
    return read_names(metadata.get("aliases") or metadata.get("alias"))


def _read_source(metadata: Mapping[str, object]) -> str:
    """The feed's or site's title; a `source` that is an absolute URL is not a title."""
    text = strip_brackets(line_of(metadata, KEYS["source"]))
    return "" if "://" in text and safe_url(text) else text


def _read_language(metadata: Mapping[str, object]) -> str:
    """The language tag, with hyphens, "" where it is not one."""
    text = line_of(metadata, KEYS["lang"]).replace("_", "-")
    if not text or not re.fullmatch(_LANGUAGE, text):
        return ""
    language, hyphen, region = text.partition("-")
    return language.lower() + hyphen + (region.upper() if len(region) == 2 else region)


_LANGUAGE = r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}"
_TRUE = frozenset({"true", "yes", "on", "1"})


def _is_draft(metadata: Mapping[str, object], path: str) -> bool:
    """Return whether this is a draft, by `draft`, Pelican's `status` or Jekyll's `_drafts`."""
    value = metadata.get("draft")
    return (
        value is True
        or text_of(value).strip().lower() in _TRUE
        or text_of(metadata.get("status")).strip().lower() == "draft"
        or "_drafts" in path.split("/")[:-1]
    )


def _read_tags(metadata: Mapping[str, object], note: str, is_spaced: bool) -> tuple[str, ...]:
    """Tags, keywords and categories without duplicates or a leading # (as in Obsidian).

    Where `is_spaced`, those of a text without commas end at spaces, as in Jekyll. Then those
    in the text of a `note`, whose case does not count. Possibly more than LIST_LIMIT.
    """
    tags: dict[str, None] = {}
    # Zola has them in a table of their own.
    grouped = metadata.get("taxonomies")
    groups = (metadata, fold_keys(grouped)) if isinstance(grouped, Mapping) else (metadata,)
    for group in groups:
        values = (
            split_words(group.get(key)) if is_spaced and key in _SPACED else group.get(key)
            for key in KEYS["tags"]
        )
        for tag in chain.from_iterable(map(read_names, values)):
            tags[tag.lstrip("#").lstrip() or tag] = None
    if note:
        folded_tags = {tag.casefold() for tag in tags}
        for tag in inline_tags(note):
            if tag.casefold() not in folded_tags and len(tags) <= LIST_LIMIT:
                folded_tags.add(tag.casefold())
                tags[tag] = None
    return tuple(tags)


_SPACED = frozenset({"tags", "categories", "tag"})
_OWN = frozenset({"id", "draft", "dialect", "feed", "guid", "highlightsof"})
_IN_HEAD = _OWN.union(KEYS["title"], KEYS["tags"])
"""Keys that the head of a page shows, or that are rilo-reader's own."""


def _read_properties(
    document: Document, metadata: Mapping[str, object], body: str, dialect: Dialect
) -> tuple[tuple[str, str], ...]:
    """Return what else the front matter of a note says; of other files only if they are empty."""
    is_shown = dialect.are_notes or document.syntax is Syntax.PROPERTIES or not body.strip()
    if not is_shown or not document.metadata:
        return ()
    in_head = {next((key for key in DATE if metadata.get(key)), "")}
    for one in _PLAIN:
        in_head.add(next((key for key in one.keys if read_names(metadata.get(key))), ""))
    url, source = _read_url(metadata), _read_source(metadata)

    def is_in_head(key: str) -> bool:
        key = fold_key(key)
        if key in _URL:
            return (url != "" and safe_url(text_of(metadata[key])) == url) or (
                key == "source" and source != ""
            )
        return key in _IN_HEAD or key in in_head

    return properties_of(document.metadata, is_in_head)
