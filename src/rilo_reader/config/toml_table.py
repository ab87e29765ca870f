"""`TomlTable`: rows of one type, kept as `[[name]]` tables of a file that users edit by hand.

    FEEDS = TomlTable("feeds", Subscription, RULES, key=feed_key, ...)
    feeds, problems = FEEDS.load(file)            every fault, with its line
    before = FEEDS.change(file, url, muted=True)  one line; all other bytes stay
    removed = FEEDS.remove(file, url)
    FEEDS.restore(file, removed)                  at its place, with its comments

Every change raises OSError if the file cannot be read or written, and ValueError with a message for
the user if it is not TOML, a value is invalid, no row has the key, or the tables are written in a
form that cannot be edited (an inline list); the file is unchanged then.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar, cast

from rilo_reader.config import toml_edit
from rilo_reader.config.checks import SettingError, ValueCheck, suggest_name
from rilo_reader.config.model import SettingsProblem
from rilo_reader.config.toml_edit import (
    TablePieces,
    find_lines,
    list_blocks,
    make_block,
    parse_or_raise,
    parse_toml,
    verify_edit,
)
from rilo_reader.files import read_regular, read_user_text, replace_file
from rilo_reader.keys import key_label
from rilo_reader.text import clean_line, format_count, has_secret

BYTE_ORDER_MARK = "\ufeff"
MOST_PROBLEMS = 20  # problems of a file that are told one by one

Fault = tuple[tuple[str | int, ...], str]
"""The path of a key (numbers are indexes in a list), and what is wrong with it."""

Row = TypeVar("Row", bound=NamedTuple)


class RemovedRow(NamedTuple):
    """A removed row, as needed by `TomlTable.restore`."""

    key: str
    place: int  # the number of rows before it
    text: str  # its lines in the file, with the comment above
    above: str | None = None  # what stood between the row before and this; None if not known


class RowEdits(NamedTuple, Generic[Row]):
    """Edits of many rows of a table, by their keys."""

    removed: Collection[str] = ()
    restored: Sequence[RemovedRow] = ()  # the first in the file first; where they are not there
    changed: Mapping[str, Mapping[str, object]] = MappingProxyType({})  # fields
    added: Sequence[Row] = ()  # where they are not there


class TomlTable(NamedTuple, Generic[Row]):
    """The `[[name]]` tables of a file as rows."""

    name: str
    row_type: type[Row]  # its fields are keys of a table; the first identifies a row
    # By key; that of a key which is not a field of the row says why it must not be there.
    checks: Mapping[str, ValueCheck]
    duplicate_message: str  # the sentence where another row has the key
    missing_message: str = "{!r} is no longer in the settings"  # the sentence where no row has it
    # Of the first field; equal results mean the same row.
    key: Callable[[str], str] = str.casefold
    # What the first field is of a table that does not have it; None if that cannot be told.
    derive_key: Callable[[Mapping[str, object]], object] | None = None
    make_head: Callable[[], str] = str  # how a file that is made begins
    query_field: str = ""  # that has a query, in which sources are renamed with their feeds
    key_field: str = ""  # that has a key of the reader, or ""
    is_strict: bool = False  # whether one invalid value makes a row invalid, not only the field
    # Looks at a table and its valid values, which it may amend; returns more keys and faults.
    amend: Callable[[Mapping[str, object], dict[str, object]], list[tuple[str, str]]] | None = None

    # -- reading ----------------------------------------------------------------------------------

    def load(self, file: Path) -> tuple[tuple[Row, ...], tuple[SettingsProblem, ...]]:
        """Read a file that has only these tables; return the valid rows, and problems by line."""
        text, data, unreadable = read_toml_file(file, f"none of its {self.name} could be read")
        if unreadable is not None:
            return (), (unreadable,)
        reason = f"{file.name} has only [[{self.name}]] tables"
        faults: list[Fault] = [
            ((other,), reason + suggest_name(other, [self.name]))
            for other in data
            if other != self.name
        ]
        rows, wrong = self.parse_rows(data.get(self.name, []))
        return rows, make_problems(file, text, [*faults, *wrong])

    def parse_rows(
        self, tables: object, owners: dict[str, str] | None = None
    ) -> tuple[tuple[Row, ...], list[Fault]]:
        """Return the valid rows of parsed tables, and all faults.

        An invalid value is replaced by its default, where there is one. No fault repeats a table,
        which may have a secret. `owners` says of each key of the reader whose it is; a row's key
        that is free is added, another is left out.
        """
        owners = {} if owners is None else owners
        if not isinstance(tables, list):
            return (), [((self.name,), f"expected a list of tables, each below [[{self.name}]]")]
        faults: list[Fault] = []
        rows: dict[str, Row] = {}
        for place, table in enumerate(tables):
            row, wrong = self._parse_row(table)
            faults += [((self.name, place, *key), reason) for key, reason in wrong]
            if row is None:
                continue
            first = rows.setdefault(self.key(row[0]), row)
            key = getattr(row, self.key_field, "")
            if first is not row:
                reason = f"{self.duplicate_message.format(first[0])}; this one is left out"
                faults.append(((self.name, place, self.row_type._fields[0]), reason))
            elif key in owners:
                reason = f"{key_label(key)} is already the key of {owners[key]}"
                reason += f"; choose another for {row[0]}"
                faults.append(((self.name, place, self.key_field), reason))
                rows[self.key(row[0])] = row._replace(**{self.key_field: ""})
            elif key:
                owners[key] = row[0]
        return tuple(rows.values()), faults

    def _parse_row(self, table: object) -> tuple[Row | None, list[tuple[tuple[str, ...], str]]]:
        """Return the row in a table, and the faults of its keys."""
        if not isinstance(table, dict):
            return None, [((), f"expected a table below [[{self.name}]]")]
        values: dict[str, object] = {}
        faults: list[tuple[str, str]] = []
        is_valid = True
        table = self._add_key_field(table)
        for key, value in table.items():
            if key not in self.checks:
                faults.append(
                    (key, f"{self.name} have no {key}{suggest_name(key, self.row_type._fields)}")
                )
                continue
            try:
                values[key] = self.checks[key](value)
            except SettingError as error:
                faults.append((key, str(error)))
                is_valid = is_valid and not self.is_strict
        if self.amend is not None:
            faults += self.amend(table, values)
        needed = [
            field for field in self.row_type._fields if field not in self.row_type._field_defaults
        ]
        faults += [(key, f"{key} is missing") for key in needed if key not in table]
        is_valid = is_valid and all(key in values for key in needed)
        every = {**self.row_type._field_defaults, **values}
        row = self.row_type._make(every[key] for key in self.row_type._fields) if is_valid else None
        return row, [((key,), reason) for key, reason in faults]

    def _add_key_field(self, table: Mapping[str, object]) -> Mapping[str, object]:
        """Return a table with its first field, if that can be told from the others."""
        field = self.row_type._fields[0]
        if field in table or self.derive_key is None or (made := self.derive_key(table)) is None:
            return table
        return {field: made, **table}

    def check_row(self, row: Row) -> Row:
        """Return a row as it is written; raises SettingError if a value is invalid."""
        return row._make(self.checks[key](value) for key, value in row._asdict().items())

    # -- changes ----------------------------------------------------------------------------------

    def add(self, file: Path, row: Row) -> Row:
        """Add a row with a new key; return it as it was written."""
        added = self.add_missing(file, [row])
        if not added:
            raise ValueError(self.duplicate_message.format(row[0]))
        return added[0]

    def add_missing(self, file: Path, rows: Iterable[Row]) -> tuple[Row, ...]:
        """Add those rows whose keys are new; return them as they were written."""
        wanted = [self.check_row(row) for row in rows]
        with self._edit_rows(file) as (pieces, tables):
            return self._add_missing(pieces, tables, wanted)

    def put(self, file: Path, row: Row) -> None:
        """Add a row, or give the one that has its key the other values."""
        row = self.check_row(row)
        with self._edit_rows(file) as (pieces, tables):
            if not self._add_missing(pieces, tables, [row]):
                place = self._list_keys(tables).index(self.key(row[0]))
                self._set_fields(pieces, tables, place, row, row._fields[1:])

    def change(self, file: Path, key: str, /, **fields: object) -> Row:
        """Change fields of a row; return the row before, whose fields undo the change."""
        with self._edit_rows(file) as (pieces, tables):
            return self._change_row(pieces, tables, self._find_places(tables), key, fields)

    def edit_many(self, file: Path, edits: "RowEdits[Row]") -> dict[str, str]:
        """Edit many rows with one read and one write; return why some were not, by their keys.

        One that cannot be edited stops no other.
        """
        faults: dict[str, str] = {}
        with self._edit_rows(file) as (pieces, tables):
            keys = self._list_keys(tables)
            gone = {place for place, key in enumerate(keys) if key in edits.removed}
            pieces.remove(gone)
            tables[:] = [table for place, table in enumerate(tables) if place not in gone]
            keys = [key for place, key in enumerate(keys) if place not in gone]
            for back in edits.restored:
                self._restore_row(pieces, tables, keys, back)
            places = {key: place for place, key in enumerate(keys) if key}
            for key, fields in edits.changed.items():
                try:
                    self._change_row(pieces, tables, places, key, fields)
                except ValueError as error:
                    faults[key] = str(error)
            self._add_missing(pieces, tables, edits.added)
        return faults

    def move(self, file: Path, key: str, place: int) -> None:
        """Move a row to another place, counted from 0; beyond the end is the end."""
        with self._edit_rows(file) as (pieces, tables):
            self._move_row(pieces, tables, self._require_place(tables, key), place)

    def remove(self, file: Path, key: str) -> RemovedRow:
        """Remove a row with the comment above it; the last one takes the list with it."""
        with self._edit_rows(file) as (pieces, tables):
            place = self._require_place(tables, key)
            removed = self._list_rows(pieces, tables)[place]
            pieces.remove({place})
            del tables[place]
        return removed

    def read_pieces(self, file: Path) -> dict[str, RemovedRow]:
        """The rows of a file by their keys, as `remove` returns them; none where that raises."""
        text, data, unreadable = read_toml_file(file, "")
        try:
            pieces = TablePieces("" if unreadable else text, self.name)
            rows = self._list_rows(pieces, self._check_tables(data, len(pieces.pieces)))
        except ValueError:
            return {}
        return {row.key: row for row in rows if row.key}

    def swap(self, file: Path, old: RemovedRow | None, new: RemovedRow | None) -> bool:
        """Make a row what it was; None: there is none. False if there is no such row.

        Fields that differ are set where something else in the row has changed since.
        """
        if old is None:
            return new is not None and self.restore(file, new)
        with self._edit_rows(file) as (pieces, tables):
            place = self._find_places(tables).get(old.key)
            if place is None:
                return False
            if new is None:
                pieces.remove({place})
                del tables[place]
                return True
            before, after = (parse_or_raise(one.text)[self.name][0] for one in (old, new))
            if pieces.pieces[place] == old.text:
                pieces.pieces[place], tables[place] = new.text, after
            else:
                row, _ = self._parse_row({**tables[place], **after})
                fields = [
                    name
                    for name in before.keys() | after.keys()
                    if before.get(name) != after.get(name)
                ]
                if row is None:
                    return False
                gone = {name: row._field_defaults[name] for name in fields if name not in after}
                self._set_fields(pieces, tables, place, row._replace(**gone), fields)
            if old.place != new.place:
                self._move_row(pieces, tables, place, new.place)
        return True

    def restore(self, file: Path, removed: RemovedRow) -> bool:
        """Add a removed row at its place with its comments; False if its key is there again."""
        with self._edit_rows(file) as (pieces, tables):
            return self._restore_row(pieces, tables, self._list_keys(tables), removed)

    # -- pieces, and the tables that they say -----------------------------------------------------

    @contextmanager
    def _edit_rows(self, file: Path) -> Iterator[tuple[TablePieces, list[dict[str, Any]]]]:
        """Open the rows of a file for changes; what is written is verified to say the tables."""
        with edit_file(file, self.make_head) as edited:
            data = parse_or_raise(edited.text)
            pieces = TablePieces(edited.text, self.name)
            tables = self._check_tables(data, len(pieces.pieces))
            yield pieces, tables
            data[self.name] = tables
            if not tables:
                del data[self.name]
            edited.text = verify_edit(pieces.join(), data, f"the list of {self.name}")

    def _add_missing(
        self, pieces: TablePieces, tables: list[dict[str, Any]], rows: Iterable[Row]
    ) -> tuple[Row, ...]:
        places = self._find_places(tables)
        new: dict[str, Row] = {}
        for row in rows:
            if self.key(row[0]) not in places:
                new.setdefault(self.key(row[0]), row)
        for row in new.values():
            tables.append(_to_toml_values(row))
            pieces.insert(len(tables), make_block(self.name, tables[-1], pieces.end))
        return tuple(new.values())

    def _change_row(
        self,
        pieces: TablePieces,
        tables: list[dict[str, Any]],
        places: dict[str, int],
        key: str,
        fields: Mapping[str, object],
    ) -> Row:
        """Set fields of a row, or none of them; return the row before."""
        if unknown := [name for name in fields if name not in self.row_type._fields]:
            raise ValueError(f"{self.name} have no {unknown[0]}")
        place = places.get(self.key(key))
        old = None if place is None else self._parse_row(tables[place])[0]
        if place is None or old is None:
            raise ValueError(self.missing_message.format(key))
        new = self.check_row(old._replace(**fields))
        if places.get(self.key(new[0]), place) != place:
            raise ValueError(self.duplicate_message.format(new[0]))
        self._set_fields(pieces, tables, place, new, fields)
        places[self.key(new[0])] = place
        return old

    def _set_fields(
        self,
        pieces: TablePieces,
        tables: list[dict[str, Any]],
        place: int,
        row: Row,
        fields: Iterable[str],
    ) -> None:
        """Set fields of a table to the values of a row; defaults are taken out."""
        piece, table, written = pieces.pieces[place], dict(tables[place]), _to_toml_values(row)
        for name in fields:
            value = written.get(name)
            piece = toml_edit.set_entry(piece, list_blocks(piece, self.name)[0], name, value)
            table.pop(name, None)
            if name in written:
                table[name] = value
        pieces.pieces[place] = verify_edit(piece, {self.name: [table]}, f"the list of {self.name}")
        tables[place] = table

    def _move_row(
        self, pieces: TablePieces, tables: list[dict[str, Any]], start: int, place: int
    ) -> None:
        end = max(0, min(place, len(tables) - 1))
        tables.insert(end, tables.pop(start))
        pieces.move(start, end)

    def _restore_row(
        self,
        pieces: TablePieces,
        tables: list[dict[str, Any]],
        keys: list[str | None],
        removed: RemovedRow,
    ) -> bool:
        if removed.key in keys:
            return False
        keys.insert(removed.place, removed.key)
        tables.insert(removed.place, parse_or_raise(removed.text)[self.name][0])
        is_new = not pieces.pieces and pieces.join() == self.make_head()  # its head stays above
        pieces.insert(removed.place, removed.text, None if is_new else removed.above)
        return True

    def _list_rows(
        self, pieces: TablePieces, tables: Iterable[Mapping[str, object]]
    ) -> list[RemovedRow]:
        """Return all rows as they stand in a text, also those whose key is invalid, as ""."""
        rows = zip(self._list_keys(tables), pieces.pieces, pieces.above, strict=True)
        return [RemovedRow(key or "", place, *row) for place, (key, *row) in enumerate(rows)]

    def _check_tables(self, data: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
        tables = data.get(self.name, [])
        if not isinstance(tables, list) or len(tables) != count:
            raise ValueError(
                f"the list of {self.name} is not written as [[{self.name}]] tables; edit it by hand"
            )
        return tables

    def _list_keys(self, tables: Iterable[Mapping[str, object]]) -> list[str | None]:
        """Return what identifies each table, None where that is invalid."""
        field = self.row_type._fields[0]

        def key(table: Mapping[str, object]) -> str | None:
            try:
                return self.key(str(self.checks[field](self._add_key_field(table).get(field))))
            except SettingError:
                return None

        return [key(table) for table in tables]

    def _find_places(self, tables: Iterable[Mapping[str, object]]) -> dict[str, int]:
        """Return the place of each key, of two rows with one key that of the first."""
        places: dict[str, int] = {}
        for place, key in enumerate(self._list_keys(tables)):
            if key is not None:
                places.setdefault(key, place)
        return places

    def _require_place(self, tables: Iterable[Mapping[str, object]], key: str) -> int:
        place = self._find_places(tables).get(self.key(key))
        if place is None:
            raise ValueError(self.missing_message.format(key))
        return place


def _to_toml_values(row: NamedTuple) -> dict[str, object]:
    """Return the fields of a row that differ from their default, as TOML has them."""

    def written(value: object) -> object:
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            return _to_toml_values(cast("NamedTuple", value))
        value = list(value) if isinstance(value, tuple) else value
        return str(value) if isinstance(value, StrEnum) else value

    default = row._field_defaults
    return {
        key: written(value)
        for key, value in row._asdict().items()
        if key not in default or value != default[key]
    }


# -- files ----------------------------------------------------------------------------------------


def read_toml_file(
    file: Path, consequence: str
) -> tuple[str, dict[str, Any], SettingsProblem | None]:
    """Read a file; return its text and data, and the problem that leaves it without any.

    A missing file is empty; `consequence` says what such a problem means ("none of its settings are
    used").
    """
    text, line = "", 0
    try:
        text = read_user_text(file)
    except FileNotFoundError:
        return "", {}, None
    except OSError as error:
        reason = f"it cannot be read ({error.strerror or error}), so {consequence}"
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reason = f"a byte is not valid UTF-8, so {consequence}; save the file as UTF-8"
    else:
        text = _rename_searches(text)
        data, fault = parse_toml(text)
        if fault is None:
            return text, data, None
        line, reason = fault[0], f"{fault[1]}; {consequence}"
    return text, {}, SettingsProblem(file, line, "", reason)


def make_problems(file: Path, text: str, faults: Sequence[Fault]) -> tuple[SettingsProblem, ...]:
    """Return the first problems of faults in a text, in the order of its lines."""
    if not faults:
        return ()
    lines = find_lines(text, [key for key, _ in faults])
    found = sorted(zip(lines, faults, strict=True), key=lambda each: each[0])
    problems = []
    for line, (key, reason) in found[:MOST_PROBLEMS]:
        name = clean_line(".".join(part for part in key if isinstance(part, str)))
        problems.append(SettingsProblem(file, line, name, clean_line(reason)))
    if more := len(found) - len(problems):
        problems.append(
            SettingsProblem(file, 0, "", f"it has {format_count(more, 'more problem')}")
        )
    return tuple(problems)


def _rename_searches(text: str) -> str:
    """Return a text in which `[[saved_searches]]`, as commands and pages say, is `[[searches]]`."""
    return re.sub(r"(?m)^([ \t]*\[\[[ \t]*)saved_(?=searches[ \t]*\]\])", r"\1", text)


class TextEdit:
    """The text of a file that is being changed."""

    def __init__(self, text: str) -> None:
        self.text = text


@contextmanager
def edit_file(file: Path, head: Callable[[], str]) -> Iterator[TextEdit]:
    """Read a file, and replace it at the end of the block where its text was changed.

    Links are followed, and missing folders made; a file that is made, or emptied, begins with
    `make_head`, and a byte order mark stays. One with a secret can be read by the user alone.
    Raises OSError if the file cannot be read or written, and ValueError if something else changed
    it meanwhile.
    """

    def content() -> bytes | None:
        with suppress(FileNotFoundError):
            return read_regular(target)
        return None

    target = Path(os.path.realpath(file))  # also of a link to itself
    before = content()
    text = before.decode("utf-8") if before is not None else head()
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    start = _rename_searches(text.removeprefix(mark))
    edited = TextEdit(start)
    yield edited
    if edited.text == start and before is not None:
        return
    if not edited.text.strip():  # an empty file is one that something else emptied
        edited.text = head()
    if content() != before:
        raise ValueError(f"{file.name} is being changed by another program; try again")
    target.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(target, private=has_secret(edited.text)) as output:
        output.write((mark + edited.text).encode())
