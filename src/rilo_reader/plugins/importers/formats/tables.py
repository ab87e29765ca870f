"""Read tables: Pocket, Instapaper, Raindrop, Readwise Reader, Readeck, Matter, lists of links."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TextIO

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
LINES_LIMIT = 100_000  # of a record
AGAIN_LIMIT = 2 * FIELD_LIMIT  # characters that are read again below quotes that stay open


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
        content = file.read_text(page) if page else ""
        return make_row(what, row, style, content)

    yield from make_all(iter_rows(file), make)


def iter_rows(file: ExportFile) -> Iterator[tuple[str, object]]:
    """Yield rows of a table with places and folded names, or an error."""
    csv.field_size_limit(FIELD_LIMIT)
    text = file.open_text()
    delimiter = find_delimiter(text.readline(10_000))
    text.seek(0)
    names: list[str] = []
    for line, row in _iter_records(text, delimiter):
        if isinstance(row, NotReadableError):
            yield f"line {line}", row
        elif not names:
            names = [fold_name(name) for name in row]
        elif any(row) and list(map(fold_name, row)) != names:  # each part has its head again
            yield f"line {line}", dict(zip(names, row, strict=False))


def _iter_records(
    text: TextIO, delimiter: str
) -> Iterator[tuple[int, list[str] | NotReadableError]]:
    """Yield records with their first lines; of a quote that stays open, its line alone is lost."""
    number, again, budget = 0, deque[str](), AGAIN_LIMIT

    def read_line() -> str:
        return again.popleft() if again else text.readline(FIELD_LIMIT)

    def read_record(line: str) -> Iterator[str]:
        size = 0
        while line and size <= FIELD_LIMIT and len(taken) < LINES_LIMIT:
            taken.append(line)
            size += len(line)
            yield line
            line = read_line()
        again.extendleft([line] if line else [])

    while first := read_line():
        taken: list[str] = []
        try:
            # Strict: a quote that stays open ends at the first of another field, before a letter.
            row = next(csv.reader(read_record(first), delimiter=delimiter, strict=True))
            yield number + 1, row
            number += len(taken)
            continue
        except csv.Error as error:
            reason = f"it is not a row of a table ({error})"
        again.extendleft(reversed(taken[1:]))
        budget -= sum(map(len, taken[1:]))
        number += 1
        alone = csv.reader([first, ""], delimiter=delimiter)
        with suppress(csv.Error):
            row = next(alone)
            if alone.line_num == 1:
                yield number, row
                continue
            reason = "a quote that opens in it is not closed; the lines below are read on their own"
        yield number, NotReadableError(reason)
        if budget < 0:
            raise NotReadableError("too many of its quotes are not closed")
