"""Read the highlights that Readwise exported (pure).

Sources, as nobody has specified these formats:

- Readwise's CSV (readwise.io/export): a header with `Highlight`, `Book Title`, `Book Author`,
  `Note`, `Highlighted at` and more columns; later exports of Reader have a `URL` or `Source URL`.
- Readwise's Markdown and what its Obsidian plugin writes: a list `Full Title`, `URL`, … below
  `## Metadata`, items that end with `([View Highlight](…))` or `([Location 12](…))` below
  `## Highlights`, with `Note:` and `Tags:` as items within.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rilo_reader.annotations.highlight import EXACT_LIMIT, clean_note
from rilo_reader.article import ArticleId
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.text import clean_line, clean_text, safe_url

_MATTER = {"title", "text", "highlighted date"}  # the columns of Matter's highlights
SIZE_LIMIT = 50_000_000  # bytes of the longest file that is read


class ImportedHighlight(NamedTuple):
    """A highlight of another program; all texts are cleaned."""

    exact: str
    note: str = ""  # what the user wrote about it, or ""
    made: datetime | None = None


class ImportedArticle(NamedTuple):
    """An article of another program, with its highlights."""

    url: str
    title: str  # one line, or ""
    highlights: tuple[ImportedHighlight, ...]  # in the order of the file
    identity: ArticleId | None = None  # of the article here; None: by address or title


def parse_readwise_csv(data: bytes) -> list[ImportedArticle]:
    """Read Readwise's CSV; highlights of one article are put together.

    Raises:
        NotReadableError: it is something else.
    """
    found: dict[tuple[str, str], list[ImportedHighlight]] = {}
    with parser_errors():
        rows = csv.DictReader(io.StringIO(_decode_file(data), newline=""))
        names = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
        if not ({"highlight", "book title"} <= names.keys() or names.keys() >= _MATTER):
            raise NotReadableError(
                "it is not a CSV file of Readwise: it has no Highlight, Book Title."
            )

        def value(row: Mapping[str, str | None], *columns: str) -> str:
            values = (row.get(names[column]) for column in columns if column in names)
            return next((each for each in values if each), "")

        for row in rows:
            highlight = make_highlight(
                value(row, "highlight", "text"), value(row, "note"), value(row, "highlighted at")
            )
            if highlight:
                url = value(row, "source url", "url", "document url")
                key = (safe_url(url) or "", clean_line(value(row, "book title", "title")))
                found.setdefault(key, []).append(highlight)
    return _make_articles(found)


def parse_markdown(data: bytes) -> list[ImportedArticle]:
    """Read a Markdown file of Readwise; usually one article.

    Raises:
        NotReadableError: it has no highlight of Readwise.
    """
    with parser_errors():
        found: dict[tuple[str, str], list[ImportedHighlight]] = {}
        for part in re.split(r"(?m)^(?=---\n(?:[\w-]+:.*\n)+)", _decode_file(data)):
            address, title = _URL.search(part), _TITLE.search(part) or _HEADING.search(part)
            key = (
                (safe_url(address[1]) or "") if address else "",
                clean_line(title[1].strip("\"'")) if title else "",
            )
            for highlight in _iter_linked_items(part):
                found.setdefault(key, []).append(highlight)
        if not found:
            raise NotReadableError("it has no highlights of Readwise.")
        return _make_articles(found)


# Values.


def _decode_file(data: bytes) -> str:
    if len(data) > SIZE_LIMIT:
        raise NotReadableError("it is too large for highlights.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return clean_text(data.decode("utf-16", errors="replace"))
    return clean_text(data.decode("utf-8-sig", errors="replace"))


def make_highlight(exact: str, note: str = "", made: str = "") -> ImportedHighlight | None:
    """A highlight of values from outside; None without a quotation."""
    exact = clean_text(exact).strip()[:EXACT_LIMIT].rstrip()
    return ImportedHighlight(exact, clean_note(note), _parse_moment(made)) if exact else None


def _parse_moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _make_articles(
    found: Mapping[tuple[str, str], Sequence[ImportedHighlight]],
) -> list[ImportedArticle]:
    return [
        ImportedArticle(url, title, tuple(dict.fromkeys(highlights)))
        for (url, title), highlights in found.items()
    ]


# Markdown.


_URL = re.compile(r"(?im)^(?:[-*] )?(?:url|link|source_url):[ \t]*[\"']?(https?://[^\s\"']+)")
_TITLE = re.compile(r"(?im)^(?:[-*] )?(?:full title|title):[ \t]*(\S.*)$")
_HEADING = re.compile(r"(?m)^# +(\S.*)$")


_BACK_LINK = re.compile(
    r"\(\[(?:View Highlight|View Tweet|(?:Location|Page|Time)[ \xa0][^\]\n]{1,40})\]"
    r"\([^)\s]*\)\)"
)
_ITEM = re.compile(r"[-*>] ")
_SUB_ITEM = re.compile(r"[ \t]+(?:[-*] )?(Note|Tags):[ \t]*(.*)", re.IGNORECASE)
_BULLET = re.compile(r"[ \t]+[-*] ")


def _iter_linked_items(text: str) -> Iterator[ImportedHighlight]:
    """The items of a list that have a link back to Readwise, with their notes."""
    for lines in _iter_items(_BACK_LINK.sub("\0", text).replace("\0#", "\0\n#").split("\n")):
        quotation: list[str] = []
        note: list[str] = []
        is_complete = is_note = False
        for line in lines:
            if sub_item := _SUB_ITEM.match(line):
                is_note = sub_item[1].lower() == "note"
                if is_note:
                    note.append(sub_item[2].replace("\0", ""))
            elif is_complete and is_note:
                note.append(line.strip())
            elif not is_complete:
                quotation.append(_BULLET.sub("", line).strip())
                is_complete = "\0" in line
        highlight = make_highlight("\n".join(quotation).replace("\0", ""), "\n".join(note))
        if is_complete and highlight:
            yield highlight


def _iter_items(lines: Iterable[str]) -> Iterator[list[str]]:
    """The items of lists, each with the lines that follow it."""
    item: list[str] = []
    for line in lines:
        if line.startswith("#"):
            yield item
            item = []
        elif _ITEM.match(line):
            yield item
            item = [line[2:]]
        elif item:
            item.append(line)
    yield item
