"""`SavedArticle`: what another program has kept of an article, cleaned (pure).

Readers of exports (`formats`) give `make_saved` what they find, of whatever type; nothing in it is
trusted. Links of several folders or parts are one article (`merge_saved`).
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from shlex import quote
from typing import IO, NamedTuple, TextIO

from rilo_reader.article import Enclosure
from rilo_reader.dates import FIRST_YEAR, LAST_YEAR, read_date
from rilo_reader.entry import Entry, Form
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.feeds.article_text import text_to_markdown
from rilo_reader.feeds.identity import strip_tracking
from rilo_reader.feeds.swapped_files import hash_file
from rilo_reader.html import to_markdown
from rilo_reader.parsers.elements import content_text, to_plain_line
from rilo_reader.plugins.importers.readwise import ImportedHighlight, make_highlight
from rilo_reader.store.file_kinds import suffix_of
from rilo_reader.text import clean_line, clean_text, safe_url

TAGS_LIMIT, TAG_LIMIT, AUTHORS_LIMIT, HIGHLIGHTS_LIMIT = 100, 200, 20, 10_000
BESIDE_LIMIT = 50_000_000  # bytes of a file that is read whole, or with another
TAGS_LENGTH = 100_000  # characters of a written list of tags
TEXT_LIMIT = 16_000_000  # characters of a text
PICTURES = "pictures"  # the folder of copies, beside those of the years
_PICTURE = re.compile(r'(\bsrc="|!\[[^\]\n]*\]\()(?P<name>(?!\w+:|/)[^"\s)]{1,300})')
_LETTER = re.compile(r"(?:instapaper-private|mailto:reader-forwarded-email)\b")
_NO_PAGE = re.compile(r"(?i)https?://omnivore\.app/no_url\b")
_NO_LINK = re.compile(r"(?i)[a-z][a-z0-9+.-]*:")
_NO_FOLDER = frozenset(
    {"", "unread", "archive", "starred", "unsorted", "unorganized", "uncategorized"}
)
_NO_TITLE = frozenset({"no title found", "untitled", "null"})


class SavedArticle(NamedTuple):
    """An article that another program has kept."""

    entry: Entry  # whose tags are those of its author; of a link without text, it has no content
    what: str  # its title, address or place in the file, for messages
    saved: datetime | None = None  # when the user kept it
    tags: tuple[str, ...] = ()  # the user's, and the folders it is in
    read: bool | None = None  # None: the export does not say
    starred: bool = False
    note: str = ""  # the user's, on the whole of it
    highlights: tuple[ImportedHighlight, ...] = ()
    pictures: tuple[tuple[str, bytes], ...] = ()  # those beside it, by their names in its content
    feed: str = ""  # the address of the feed it is from, or ""
    source: str = ""  # the title of that feed, or ""

    def make_entry(self) -> Entry:
        """Return the entry to write; of a link without text with all that was said of it."""
        entry = self.entry._replace(date=self.entry.date or self.saved)
        if entry.content:
            return _name_pictures(entry, dict(self.name_pictures())) if self.pictures else entry
        quotes = (f"> {text_to_markdown(each.exact)}" for each in self.highlights)
        parts = [text_to_markdown(self.entry.summary), *(q.replace("\n", "\n> ") for q in quotes)]
        body = "\n\n".join(filter(None, [*parts, text_to_markdown(self.note)]))
        return entry._replace(content=body, form=Form.MARKDOWN, summary="")

    def name_pictures(self) -> Iterator[tuple[str, str]]:
        """Yield the name of each picture, and that of its copy in the folder `PICTURES`."""
        for name, data in self.pictures:
            yield name, f"{hash_file(data)}{suffix_of(name)}"


class LeftOut(NamedTuple):
    """Something that is not taken, and why; only a remark if it counts as nothing."""

    what: str
    why: str
    number: int = 1


Found = SavedArticle | LeftOut


class ExportFile(NamedTuple):
    """A file of an export, open; `read_beside` gives one by its path from there, b"" without it."""

    stream: IO[bytes]
    read_beside: Callable[[str], bytes] = lambda path: b""

    def open_text(self) -> TextIO:
        """Return the file as text, from its beginning; it stays open when that is closed."""
        self.stream.seek(0)
        mark = self.stream.read(2)
        self.stream.seek(0)
        encoding = "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        return _LentText(self.stream, encoding, errors="replace", newline="")

    def read_pictures(self, content: str, folder: str = "") -> tuple[tuple[str, bytes], ...]:
        """Return the pictures that a text names and that lie in a folder beside this file."""
        names = dict.fromkeys(found["name"] for found in _PICTURE.finditer(content))
        read = ((name, self.read_beside(folder + name.removeprefix("./"))) for name in names)
        return tuple((name, data) for name, data in read if data)


class _LentText(TextIOWrapper):
    def close(self) -> None:
        """Leave the stream open, which is not ours."""
        with suppress(ValueError):  # it has been left already
            self.detach()


def make_saved(  # noqa: PLR0913  # fields of an article, each by its name
    what: str,
    *,
    url: object = "",
    title: object = "",
    html_title: bool = False,
    key: object = "",
    saved: object = None,
    published: object = None,
    tags: object = (),
    folder: object = "",
    categories: object = (),
    read: bool | None = None,
    starred: bool = False,
    content: object = "",
    form: Form = Form.HTML,
    summary: object = "",
    note: object = "",
    authors: object = (),
    lang: object = "",
    highlights: Iterable[tuple[object, object]] = (),
    enclosures: tuple[Enclosure, ...] = (),
    pictures: tuple[tuple[str, bytes], ...] = (),
    feed: object = "",
    source: object = "",
) -> Found:
    """Make an article of values of any type; `what` is its place in the file."""
    given = to_text(url).strip()
    link = "" if _NO_PAGE.match(given) else make_link(given)
    name = to_plain_line(to_text(title)) if html_title else clean_line(to_text(title)[:5000])
    is_named = bool(name) and name != given and name.casefold() not in _NO_TITLE
    shown = f"{what}: {clean_line(name or given, 80)}" if name or given else what
    body = content_text(to_text(content)[:TEXT_LIMIT])
    excerpt = clean_text(to_text(summary)[:TEXT_LIMIT]).strip()
    remark = clean_text(to_text(note)[:TEXT_LIMIT]).strip()
    marks = [make_highlight(to_text(quote), to_text(word)) for quote, word in highlights]
    has_text = bool(body or excerpt or remark or any(marks))
    if not link and given and _NO_LINK.match(given) and not _LETTER.match(given) and not body:
        return LeftOut(shown, "it has no web address")
    if not link and not has_text and not (is_named and _LETTER.match(given)):
        return LeftOut(shown, "it has neither a web address nor a text")
    moment = parse_moment(published)
    own = [*split_tags(tags), re.sub(r"\s*/\s*", "/", to_text(folder).strip(" /"))]
    address = make_link(to_text(feed))
    return SavedArticle(
        Entry(
            key=clean_line(to_text(key), 2000),
            url=link,
            title=name if is_named else "",
            date=moment,
            authors=_clean_lines(authors)[:AUTHORS_LIMIT],
            tags=_clean_lines(categories)[:TAGS_LIMIT],
            lang=clean_line(to_text(lang), 35),
            summary=excerpt,
            content=body,
            form=form,
            base=link,
            enclosures=enclosures,
        ),
        shown,
        parse_moment(saved),
        tuple(tag for tag in _clean_lines(own) if tag.casefold() not in _NO_FOLDER)[:TAGS_LIMIT],
        read,
        starred,
        remark,
        tuple(dict.fromkeys(filter(None, marks[:HIGHLIGHTS_LIMIT]))),
        pictures,
        address,
        clean_line(to_text(source), 100),
    )


def name_feed(url: str) -> LeftOut:
    """Return a remark on a feed that an export has beside its articles."""
    return LeftOut(url, f"it is a feed; to follow it: rilo-reader add {quote(url)}", 0)


def make_safely(what: str, make: Callable[[], Found]) -> Found:
    """Return what is made of one thing of many; one that cannot be read costs itself alone."""
    try:
        with parser_errors():
            return make()
    except NotReadableError as error:
        return LeftOut(what, error.reason)


def merge_saved(one: SavedArticle, other: SavedArticle) -> SavedArticle:
    """Return one article of two with the same address: what either says, and the longer text."""
    first, second = one.entry, other.entry
    longer = max(first, second, key=lambda each: len(each.content))
    return one._replace(
        entry=longer._replace(
            title=first.title or second.title,
            date=min(filter(None, (first.date, second.date)), default=None),
            authors=first.authors or second.authors,
            tags=_join_lines(first.tags, second.tags),
            summary=max(first.summary, second.summary, key=len),
            enclosures=first.enclosures or second.enclosures,
        ),
        saved=min(filter(None, (one.saved, other.saved)), default=None),
        tags=_join_lines(one.tags, other.tags),
        read=other.read if one.read is None else one.read or bool(other.read),
        starred=one.starred or other.starred,
        note=max(one.note, other.note, key=len),
        highlights=tuple(dict.fromkeys((*one.highlights, *other.highlights))),
        pictures=(one if longer is first else other).pictures,
        feed=one.feed or other.feed,
        source=one.source if one.feed or not other.feed else other.source,
    )


# Values of any type.


def to_text(value: object) -> str:
    """Return a text or a number as text, "" for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def to_flag(value: object) -> bool | None:
    """Return whether a value of any type says yes; None if it says nothing."""
    text = str(value).strip().lower()
    return None if value is None or text == "" else text not in ("0", "false", "no", "0.0")


