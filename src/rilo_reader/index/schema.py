"""The fields of the index, their version, and what is stored of an article.

The body, by far the largest field, is indexed once. All other text is indexed twice, in its own
field and in `head`, so that a word anywhere is looked up in two fields and not in five. Joined
forms of title and body (see `query.joined_forms`) have fields of their own, so that they are
neither completions nor part of phrases; in the short fields they follow the words. The place of an
article's file is in the same document, so that it is committed together with the article.
"""

import json
import sys
import unicodedata
import zlib
from array import array
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

import tantivy

from rilo_reader.article import FIELDS, NO_DATE, WITHIN_DAY, Article, ArticleId, Enclosure, Fault

TITLE, BODY, HEAD = "title", "body", "head"
TITLE_JOINED, BODY_JOINED = "title_joined", "body_joined"
VALUE_FIELDS = {one.field: f"{one.field}_value" for one in FIELDS if one.facet}  # whole values
# The articles with a word that begins with one, two or three letters are a union over thousands of
# words: 50 ms for a million articles. In a large library STARTS has these prefixes as terms, and
# MARKED, which contains their length, to show whether all articles have them.
STARTS = "starts"
JOINED_FIELDS = (TITLE_JOINED, BODY_JOINED)
WORD_FIELDS = (BODY, HEAD, *(one.field.value for one in FIELDS))

START_LETTERS = 3
HAS_PREFIXES = f"*{START_LETTERS}"

ORDER, KEY, MINUTES = "order", "key", "minutes"
# Fingerprints of the body, and of title and body; hashes of source (above) and address (URL_BITS
# below); whether the index had an article of this story before (see `duplicates`).
FINGERPRINT, STORY, ORIGIN, COPY = "text", "story", "origin", "copy"
URL_BITS = 32
FOLDER, FILE_KEY, STAMP = "folder", "file_key", "stamp"
ROW, FAULTS, FAULTY = "row", "faults", "faulty"

TOKENIZER = "prepared"
"""The tokenizer, which splits the result of `tokens.prepare_text` at spaces."""


def hash64(text: str) -> int:
    """An unsigned 64-bit hash of a text, equal on all machines."""
    return hash64_bytes(text.encode("utf-8", "surrogatepass"))


def hash64_bytes(data: bytes) -> int:
    """An unsigned 64-bit hash of bytes, equal on all machines."""
    from hashlib import blake2b

    return int.from_bytes(blake2b(data, digest_size=8).digest())


def make_keys(articles: Iterable[str]) -> "array[int]":
    """The keys of many articles, in their order."""
    from hashlib import blake2b

    encoded = [article.encode("utf-8", "surrogatepass") for article in articles]
    # One buffer for all: making an int of each would take as long as hashing it.
    keys = array("Q", b"".join([blake2b(one, digest_size=8).digest() for one in encoded]))
    if sys.byteorder == "little":
        keys.byteswap()
    return keys


_POSITIONS = {"tokenizer_name": TOKENIZER, "index_option": "position"}
_TOKENS = {"tokenizer_name": TOKENIZER, "index_option": "basic"}
_WHOLE = {"tokenizer_name": "raw", "index_option": "basic"}

_COLUMNS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("text", WORD_FIELDS, _POSITIONS),
    ("text", (*JOINED_FIELDS, STARTS), _TOKENS),
    ("text", tuple(VALUE_FIELDS.values()), {**_WHOLE, "fast": True}),
    ("integer", (ORDER,), {"fast": True}),
    ("unsigned", (KEY, STORY, FILE_KEY), {"indexed": True, "fast": True}),
    ("unsigned", (FINGERPRINT, ORIGIN, MINUTES, STAMP), {"fast": True}),
    ("text", (FOLDER,), _WHOLE),
    ("bytes", (ROW, FAULTS), {"stored": True}),
    ("boolean", (COPY, FAULTY), {"indexed": True}),
)
"""The fields by their type in tantivy, with its options."""


def make_schema() -> tantivy.Schema:
    """Return the schema for tantivy."""
    builder = tantivy.SchemaBuilder()
    for kind, names, options in _COLUMNS:
        for name in names:
            getattr(builder, f"add_{kind}_field")(name, **options)
    return builder.build()


def make_analyzer() -> tantivy.TextAnalyzer:
    """The analyzer to register as TOKENIZER."""
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()


