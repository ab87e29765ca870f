"""`SavedArticle`: what another program has kept of an article, cleaned (pure).

Readers of exports (`formats`) make it of what they find (`fields`); nothing in it is trusted.
Links of several folders or parts are one article (`merge_saved`).
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from shlex import quote
from typing import IO, NamedTuple, TextIO

from rilo_reader.annotations.highlight import EXACT_LIMIT, clean_note
from rilo_reader.dates import FIRST_YEAR, LAST_YEAR, read_date
from rilo_reader.entry import Entry, Form
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.feeds.article_text import text_to_markdown
from rilo_reader.feeds.identity import strip_tracking
from rilo_reader.feeds.swapped_files import hash_file
from rilo_reader.html import to_markdown
from rilo_reader.parsers.decoding import BEYOND_ASCII, find_encoding, restore_windows
from rilo_reader.store.file_kinds import suffix_of
from rilo_reader.text import clean_line, clean_text, safe_url

TAGS_LIMIT, TAG_LIMIT = 100, 200
SAMPLE = 1 << 18  # bytes that tell the encoding of a file
BESIDE_LIMIT = 50_000_000  # bytes of a file that is read whole, or with another
UNSORTED = frozenset((
    "uncategorized", "unsorted", "unorganized", "nezařazeno", "unkategorisiert", "sin categorizar",
    "sans catégorie", "دسته بندی نشده", "ללא קטגוריה", "kategória nélküli", "senza categoria",
    "未分類", "未分类", "분류 없음",
    "neklasificēts", "niet ingedeeld", "pas triat", "brak kategorii",
    "sem categoria", "без категории", "bez kategórie", "kategorisiz",
))  # fmt: skip
"""Folders of what is in none, as programs name them: FreshRSS in the languages it has."""

TAGS_LENGTH = 100_000  # characters of a written list of tags
PICTURES = "pictures"  # the folder of copies, beside those of the years
_PICTURE = re.compile(r'(\bsrc="|!\[[^\]\n]*\]\()(?P<name>(?!\w+:|/)[^"\s)]{1,300})')


class ImportedHighlight(NamedTuple):
    """A highlight of another program; all texts are cleaned."""

    exact: str
    note: str = ""  # what the user wrote about it, or ""
    made: datetime | None = None  # timezone-aware, or None where it is not said


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
        body = "\n\n".join(self.make_paragraphs())
        return entry._replace(content=body, form=Form.MARKDOWN, summary="")

    def make_paragraphs(self) -> tuple[str, ...]:
        """Return all that was said of a link, as Markdown: description, quotations, note."""
        quotes = (f"> {text_to_markdown(each.exact)}" for each in self.highlights)
        parts = [text_to_markdown(self.entry.summary), *(q.replace("\n", "\n> ") for q in quotes)]
        return tuple(filter(None, [*parts, text_to_markdown(self.note)]))

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
        sample = self.stream.read(SAMPLE)
        self.stream.seek(0)
        is_cut = len(sample) == SAMPLE
        codec = find_encoding(sample.rstrip(BEYOND_ASCII) if is_cut else sample)
        errors = "surrogateescape" if codec.startswith("utf-8") else "replace"
        return _LentText(self.stream, codec, errors=errors, newline="")

    def read_text(self, path: str) -> str:
        """Return a text beside it, "" without it."""
        return ExportFile(BytesIO(self.read_beside(path))).open_text().read()

    def read_pictures(self, content: str, folder: str = "") -> tuple[tuple[str, bytes], ...]:
        """Return the pictures that a text names and that lie in a folder beside this file."""
        names = dict.fromkeys(found["name"] for found in _PICTURE.finditer(content))
        read = ((name, self.read_beside(folder + name.removeprefix("./"))) for name in names)
        return tuple((name, data) for name, data in read if data)


class _LentText(TextIOWrapper):
    def read(self, size: int | None = -1, /) -> str:
        """Read a text, whose bytes that are not UTF-8 are letters of Windows-1252."""
        return restore_windows(super().read(size))

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        """Read a line in the same way."""
        return restore_windows(super().readline(size))

    def close(self) -> None:
        """Leave the stream open, which is not ours."""
        with suppress(ValueError):  # it has been left already
            self.detach()


def name_feed(url: str) -> LeftOut:
    """Return a remark on a feed that an export has beside its articles."""
    return LeftOut(url, f"it is a feed; to follow it: rilo-reader add {quote(url)}", 0)


def number_all(kind: str, values: Iterable[object]) -> Iterator[tuple[str, object]]:
    """Yield values, each with its place in the file."""
    return ((f"{kind} {number}", value) for number, value in enumerate(values, 1))


def make_all(
    things: Iterable[tuple[str, object]], make: Callable[[str, Mapping[str, object]], Found]
) -> Iterator[Found]:
    """Yield what is made of each of many things; one that cannot be read costs itself alone."""
    for what, value in things:
        try:
            with parser_errors():
                if isinstance(value, NotReadableError):
                    raise value
                found = make(what, to_dict(value))
        except NotReadableError as error:
            found = LeftOut(what, error.reason)
        yield found


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


def make_highlight(exact: str, note: str = "", made: object = None) -> ImportedHighlight | None:
    """A highlight of values from outside; None without a quotation."""
    exact = clean_text(exact).strip()[:EXACT_LIMIT].rstrip()
    return ImportedHighlight(exact, clean_note(note), parse_moment(made)) if exact else None


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


def clean_lines(values: object) -> tuple[str, ...]:
    """Return texts of a list, or a text alone, as lines that differ."""
    listed = values if isinstance(values, list | tuple) else [values]
    lines = (clean_line(to_text(each), TAG_LIMIT) for each in listed)
    return tuple(dict.fromkeys(filter(None, lines)))


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


def _join_lines(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))[:TAGS_LIMIT]