def make_link(text: str) -> str:
    """Return a web address that is safe, or ""."""
    url = strip_tracking(safe_url(text) or "")
    return "" if url.startswith("mailto:") else url


def parse_moment(value: object) -> datetime | None:
    """Return a time of seconds, milliseconds or microseconds since 1970, or as text; else None."""
    text = to_text(value).strip()
    with suppress(ValueError, OverflowError, OSError):
        number = float(text)
        if not 0 < number < 1e17:
            return None
        scale = 1 if number < 1e11 else 1e3 if number < 1e14 else 1e6
        found = datetime.fromtimestamp(number / scale, UTC)
        return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
    parsed = read_date(text)
    return parsed.moment.astimezone(UTC) if parsed is not None else None


def split_tags(value: object, separator: str = ",") -> Iterator[object]:
    """Yield tags of a list, a list as Python or JSON writes it, or a text with separators."""
    if isinstance(value, str) and value.lstrip().startswith("[") and len(value) < TAGS_LENGTH:
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            value = literal_eval(value.strip())
    if isinstance(value, str):
        yield from () if value.strip() == "null" else value[:TAGS_LENGTH].split(separator)
    for each in value if isinstance(value, list | tuple | dict) else ():
        named = each.get("name") or each.get("label") if isinstance(each, dict) else each
        yield named


