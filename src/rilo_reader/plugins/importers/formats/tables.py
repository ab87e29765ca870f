"""Read tables: Pocket, Instapaper, Raindrop, Readwise Reader, Readeck, Matter, lists of links."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import partial

from rilo_reader.plugins.importers.fields import KNOWN, URL, Style, fold_name, make_row
from rilo_reader.plugins.importers.saved import ExportFile, Found, LeftOut, make_safely, to_text

FIELD_LIMIT = 16_000_000  # characters of a field, and of a line
COLUMNS_LIMIT = 200

STYLES = (
    Style(
        "Pocket",
        frozenset(("url", "timeadded", "status")),
        "|",
        is_read=False,
        lacks="Pocket's favourites and texts are not in its export.",
    ),
    Style(
        "Instapaper",
        frozenset(("url", "title", "selection", "folder")),
        lacks="Instapaper's highlights are not in its table, and what is starred or in a folder "
        "does not say whether you read it.",
    ),
    Style(
        "Raindrop",
        frozenset(("url", "folder", "excerpt", "created", "favorite")),
        lacks="Raindrop does not say what you have read.",
    ),
    Style("Readwise Reader", frozenset(("documenttags", "saveddate", "location")), is_read=False),
    Style("Readeck", frozenset(("url", "labels", "isarchived", "ismarked")), is_read=False),
    Style("Matter", frozenset(("url", "lastinteractiondate")), ";", is_read=False),
    Style("wallabag", frozenset(("url", "content", "mimetype", "creationdate"))),
    Style("mymind", frozenset(("type", "title", "url", "content", "note", "created"))),
)
LINKS = Style("Links")


def find_style(columns: frozenset[str]) -> Style | None:
    """Return the style of a table by its folded columns; None if it does not have links."""
    for style in STYLES:
        if style.needs <= columns:
            return style
    return LINKS if columns & set(URL) and columns <= KNOWN else None


def find_columns(text: str) -> frozenset[str]:
    """Return the folded columns of a table by its first line."""
    line = text.lstrip("\ufeff\r\n").partition("\n")[0]
    try:
        names = next(csv.reader([line[:10_000]], delimiter=find_delimiter(line)), [])
    except csv.Error:
        names = []
    return frozenset(map(fold_name, names)) if len(names) <= COLUMNS_LIMIT else frozenset()


def find_delimiter(line: str) -> str:
    """Return what is between the columns of a table: of wallabag's a semicolon."""
    return max(",;\t", key=line.count)


def read_table(file: ExportFile) -> Iterator[Found]:
    """Read a table of any of these."""
    csv.field_size_limit(FIELD_LIMIT)
    text = file.open_text()
    delimiter = find_delimiter(text.readline(10_000))
    text.seek(0)
    rows = csv.reader(iter(partial(text.readline, FIELD_LIMIT), ""), delimiter=delimiter)
    names = [fold_name(name) for name in next(rows, [])]
    style = find_style(frozenset(names)) or LINKS
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield LeftOut(f"line {line}", f"it is not a row of a table ({error})")
            continue
        if any(row) and list(map(fold_name, row)) != names:  # each part has its head again
            what, fields = f"line {line}", dict(zip(names, row, strict=False))
            yield make_safely(what, partial(_make_row, what, fields, style, file))


def _make_row(what: str, row: Mapping[str, object], style: Style, file: ExportFile) -> Found:
    page = to_text(row.get("fileid"))
    content = file.read_beside(page).decode(errors="replace") if page else ""
    return make_row(what, row, style, content)
