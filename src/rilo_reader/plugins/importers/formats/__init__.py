"""Formats of what other programs export: a table, each known by what is in it, never by its name.

`find_format` looks at the beginning of a file. A format is a file here of at most a page, whose
reader yields a `SavedArticle` for each thing, or a `LeftOut` with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, NamedTuple

from rilo_reader.errors import parser_errors
from rilo_reader.parsers.json_reader import find_shape
from rilo_reader.plugins.importers.formats import (
    browsers,
    collections,
    links,
    lists,
    netscape,
    readeck,
    readers,
    services,
    tables,
    ttrss,
)
from rilo_reader.plugins.importers.saved import ExportFile, Found

Read = Callable[[ExportFile], Iterator[Found]]


class Format(NamedTuple):
    """A format of a file."""

    name: str  # of the program, the source of what has no other
    read: Read
    lacks: str = ""  # what is not in such a file, a sentence for the user


_STREAM = Format("Starred", readers.read_stream)
_BROWSER = Format("Bookmarks", browsers.read_browser)
_OF_JSON: tuple[tuple[str, str, Format], ...] = (
    ("items", "crawlTimeMsec", _STREAM),
    ("items", "id categories", _STREAM),
    ("", "crawled published id", _STREAM),
    ("bookmarks", "content createdAt", Format("Karakeep", collections.read_karakeep, "Karakeep's favourites and highlights are not in its export.")),
    ("collections", "links", Format("Linkwarden", collections.read_linkwarden, "Linkwarden's highlights are not in its backup, nor what you have read.")),
    ("status complete list", "", Format("Pocket", services.read_pocket)),
    ("guid typeCode children", "", _BROWSER),
    ("roots.bookmark_bar", "", _BROWSER),
    ("sidebar.containers", "", Format("Bookmarks", browsers.read_arc)),
    ("UID IsArchived IsMarked Labels", "", Format("Readeck", readeck.read_readeck)),
    ("Info.ReadeckVersion", "", Format("Readeck", readeck.pass_over)),
)  # fmt: skip
"""The names that a JSON text must have, and those that the objects in its first array must have."""

_OF_TEXT: tuple[tuple[Callable[[str], bool], Format], ...] = (
    (browsers.is_safari, Format("Bookmarks", browsers.read_safari)),
    (ttrss.is_ttrss, Format("Tiny Tiny RSS", ttrss.read_ttrss)),
    (readeck.is_readeck_text, Format("Readeck", readeck.read_readeck_text, "What you archived or marked in Readeck is not in its Markdown.")),
    (links.is_links, Format("Links", links.read_links)),
)  # fmt: skip


def read_found(format_: Format, file: ExportFile) -> Iterator[Found]:
    """Yield what is in a file; raises NotReadableError alone, after what comes before a fault."""
    with parser_errors():
        yield from format_.read(file)


def find_format(head: str, stream: IO[bytes]) -> Format | None:
    """Return the format of a file by its beginning; None if it is not known here."""
    text = head.lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        shape = find_shape(ExportFile(stream).open_text())
        for names, inner, format_ in _OF_JSON:
            if shape.names.issuperset(names.split()) and shape.inner.issuperset(inner.split()):
                return format_
        if style := lists.find_list(shape):
            return Format(style.name, partial(lists.read_list, style=style), style.lacks)
        return None
    if netscape.is_bookmarks(text):
        return Format(netscape.name_bookmarks(text), netscape.read_bookmarks)
    if style := tables.find_table(head):
        return Format(style.name, partial(tables.read_table, style=style), style.lacks)
    return next((each for is_it, each in _OF_TEXT if is_it(text)), None)
