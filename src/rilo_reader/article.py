"""`Article` and the table of its fields: an article as all parts of the program know it (pure).

A field that is an attribute of `Article` and a row of FIELDS is read from files and written, found
by queries here and in an archive, completed, counted, shown and printed as JSON.
"""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, NewType

ArticleId = NewType("ArticleId", str)
"""The permanent identity of an article: its front matter's id, else URL, else path."""


HIGHLIGHTS_OF = "highlights_of"
"""The key of front matter that makes a file the note of the article with that id."""


class Fault(NamedTuple):
    """A problem in an article's file, which is shown nevertheless."""

    line: int  # 1-based line in the file, 0 for the whole file
    reason: str  # one sentence for the user, without the line number


NO_DATE = datetime(1, 1, 1, tzinfo=UTC)
"""The date, without a time, of a page that has none; the last of all, as of Go's zero time."""

WITHIN_DAY = timedelta(hours=10)
"""Time of day in UTC at which an article without a time is placed; from UTC-10 to nearly UTC+14 it
is within the local day."""


class Enclosure(NamedTuple):
    """A file attached to an entry or an article: audio, video, a picture or a document."""

    url: str
    type: str = ""  # media type, or ""
    bytes: int = 0  # its size, 0 if unknown
    seconds: int = 0  # how long it plays, 0 if unknown


class Article(NamedTuple):
    """One article; all strings are cleaned (see `text.clean_text` and `text.clean_line`)."""

    id: ArticleId  # permanent identity; the key of marks and index
    path: str  # file, relative to its library, with forward slashes; "" if there is none yet
    title: str  # one line, never empty
    date: datetime  # when it was published, timezone-aware (UTC if the source names no zone)
    # whether the source gave a date without a time, which is that day in every zone
    date_only: bool = False
    updated: datetime | None = None  # when its author last changed it, or None
    source: str = ""  # title of the feed or site, or ""
    url: str = ""  # a web address that passed `text.safe_url`, or ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # tags of the file, without the user's
    lang: str = ""  # language tag such as "en" or "zh-TW", or ""
    summary: str = ""  # one paragraph, or ""
    body: str = ""  # Markdown, possibly with HTML
    draft: bool = False  # whether the front matter marks it as a draft
    faults: tuple[Fault, ...] = ()
    dated: bool = True  # whether the file says its date; else it is that of the file itself
    aliases: tuple[str, ...] = ()  # other titles, of a note
    # what else the front matter of a note says, by key; also of a file without any text
    properties: tuple[tuple[str, str], ...] = ()
    # whether its identity is the address of an original, which translations of it share
    canonical: bool = False
    dialect: str = ""  # name of the dialect of its Markdown (see `dialects`), "" if nothing tells
    enclosures: tuple[Enclosure, ...] = ()
    comments: str = ""  # a web address where it is discussed, other than `url`, or ""

    @property
    def text(self) -> str:
        """The Markdown of the page: the properties as a table, then the body.

        Below the table a heading that repeats the title is left out, as it is at the top.
        """
        if not self.properties:
            return self.body
        rows = "".join(
            f"<tr><td><small>{_escape_cell(key)}</small></td><td>{_escape_cell(value)}</td></tr>"
            for key, value in self.properties
        )
        first, _, rest = self.body.partition("\n")
        repeats = first.startswith("# ") and first[2:].strip().casefold() == self.title.casefold()
        return f"<table>{rows}</table>\n\n{rest if repeats else self.body}"

    @property
    def searchable_text(self) -> str:
        """The Markdown that is searched: what `text` shows, without the tags of the table."""
        if not self.properties:
            return self.body
        lines = "\n".join(f"{key}: {value}" for key, value in self.properties)
        return f"{lines}\n\n{self.body}"

    @property
    def moment(self) -> datetime:
        """The date as a moment; a date without a time is placed by WITHIN_DAY."""
        if not self.date_only:
            return self.date
        day = self.date.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
        return day + WITHIN_DAY


def _escape_cell(text: str) -> str:
    """Markdown as the text of a cell; only tags and entities are escaped, as links have none."""
    return re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;")


# -- the fields that queries know -----------------------------------------------------------------


class Field(StrEnum):
    """The part of an article to search, by its word in queries.

    ANYWHERE is title, body, tags, source, authors and the user's notes; TEXT is title and body.
    """

    ANYWHERE = "anywhere"
    TEXT = "text"
    TITLE = "title"
    BODY = "body"
    SOURCE = "source"
    TAG = "tag"
    AUTHOR = "author"
    URL = "url"
    LANG = "lang"
    ENCLOSURE = "enclosure"
    NOTE = "note"


class ArticleField(NamedTuple):
    """A field of an article's front matter that queries search."""

    name: str  # of the attribute of `Article`, and the key in what we write: files and JSON
    field: Field  # its word in queries; `name` is another one
    letter: str  # a capital, which its words have before them in an archive
    # keys in files, without case, hyphens and underscores; the first with a value counts
    keys: tuple[str, ...]
    is_many: bool = False  # whether it has any number of values, as a tuple
    facet: str = ""  # what its values are called where they are counted; "": only words are found
    # whether the page shows it: its words are found anywhere, highlighted, and corrected
    is_shown: bool = True

    def values_in(self, article: Article) -> tuple[str, ...]:
        """The values in an article, none of them empty; of files, what `has:` finds them by."""
        value = getattr(article, self.name)
        if self.field is Field.ENCLOSURE:
            return tuple(f"{self.field} {one.type}".rstrip() for one in article.enclosures)
        return tuple(value) if self.is_many else (value,) if value else ()


FIELDS = (
    ArticleField("title", Field.TITLE, "T", ("title",)),
    ArticleField("source", Field.SOURCE, "S", ("source",), facet="Source"),
    ArticleField("url", Field.URL, "U", ("url", "link", "canonicalurl", "source"), is_shown=False),
    ArticleField("authors", Field.AUTHOR, "A", ("authors", "author", "by"), True, "Author"),
    ArticleField(
        "tags", Field.TAG, "G", ("tags", "keywords", "categories", "category", "tag"), True, "Tag"
    ),
    ArticleField("lang", Field.LANG, "L", ("lang", "language"), facet="Language", is_shown=False),
    ArticleField("enclosures", Field.ENCLOSURE, "E", ("enclosures",), True, is_shown=False),
)
"""In the order in which files have them."""

_WITH_A_PLACE = {Field.TITLE, Field.SOURCE, Field.TAG}
BESIDE_TAGS = tuple(one for one in FIELDS if one.is_shown and one.field not in _WITH_A_PLACE)
"""Fields whose values the head of a page lists before the tags."""
