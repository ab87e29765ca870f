"""Build an `Article` from a parsed file, and an article's file from an `Article` (pure).

This module knows which front matter keys mean what, how authors and tags may be written, and what
title an article gets whose front matter has none: a heading of its body, else its file's name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain

from rilo_reader.article import Article, ArticleId, Fault
from rilo_reader.dates import When, date_value, is_ambiguous, read_date
from rilo_reader.store.file_kinds import HTML, MDX, suffix_of
from rilo_reader.store.front_matter import toml_head
from rilo_reader.store.headers import LINE_END, Document, Form
from rilo_reader.store.vaults import Vault, inline_tags, properties_of, without_brackets
from rilo_reader.text import LINE_LIMIT, URL_LIMIT, clean_line, clean_text, safe_url

TITLE = ("title",)
DATE = ("date", "published", "publishdate", "pubdate", "created")
UPDATED = ("updated", "lastmod", "modified")
URL = ("url", "link", "canonicalurl", "source")
AUTHORS = ("authors", "author", "by")
TAGS = ("tags", "keywords", "categories", "category", "tag")
LANG = ("lang", "language")
SUMMARY = ("summary", "description", "excerpt")
"""Keys of each field, compared without case, hyphens and underscores. The first key with a value
wins; of TAGS all count."""

KNOWN = frozenset({*TITLE, *DATE, *UPDATED, *URL, *AUTHORS, *TAGS, *LANG, *SUMMARY, "id", "draft"})

SUMMARY_LIMIT = 2000
_TRUE = frozenset({"true", "yes", "on", "1"})
_IGNORED_IN_KEYS = str.maketrans("", "", "_- ")


DayFirst = Callable[[], bool | None]
"""Whether the day comes first in the dates of the site; None if none of them tells."""


def to_article(
    document: Document,
    path: str,
    modified: datetime,
    vault: Vault = Vault.NONE,
    day_first: DayFirst = lambda: None,
) -> Article:
    """Build the article of a parsed file; never raises.

    `path` is relative to its library; `modified` is the time of the file, its date of last resort.
    In a `vault` tags may stand in the text, aliases are titles, and other keys are shown. The order
    of a date such as 12/5/2023 is that of the site; where `day_first` is None, the month is first.
    """
    metadata = _folded(document.metadata)
    url = _url(metadata)
    body = clean_text(_markdown(document.body, path, url, vault)).lstrip("\n")
    when, fault = _date(metadata, document, day_first)
    updated = _first_date(metadata, UPDATED, day_first)
    own = when or _date_from_path(metadata, path) or updated
    when = own or When(modified, False)
    is_spaced = bool(vault) or "_posts" in path.split("/")
    authors, tags = _authors(metadata), _tags(metadata, body if vault else "", is_spaced)
    found = (*document.faults, fault, _too_many("authors", authors), _too_many("tags", tags))
    return Article(
        id=ArticleId(_identity(metadata) or url or path),
        path=path,
        title=_title(metadata) or _stand_in_title(document, body, path, vault),
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
        dated=own is not None,
        aliases=names(metadata.get("aliases") or metadata.get("alias")) if vault else (),
        properties=_properties(document, body, vault),
        canonical=_is_canonical(metadata, url),
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
        "source": article.source,
        "url": article.url,
        "authors": list(article.authors),
        "tags": list(article.tags),
        "lang": article.lang,
        "summary": article.summary,
        "draft": article.draft or None,
    }
    present = {key: value for key, value in metadata.items() if value not in (None, "", [])}
    kept = {key: value for key, value in (unknown or {}).items() if _folded_key(key) not in KNOWN}
    return toml_head(present | kept) + article.body


def _markdown(body: str, path: str, url: str, vault: Vault) -> str:
    """The body of a file as Markdown; `url` is its address on the web, "" if unknown."""
    if vault is Vault.LOGSEQ:
        from rilo_reader.store.logseq import to_markdown

        return to_markdown(body)
    suffix = suffix_of(path)
    if suffix in HTML:
        from rilo_reader.store import html_body

        return html_body.to_markdown(body, url)
    if suffix == MDX or _may_be_mdx(body):
        from rilo_reader.store import mdx

        if suffix == MDX or mdx.is_mdx(body):
            return mdx.to_markdown(body)
    return body


def _may_be_mdx(body: str) -> bool:
    """Whether it is worth looking closer; single characters are found in no time."""
    return (
        body.startswith(("import ", "export "))
        or ("{" in body and "{/*" in body)
        or ("<" in body and ("\nimport " in body or "\nexport " in body))
    )


def _stand_in_title(document: Document, body: str, path: str, vault: Vault) -> str:
    """The heading that the body begins with, else the file's name."""
    if vault is Vault.LOGSEQ:
        from rilo_reader.store.logseq import name_of

        return name_of(path) or readable_name(path)
    if document.faults:
        # Skip the broken front matter that the body begins with.
        opening = body[:3]
        _, closed, rest = body.partition(f"\n{opening}\n")
        body = rest if closed and opening in ("---", "+++") else body
    from rilo_reader.store.headings import heading

    return heading(body, is_note=vault is Vault.OBSIDIAN) or readable_name(path)