# -- stored values --------------------------------------------------------------------------------

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FIELD_SEPARATOR = "\0"  # in no file name and no cleaned text
_ITEM_SEPARATOR = "\x1f"  # in no cleaned text


class Hit(NamedTuple):
    """The part of an article that the index stores, enough for its row in a list."""

    id: ArticleId  # and path come first: see `read_only.iter_beginning_with`
    path: str  # relative to the library
    title: str
    source: str  # or ""
    date: datetime  # in UTC, in whole seconds
    date_only: bool  # whether it has a date without a time; then `date` has the date itself
    lang: str  # a language tag, or ""
    url: str = ""  # or ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # those of its file
    enclosures: tuple[Enclosure, ...] = ()
    comments: str = ""  # or ""
    minutes: int = 1  # to read it, at least 1
    story: str = ""  # the same for articles with the same title and text, "" for short ones

    @staticmethod
    def from_article(article: Article) -> "Hit":
        """Return what the index would store of an article, but for `minutes` and `story`."""
        return Hit(*_of_article(article))


_of_article = attrgetter(*Hit._fields[:-2])

_PLACES = list(enumerate(Hit.__annotations__.values()))
_LISTS = [place for place, kind in _PLACES if kind == tuple[str, ...]]
_DATES = [place for place, kind in _PLACES if kind is datetime]
_NUMBERS = [(place, kind) for place, kind in _PLACES if kind in (int, bool)]
_ENCLOSURES = Hit._fields.index("enclosures")
"""The attributes of `Hit` that are packed otherwise than as they are."""

TOKENS_VERSION = 16
"""To be incremented when tokens, packing or what is read of files change."""

VERSION = f"{TOKENS_VERSION}.{zlib.crc32(repr((_COLUMNS, Hit.__annotations__)).encode()):08x}"
"""With a digest of the fields, and of what is stored; an index of another version is rebuilt."""

SCHEMA_VERSION = f"{VERSION}-{unicodedata.unidata_version}"
"""The version and that of Unicode, on which tokens depend."""


def file_key(path: str) -> int:
    """The key of a file (a path relative to the library)."""
    return hash64(path)


_ADDED = (1 << 16) - 1


def file_stamp(size: int, mtime_ns: int, git_added: int = 0) -> int:
    """A hash of a file's size and mtime, which changes with its content.

    Its last bits are those of the second at which it was added to git, 0 if that is not known.
    """
    return hash64(f"{size}:{mtime_ns}") & ~_ADDED | git_added & _ADDED


def file_stamps(sizes_and_mtimes: Iterable[str], git_added: Iterable[int]) -> list[int]:
    """The stamps of many files; of each "SIZE:MTIME", and when it was added."""
    keys = zip(make_keys(sizes_and_mtimes), git_added, strict=True)
    return [key & ~_ADDED | second & _ADDED for key, second in keys]


def strip_added(stamp: int) -> int:
    """A stamp as it would be outside of git, which is the same wherever the file is moved."""
    return stamp & ~_ADDED


def folder_of(path: str) -> str:
    """The folder of a path relative to the library, "" for the library itself."""
    return path.rpartition("/")[0]


def pack_row(article: Article, minutes: int, story: int) -> bytes:
    """Return the stored part of an article's document."""
    if article.date_only:
        article = article._replace(date=article.date.replace(tzinfo=UTC))
    values = [*_of_article(article), minutes, f"{story:x}" if story else ""]
    for place in _LISTS:
        values[place] = _ITEM_SEPARATOR.join(values[place])
    parts = [str(part) for one in values[_ENCLOSURES] for part in one]
    values[_ENCLOSURES] = _ITEM_SEPARATOR.join(parts)
    for place in _DATES:
        values[place] = str(to_seconds(values[place]))
    for place, _ in _NUMBERS:
        values[place] = str(int(values[place]) or "")
    return _FIELD_SEPARATOR.join(values).encode("utf-8", "surrogatepass")


def unpack_row(row: bytes) -> Hit:
    """Return what `pack_row` packed; raise ValueError for what is not a packed row."""
    values: list[Any] = row.decode("utf-8", "surrogatepass").split(_FIELD_SEPARATOR)
    if len(values) != len(Hit._fields):
        raise ValueError("this is not a packed row")
    for place in _LISTS:
        values[place] = tuple(values[place].split(_ITEM_SEPARATOR)) if values[place] else ()
    parts = iter(values[_ENCLOSURES].split(_ITEM_SEPARATOR) if values[_ENCLOSURES] else ())
    four = zip(parts, parts, parts, parts, strict=True)
    values[_ENCLOSURES] = tuple(Enclosure(url, kind, int(a), int(b)) for url, kind, a, b in four)
    for place in _DATES:
        values[place] = _EPOCH + timedelta(seconds=int(values[place]))
    for place, kind in _NUMBERS:
        values[place] = kind(values[place] or 0)
    return Hit._make(values)


