"""Read the highlights that Readwise exported (pure).

Sources, as nobody has specified these formats:

- Readwise's CSV (readwise.io/export): a header with `Highlight`, `Book Title`, `Book Author`,
  `Note`, `Highlighted at` and more columns; later exports of Reader have a `URL` or `Source URL`.
- Readwise's Markdown and what its Obsidian plugin writes: a list `Full Title`, `URL`, … below
  `## Metadata`, items that end with `([View Highlight](…))` or `([Location 12](…))` below
  `## Highlights`, with `Note:` and `Tags:` as items within.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.plugins.importers.fields import MADE
from rilo_reader.plugins.importers.formats.tables import find_columns, iter_rows
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    ImportedHighlight,
    make_highlight,
    to_dict,
    to_text,
)
from rilo_reader.text import clean_line, clean_text, safe_url

HEAD = 16_384  # characters that have the columns
SIZE_LIMIT = 50_000_000  # bytes of the longest file that is read


class ImportedArticle(NamedTuple):
    """An article of another program, with its highlights."""

    url: str
    title: str  # one line, or ""
    highlights: tuple[ImportedHighlight, ...]  # in the order of the file
    identity: ArticleId | None = None  # of the article here; None: by address or title


def is_highlights(columns: frozenset[str]) -> bool:
    """Return whether a table with these folded columns is of highlights, of Readwise or Matter."""
    return columns >= {"highlight", "booktitle"} or columns >= {"title", "text", "highlighteddate"}


def parse_readwise_csv(
    data: bytes, on_skip: Callable[[str, str], None] = lambda what, why: None
) -> list[ImportedArticle]:
    """Read Readwise's CSV; highlights of one article are put together.

    `on_skip` is called with the place of each broken row and the reason.

    Raises:
        NotReadableError: it is something else.
    """
    if not is_highlights(find_columns(_decode_file(data)[:HEAD])):
        raise NotReadableError("it is not a CSV file of Readwise: it has no Highlight, Book Title.")
    found: dict[tuple[str, str], list[ImportedHighlight]] = {}
    with parser_errors():
        for what, row in iter_rows(ExportFile(BytesIO(data))):
            if isinstance(row, NotReadableError):
                on_skip(what, row.reason)
                continue

            def first(*names: str, row: Mapping[str, object] = to_dict(row)) -> str:
                return next(filter(None, (to_text(row.get(name)) for name in names)), "")

            if highlight := make_highlight(first("highlight", "text"), first("note"), first(*MADE)):
                url = safe_url(first("sourceurl", "url", "documenturl")) or ""
                key = (url, clean_line(first("booktitle", "title")))
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
    return clean_text(ExportFile(BytesIO(data)).open_text().read())


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