# -- keys ---------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1000)
def _folded_key(key: str) -> str:
    """A key for comparison: `publish_date`, `Publish-Date` and `publishDate` are equal."""
    folded = key.lower()
    return folded if folded.isalnum() else folded.translate(_IGNORED_IN_KEYS)


def _folded(metadata: Mapping[str, object]) -> dict[str, object]:
    """The metadata by folded keys; of equal keys the first wins."""
    folded: dict[str, object] = {}
    for key, value in metadata.items():
        folded.setdefault(_folded_key(key), value)
    return folded


def _text(metadata: Mapping[str, object], keys: tuple[str, ...], limit: int = LINE_LIMIT) -> str:
    """The first non-empty value of these keys as one clean line, "" if there is none."""
    texts = (clean_line(text_of(metadata[key]), limit) for key in keys if key in metadata)
    return next(filter(None, texts), "")


# -- fields -------------------------------------------------------------------------------------


def _title(metadata: Mapping[str, object]) -> str:
    """The title without shortcodes, "" where there is none."""
    title = _text(metadata, TITLE)
    return clean_line(re.sub(_SHORTCODE, "", title)) if "{{" in title else title


_SHORTCODE = r"\{\{<.*?>\}\}|\{\{%.*?%\}\}"


def _identity(metadata: Mapping[str, object]) -> str:
    """The `id` as one clean line that keeps its inner spaces, "" where there is none."""
    text = clean_text(text_of(metadata.get("id")))
    return text.translate(_LINE_SPACES).strip()[:URL_LIMIT]


_LINE_SPACES = str.maketrans("\n\t", "  ")


def _url(metadata: Mapping[str, object]) -> str:
    """The first safe absolute address, "" where there is none."""
    urls = (safe_url(text_of(value)) for key in URL if (value := metadata.get(key)))
    return next(filter(None, urls), "")


def _is_canonical(metadata: Mapping[str, object], url: str) -> bool:
    """Whether an article is known by the address of its original alone."""
    original = text_of(metadata.get("canonicalurl"))
    return bool(original) and not _identity(metadata) and safe_url(original) == url


def _source(metadata: Mapping[str, object]) -> str:
    """The feed's or site's title; a `source` that is an absolute URL is no title."""
    text = without_brackets(_text(metadata, ("source",)))
    return "" if "://" in text and safe_url(text) else text


def _lang(metadata: Mapping[str, object]) -> str:
    """The language tag, with hyphens, "" where it is none."""
    text = _text(metadata, LANG).replace("_", "-")
    if not re.fullmatch(_LANGUAGE, text):
        return ""
    language, hyphen, region = text.partition("-")
    return language.lower() + hyphen + (region.upper() if len(region) == 2 else region)


_LANGUAGE = r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}"