def to_dict(value: object) -> Mapping[str, object]:
    """Return an object as it is, {} for anything else."""
    return value if isinstance(value, dict) else {}


def to_list(value: object) -> list[object]:
    """Return a list as it is, [] for anything else."""
    return value if isinstance(value, list) else []


def _name_pictures(entry: Entry, copies: Mapping[str, str]) -> Entry:
    """Return an entry whose text, as Markdown, has the pictures that lie in the library."""
    is_html = entry.form is Form.HTML  # which has no relative addresses once it is Markdown
    place = "https://pictures.invalid/" if is_html else f"../{PICTURES}/"
    content = _PICTURE.sub(
        lambda found: (
            f"{found[1]}{place}{copies[found['name']]}" if found["name"] in copies else found[0]
        ),
        entry.content,
    )
    if is_html:
        content = to_markdown(content, entry.base).replace(place, f"../{PICTURES}/")
    return entry._replace(content=content, form=Form.MARKDOWN)


def _clean_lines(values: object) -> tuple[str, ...]:
    listed = values if isinstance(values, list | tuple) else [values]
    lines = (clean_line(to_text(each), TAG_LIMIT) for each in listed)
    return tuple(dict.fromkeys(filter(None, lines)))


def _join_lines(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))[:TAGS_LIMIT]
