"""Read tables: Pocket, Instapaper, Raindrop, Readwise Reader, Readeck, Matter, lists of links."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import partial

from rilo_reader.errors import NotReadableError
from rilo_reader.plugins.importers.fields import (
    FIELDS,
    KNOWN,
    LINKS,
    Style,
    find_style,
    fold_name,
    make_row,
)
from rilo_reader.plugins.importers.saved import ExportFile, Found, make_all, to_text

FIELD_LIMIT = 16_000_000  # characters of a field, and of a line
COLUMNS_LIMIT = 200


def find_table(text: str) -> Style | None:
    """Return the style of a table by its first line; None if it does not have links."""
    columns = find_columns(text)
    is_list = columns & set(FIELDS["url"]) and columns <= KNOWN
    return find_style(columns) or (LINKS if is_list else None)


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


def read_table(file: ExportFile, style: Style) -> Iterator[Found]:
    """Read a table of any of these."""

    def make(what: str, row: Mapping[str, object]) -> Found:
        page = to_text(row.get("fileid"))
        content = file.read_beside(page).decode(errors="replace") if page else ""
        return make_row(what, row, style, content)

    yield from make_all(iter_rows(file), make)


def iter_rows(file: ExportFile) -> Iterator[tuple[str, object]]:
    """Yield rows of a table with places and folded names, or an error."""
    csv.field_size_limit(FIELD_LIMIT)
    text = file.open_text()
    delimiter = find_delimiter(text.readline(10_000))
    text.seek(0)
    rows = csv.reader(iter(partial(text.readline, FIELD_LIMIT), ""), delimiter=delimiter)
    names = [fold_name(name) for name in next(rows, [])]
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"line {line}", NotReadableError(f"it is not a row of a table ({error})")
            continue
        if any(row) and list(map(fold_name, row)) != names:  # each part has its head again
            yield f"line {line}", dict(zip(names, row, strict=False))