def _draft(metadata: Mapping[str, object], path: str) -> bool:
    """Whether this is a draft: `draft: true`, Pelican's `status`, or in Jekyll's `_drafts`."""
    value = metadata.get("draft")
    return (
        value is True
        or text_of(value).strip().lower() in _TRUE
        or text_of(metadata.get("status")).strip().lower() == "draft"
        or "_drafts" in path.split("/")[:-1]
    )


def _authors(metadata: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the first key that has any; possibly more than LIST_LIMIT.

    Hugo has values of one's own in the table `params`.
    """
    own = metadata.get("params")
    groups = (metadata, _folded(own)) if isinstance(own, Mapping) else (metadata,)
    return next(filter(None, (names(group.get(key)) for group in groups for key in AUTHORS)), ())


def _tags(metadata: Mapping[str, object], note: str, is_spaced: bool) -> tuple[str, ...]:
    """Tags, keywords and categories without duplicates or a leading # (as in Obsidian).

    Where `is_spaced`, those of a text without commas end at spaces, as in Jekyll. Then those
    in the text of a `note`, whose case does not count. Possibly more than LIST_LIMIT.
    """
    tags: dict[str, None] = {}
    # Zola has them in a table of their own.
    grouped = metadata.get("taxonomies")
    groups = (metadata, _folded(grouped)) if isinstance(grouped, Mapping) else (metadata,)
    for group in groups:
        values = (
            _words(group.get(key)) if is_spaced and key in _SPACED else group.get(key)
            for key in TAGS
        )
        for tag in chain.from_iterable(map(names, values)):
            tags[tag.lstrip("#").lstrip() or tag] = None
    if note:
        known = {tag.casefold() for tag in tags}
        for tag in inline_tags(note):
            if tag.casefold() not in known and len(tags) <= LIST_LIMIT:
                known.add(tag.casefold())
                tags[tag] = None
    return tuple(tags)


_SPACED = frozenset({"tags", "categories", "tag"})


def _words(value: object) -> object:
    """A text of words as a list of them; anything else as it is."""
    is_one = not isinstance(value, str) or re.search(rf"{_COMMA}|{_SEMICOLON}|\[\[", value)
    return value if is_one else str(value).split()


_IN_HEAD = frozenset({*TITLE, *TAGS, "id", "draft", "feed", "guid", "highlightsof"})
"""Keys that the head of a page shows, or that are rilo-reader's own."""


def _properties(document: Document, body: str, vault: Vault) -> tuple[tuple[str, str], ...]:
    """What else the front matter of a note says; of other files only if they have no text."""
    is_shown = vault or document.form is Form.PROPERTIES or not body.strip()
    if not is_shown or not document.metadata:
        return ()
    metadata = _folded(document.metadata)
    dated = next((key for key in DATE if metadata.get(key)), "")
    named = next((key for key in AUTHORS if names(metadata.get(key))), "")
    url, source = _url(metadata), _source(metadata)

    def is_in_head(key: str) -> bool:
        key = _folded_key(key)
        if key in URL:
            return (url != "" and safe_url(text_of(metadata[key])) == url) or (
                key == "source" and source != ""
            )
        return key in _IN_HEAD or key in (dated, named)

    return properties_of(document.metadata, is_in_head)


def _too_many(what: str, found: Sequence[str]) -> Fault | None:
    if len(found) <= LIST_LIMIT:
        return None
    return Fault(
        0, f"It has more than {LIST_LIMIT:,} {what}; only the first {LIST_LIMIT:,} are used."
    )


# -- dates --------------------------------------------------------------------------------------


def _first_date(
    metadata: Mapping[str, object], keys: tuple[str, ...], day_first: DayFirst
) -> When | None:
    """The date of the first of these keys that has one."""
    for key in keys:
        value = metadata.get(key)
        value = value[0] if isinstance(value, list) and value else value
        if value is None:
            continue
        is_either = isinstance(value, str) and is_ambiguous(value)
        if found := read_date(value) or (
            read_date(value, day_first=bool(day_first())) if is_either else None
        ):
            return found
    return None


def _date(
    metadata: Mapping[str, object], document: Document, day_first: DayFirst
) -> tuple[When | None, Fault | None]:
    """The date in the front matter, and a fault where its value cannot be parsed or is unclear."""
    when = _first_date(metadata, DATE, day_first)
    for key in DATE if not document.faults else ():
        value = metadata.get(key)
        # `published: true` is a flag, not a date, and Quarto's `today` is none.
        if not value or isinstance(value, bool) or text_of(value).lower() in _NO_DATES:
            continue
        shown = clean_line(text_of(value), 40)
        if when is None:
            reason = f"The date “{shown}” is not understood; write it as 2019-03-07."
            return None, Fault(_line_of(key, document), reason)
        if is_ambiguous(shown) and read_date(shown) is None and day_first() is None:
            reason = (
                f"The date “{shown}” is read with the month first, as no other date here says "
                f"which it is; write it as {when.moment:%Y-%m-%d}."
            )
            return when, Fault(_line_of(key, document), reason)
        return when, None
    return when, None


_NO_DATES = frozenset(
    {
        "",
        "true",
        "false",
        "yes",
        "no",
        "last-modified",
        "today",
        "now",
        "last modified",
        "created",
        "git last modified",
        "git created",
    }
)


def _line_of(key: str, document: Document) -> int:
    """The line of a key in the text, 0 where it is not found."""
    text = document.head if document.head.strip("\ufeff") else document.body[:10_000]
    for number, line in enumerate(LINE_END.split(text), 1):
        if _folded_key(re.split("[:=]", line, maxsplit=1)[0].strip(" \"'{")) == key:
            return number
    return 0


def _date_from_path(metadata: Mapping[str, object], path: str) -> When | None:
    """The day in the file's name or folders, or in its permalink."""
    when = date_in_path(path)
    for key in ("path", "permalink", "slug", "url"):
        if when is None and isinstance(metadata.get(key), str):
            when = date_in_path(str(metadata[key])[:1000])
    return when


_INDEX_FILE = r"(?i:_?index(?:\.[a-z]{2}(?:-[a-z]{2})?)?|readme)(?:\.\w+)?"


def _bundle_of(path: str) -> str:
    """The name of an index file's folder (`hello` of `hello/index.md`), "" for other files."""
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[2] if re.fullmatch(_INDEX_FILE, name) else ""


def index_name(path: str) -> str:
    """How a file's name says that it stands for its folder, "" where it does not.

    "_": `_index.md` of Hugo and Zola. "index": `index.md`, or its folder's name, as in Obsidian,
    where a sign may be in front of it (`News/§ News.md`).
    """
    folder, _, name = path.rpartition("/")
    if re.fullmatch(_INDEX_FILE, name) and name[0] not in "rR":
        return "_" if name[0] == "_" else "index"
    names = (folder.rpartition("/")[2], name.rpartition(".")[0])
    bare = {re.sub(r"^\W+", "", text).casefold() for text in names}
    return "index" if len(bare) == 1 and bare != {""} else ""


_FILE_DATE = r"(?<!\d)(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})(?!\d)|(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)"
_FOLDER_DATE = r"(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})(?=[/_. -]|$)"
_FOLDER_MONTH = r"(?:^|/)(\d{4})/(\d{2})(?=/)"


def date_in_path(path: str) -> When | None:
    """The day in a path: `2019-03-07-title.md`, `2019/03/07/title`, or `2019/03/title`.

    An index file takes its folder's name: `2019-03-07-title/index.md` has that date too.
    """
    name = _bundle_of(path) or path.rpartition("/")[2]
    for pattern, text in ((_FILE_DATE, name), (_FOLDER_DATE, path), (_FOLDER_MONTH, path)):
        for match in re.finditer(pattern, text):
            year, month, *days = (int(part) for part in match.groups() if part)
            try:
                moment = datetime(year, month, days[0] if days else 1, tzinfo=UTC)
            except ValueError:
                continue
            if 1900 <= year <= 2100:
                return When(moment, True)
    return None


# -- names: authors and tags ----------------------------------------------------------------------

NAME_LIMIT = 100
"""Characters of one name."""

LIST_LIMIT = 1000
"""Authors or tags of one article."""

_SCAN_LIMIT = LIST_LIMIT + 1

_DEPTH_LIMIT = 5
_COMMA = "[,，、]"
_SEMICOLON = "[;；]"
_LINKED_NAME = r"\[([^\[\]]*)\]\([^()\s]*\)(?:\s*\([^()]*\))?"
"""A name that is a link, and the institution behind it."""

_NAME_KEYS = ("name", "title", "label", "term", "url", "id")


def text_of(value: object) -> str:
    """A value as text: a list's first item, a mapping's name; "" where there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return text_of(value[0]) if value and not isinstance(value[0], list) else ""
    if isinstance(value, Mapping):
        named = next((value[key] for key in _NAME_KEYS if key in value), "")
        return named if isinstance(named, str) else ""
    if value is None or isinstance(value, bool):
        return ""
    try:
        return str(value)
    except ValueError:  # a number of more digits than Python prints
        return ""


def names(value: object) -> tuple[str, ...]:
    """The clean names in a value, in order and without duplicates, at most LIST_LIMIT + 1.

    Text is split at semicolons, or else at commas. Lists and mappings may be nested; a text in a
    list is one name, so that "Lovelace, Ada" stays whole. A mapping gives its name, or else the
    values that it groups (`topic: [a, b]`) and its keys without a value.
    """
    found: dict[str, None] = {}
    for name in filter(None, _names_in(value, 0) if value else ()):
        found[name] = None
        if len(found) == _SCAN_LIMIT:
            break
    return tuple(found)


def _names_in(value: object, depth: int, *, is_item: bool = False) -> Iterator[str]:
    """The names in a value; the text of a list's item is not split."""
    if isinstance(value, list | Mapping) and depth > _DEPTH_LIMIT:
        return
    if isinstance(value, list):
        for item in value[:_SCAN_LIMIT]:
            yield from _names_in(item, depth + 1, is_item=True)
    elif isinstance(value, Mapping) and not text_of(value):
        for key, item in list(value.items())[:_SCAN_LIMIT]:
            if item is None:
                yield clean_line(str(key), NAME_LIMIT)
            else:
                yield from _names_in(item, depth + 1, is_item=True)
    else:
        text = text_of(value)
        text = re.sub(_LINKED_NAME, r"\1", text) if "](" in text else text
        separator = _SEMICOLON if re.search(_SEMICOLON, text) else _COMMA
        is_one = is_item or isinstance(value, Mapping)
        parts = [text] if is_one else re.split(separator, text, maxsplit=_SCAN_LIMIT)
        for part in parts[:_SCAN_LIMIT]:
            name = clean_line(part, NAME_LIMIT)
            yield without_brackets(name) if name.startswith("[[") else name


# -- names of files -----------------------------------------------------------------------------

_DATE_PREFIX = r"\d{4}-\d{1,2}-\d{1,2}[-_ T]+(?=.)"
_NUMBERS = r"\d[\d._-]*"
_COLLECTED = r"\d{4}-\d\d-\d\d-.+-[0-9a-f]{12}\.md"
"""What `folder.new_path` calls the files of collected articles."""


def readable_name(path: str) -> str:
    """A title from a file's path: its name without date, suffix and hyphens; never empty.

    `2019-03-07-post-channel.md` becomes "Post channel"; an index file takes its folder's name.
    """
    return _name(path) or "Untitled"


def searchable_name(path: str) -> str:
    """The readable name of a file, which is searched like a second title.

    "" for a collected article, whose file name is made of its date, title and a hash.
    """
    return "" if re.fullmatch(_COLLECTED, path.rpartition("/")[2]) else _name(path)


def _name(path: str) -> str:
    """The readable name of a file, "" where nothing is left of it."""
    name = path.rpartition("/")[2]
    stem = _bundle_of(path) or name.rpartition(".")[0] or name
    stem = re.sub(_DATE_PREFIX, "", stem, count=1)
    if " " not in stem and not re.fullmatch(_NUMBERS, stem):
        spaced = re.sub("[-_]+", " ", stem).strip()
        stem = spaced[:1].upper() + spaced[1:]
    return clean_line(stem)