def pack_faults(faults: tuple[Fault, ...]) -> bytes:
    """An article's faults as JSON."""
    return json.dumps([[fault.line, fault.reason] for fault in faults]).encode()


def unpack_faults(packed: bytes) -> tuple[Fault, ...]:
    """The inverse of pack_faults."""
    return tuple(Fault(line, reason) for line, reason in json.loads(packed))


# -- the sort key, and spans of time as ranges of it (pure) ---------------------------------------

# The seconds since 1970, one bit that is set if the article has a date without a time, and bits of
# the id's hash: so the order within one second is stable, windows can be read from either end, and
# a span of time is a range of keys.
#
# A date without a time is that day in every time zone, which no moment is. It is placed at 10:00
# UTC, which is within the day from UTC-10 to nearly UTC+14. There, one range of keys contains the
# moments of a local day and the date itself, and the order of results is that of the dates shown.
# In other zones, and wherever a local day does not include 10:00 UTC of its date, the keys of the
# date are a range of their own, which is added or excluded.

HASH_BITS = 24

ORDER_BITS = HASH_BITS + 1
"""Bits below the seconds; those of the years 1 to 9999 take 39 of the 64 bits."""

Ranges = Sequence[tuple[int | None, int | None]]
"""Half-open ranges of sort keys; None leaves a side open."""

_DAY = 86_400
_SECOND = timedelta(seconds=1)

FIRST_DATE = ((NO_DATE - _EPOCH) // _SECOND + _DAY) << ORDER_BITS
"""The least sort key of an article that has a date; one that has none is before no date."""


def sort_key(seconds: int, key: int = 0, *, is_day: bool = False) -> int:
    """The sort key of a second since 1970 (negative before) and an id's hash."""
    return (seconds << ORDER_BITS) | (is_day << HASH_BITS) | (key & ((1 << HASH_BITS) - 1))


def order_of_article(article: Article, key: int) -> int:
    """The sort key of an article, given its id's hash."""
    return sort_key(to_seconds(article.moment), key, is_day=article.date_only)


def to_seconds(date: datetime) -> int:
    """Whole seconds since 1970, negative before."""
    return int((date - _EPOCH) // _SECOND)


def sort_key_ranges(start: datetime | None, end: datetime | None) -> Ranges:
    """The sort keys of the articles from one moment on, before another; None leaves a side open.

    Both are in the user's zone: the local date and time decide which dates without a time come
    after them.
    """
    first = _find_bound(start) if start is not None else None
    after = _find_bound(end) if end is not None else None
    if first and after and any(b < a for a, b in zip(first, after, strict=True)):
        return ()
    lower = _list_edges(*first) if first else [FIRST_DATE if after else None]
    upper = _list_edges(*after) if after else [None]
    # What comes after both bounds is excluded: every other edge ends a range.
    edges = [*lower, *upper]
    if first and after:
        edges.sort(key=lambda edge: edge or 0)
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(low, high) for low, high in pairs if low is None or low != high]


def _find_bound(moment: datetime) -> tuple[int, int]:
    """The first second of a span, and its first date without a time.

    The current date is after the moment if 10:00 UTC is.
    """
    second, day = to_seconds(moment), moment.toordinal() - _EPOCH.toordinal()
    is_midnight = not (moment.hour or moment.minute or moment.second or moment.microsecond)
    return second, day if is_midnight or _second_of_date(day) >= second else day + 1


def _list_edges(second: int, first_day: int) -> list[int | None]:
    """The sort keys at which the ranges after a bound begin and end, alternately."""
    edges = [sort_key(second)]
    # The first day that is placed at this second or later.
    placed = -((_second_of_date(0) - second) // _DAY)
    for day in range(min(placed, first_day), max(placed, first_day)):
        place = _second_of_date(day)
        edges += [sort_key(place, is_day=True), sort_key(place + 1)]
    return [*sorted(edges)]


def _second_of_date(day: int) -> int:
    """The second at which the date with this number is placed."""
    return day * _DAY + WITHIN_DAY // _SECOND
