"""Edit a TOML text in place: values, and `[[name]]` tables as pieces that are moved whole (pure).

A piece is a table's header, its statements, and the comments directly above the header. Blank
lines and other comments between pieces stay where they are. `verify_edit` checks each edit: what
the new text says is what was wanted, and nothing else.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rilo_reader.text import lazy_re

_LONG_NUMBER = lazy_re(r"[\d_]{4000}")
_POSITION = lazy_re(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse_toml(text: str) -> tuple[dict[str, Any], tuple[int, str] | None]:
    """Parse TOML; return its data, and the line and reason of an error, or None."""
    import tomllib

    try:
        return tomllib.loads(text), None
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        line = int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1
        message = _POSITION.sub("", str(error))
        return {}, (line, f"this is not valid TOML: {message[:1].lower()}{message[1:]}")
    except RecursionError:
        return {}, (0, "it is nested too deeply")
    except ValueError:  # Python reads no longer number
        found = _LONG_NUMBER.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else 0
        return {}, (line, "a number has too many digits")


def parse_or_raise(body: str) -> dict[str, Any]:
    """Return the data of a text; raises ValueError if it is not TOML."""
    data, fault = parse_toml(body)
    if fault is not None:
        raise ValueError(f"line {fault[0]}: {fault[1]}; fix that first")
    return data


def to_literal(value: object) -> str:
    """Return a value as TOML writes it, on one line."""
    import tomli_w

    if isinstance(value, list | tuple):
        return f"[{', '.join(to_literal(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(tomli_w.dumps({key: value[key]}).strip() for key in value)} }}"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def verify_edit(text: str, data: dict[str, Any], label: str) -> str:
    """Return an edited text, if it says these data and nothing else; else ValueError names what."""
    after, fault = parse_toml(text)
    if fault is not None or after != data:
        raise ValueError(f"{label} cannot be changed in this file; edit it by hand")
    return text


# -- `[[name]]` tables ----------------------------------------------------------------------------


class TomlTableText(NamedTuple):
    """One `[[name]]` table of a text, in characters."""

    start: int  # where its first line begins
    end: int  # where the line after its last begins
    values: Mapping[str, "Statement"]  # its statements by key, without those of tables below it
    values_end: int  # where the line after the last of these begins
    subtables: Mapping[
        str, tuple[int, int]
    ]  # where the tables below it are, by the key they stand for


def list_blocks(text: str, name: str) -> list[TomlTableText]:
    """Return every `[[name]]` table, in order."""
    found: list[TomlTableText] = []
    current: list[Statement] = []

    def close() -> None:
        if current:
            own = [s for s in current if s.table == (name,)]
            values = {s.key[1]: s for s in own[1:] if len(s.key) == 2}
            below: dict[str, tuple[int, int]] = {}
            for s in current[len(own) :]:
                start, _ = below.get(s.table[1], (_comment_start(text, s.start), 0))
                below[s.table[1]] = start, line_end(text, s.end)
            start = _comment_start(text, current[0].start)
            ends = (line_end(text, s.end) for s in (current[-1], own[-1]))
            found.append(TomlTableText(start, next(ends), values, next(ends), below))
            current.clear()

    for statement in iter_statements(text):
        is_new = statement.is_header and statement.table == (name,)
        if is_new or statement.table[:1] != (name,):
            close()
        if is_new or current:
            current.append(statement)
    close()
    return found


def make_block(name: str, row: Mapping[str, object], end: str) -> str:
    """Return a `[[name]]` table as text."""
    lines = (f"{key} = {to_literal(value)}{end}" for key, value in row.items())
    return f"[[{name}]]{end}{''.join(lines)}"


class TablePieces:
    """The `[[name]]` tables of a text as pieces, of which many are changed at once."""

    def __init__(self, text: str, name: str) -> None:
        self.end = detect_newline(text)
        self.pieces: list[str] = []
        self.above: list[str] = []  # what stands between a piece and the one before
        at = 0
        for block in list_blocks(text, name):
            self.above.append(text[at : block.start])
            self.pieces.append(text[block.start : block.end])
            at = block.end
        self._rest = text[at:]

    def remove(self, places: Container[int]) -> None:
        """Remove pieces, each without the blank line that set it off."""
        old = [*zip(self.above, self.pieces, strict=True), (self._rest, None)]
        self.above, self.pieces, end = [], [], self.end
        left: str | None = None  # what stood above pieces that were removed
        for place, (below, piece) in enumerate(old):
            above = below
            if left is not None:
                before = (self.pieces[-1] if self.pieces else "") + left
                is_last = piece is None and not below.strip()
                if before.endswith(end + end) and (is_last or below.startswith(end)):
                    left = left.removesuffix(end)
                elif not before:
                    above = below.removeprefix(end)
                above = left + above
            left = above if place in places else None
            if piece is None:
                self._rest = above
            elif left is None:
                self.above.append(above)
                self.pieces.append(piece)

    def insert(self, place: int, piece: str, above: str | None = None) -> None:
        """Insert whole lines as a piece, set off by a line; beyond the end is the end.

        `above` is what stood between it and the piece before; None if that is not known.
        """
        place = min(place, len(self.pieces))
        end, is_last = self.end, place == len(self.pieces)
        gap = self._rest if is_last else self.above[place]
        start, before = (above or "").rstrip(), self.pieces[place - 1] if place else ""
        at, below = len(gap), end
        if above is not None and gap.startswith(start):
            at = line_end(gap, len(start) - 1) if start else 0
            below = gap[at:]
            below = below if below.startswith(end) or (is_last and not below) else end + below
        elif is_last:
            at = 0 if self.pieces else len(gap)
            before, below = "".join(self.pieces[-1:]), gap[at:]
        before += gap[:at]
        line = "" if not before or before.endswith("\n") else end
        blank = end if before and not (before + line).endswith(end * 2) else ""
        self.above.insert(place, gap[:at] + line + blank)
        self.pieces.insert(place, piece if piece.endswith("\n") else piece + end)
        if is_last:
            self._rest = below
        else:
            self.above[place + 1] = below

    def move(self, start: int, place: int) -> None:
        """Move a piece among its like; what lies between stays."""
        pieces = [each if each.endswith("\n") else each + self.end for each in self.pieces]
        pieces.insert(place, pieces.pop(start))
        self.pieces = pieces

    def join(self) -> str:
        """Return the text."""
        parts = (part for pair in zip(self.above, self.pieces, strict=True) for part in pair)
        return "".join(parts) + self._rest


def set_entry(text: str, block: TomlTableText, key: str, value: object) -> str:
    """Return the text with a key of a table set to a value; None takes its line out."""
    statement = block.values.get(key)
    if statement is None:
        if key in block.subtables:
            start, stop = block.subtables[key]
            text = text[:start] + text[stop:]
        if value is None:
            return text
        before, end = text[: block.values_end], detect_newline(text)
        if not before.endswith("\n"):
            before += end
        return f"{before}{key} = {to_literal(value)}{end}{text[block.values_end :]}"
    if value is None:
        start = text.rfind("\n", 0, statement.start) + 1
        return text[:start] + text[line_end(text, statement.end) :]
    return text[: statement.start] + to_literal(value) + text[statement.end :]


def detect_newline(text: str) -> str:
    """Return how lines end in a text."""
    return "\r\n" if "\r\n" in text else "\n"


def line_end(text: str, at: int) -> int:
    """Return where the line after the one of a place begins."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _comment_start(text: str, at: int) -> int:
    """Return where the comments directly above a header begin."""
    start = text.rfind("\n", 0, at) + 1
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip(" \t").startswith("#"):
            break
        start = above
    return start


# -- where things stand ---------------------------------------------------------------------------

_STRING = lazy_re(
    r'"""(?:\\.|[^\\])*?""""{0,2}'
    r"|'''.*?''''{0,2}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BLANK = lazy_re(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACES = lazy_re(r"[ \t]*")
_KEY_PART = lazy_re(r"[ \t]*(\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|[^\s.=\]\"'#]+)[ \t]*(\.?)")
_PLAIN = lazy_re(r"[^\n#,\]}]*")


class Statement(NamedTuple):
    """One `key = value`, or one table header, of a TOML text."""

    key: tuple[str, ...]  # the whole path, its table's before it; for a header, the table's
    line: int  # on which it begins, from 1
    start: int  # where the value begins, in characters; where the header does
    end: int  # one past its last character
    is_header: bool
    table: tuple[str, ...]  # the table it stands in; for a header, itself


def iter_statements(text: str) -> Iterator[Statement]:
    """Yield every statement of a TOML text, in order."""
    table: tuple[str, ...] = ()
    line, counted, at = 1, 0, _skip_pattern(_BLANK, text, 0)
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        if text[at] == "[":
            begin = at
            brackets = 2 if text.startswith("[[", at) else 1
            table, at = _read_key(text, at + brackets)
            at += brackets
            yield Statement(table, line, begin, at, True, table)
        else:
            path, at = _read_key(text, at)
            begin = _skip_pattern(_SPACES, text, at + 1)
            at = _skip_value(text, begin)
            yield Statement((*table, *path), line, begin, at, False, table)
        at = _skip_pattern(_BLANK, text, at)


def find_lines(text: str, keys: Iterable[tuple[str | int, ...]]) -> list[int]:
    """Return the line of each key, or of the nearest thing around it; 0 where there is none.

    A number in the path is a place among the `[[…]]` tables of the name before it, from 0.
    """
    lines: dict[tuple[str | int, ...], int] = {}
    tables: dict[str, int] = {}
    for statement in iter_statements(text):
        top = statement.key[0]
        if statement.is_header and text.startswith("[[", statement.start):
            tables[top] = tables.get(top, -1) + 1
        places = (tables[top],) if top in tables else ()
        path = (top, *places, *statement.key[1:])
        for length in range(1, len(path) + 1):
            lines.setdefault(path[:length], statement.line)
    around = ([key[:length] for length in range(len(key), 0, -1)] for key in keys)
    return [next((lines[path] for path in paths if path in lines), 0) for paths in around]


def _skip_pattern(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _read_key(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """Return the parts of a dotted key, and where what follows it stands."""
    parts = []
    while found := _KEY_PART.match(text, at):
        part = found[1]
        parts.append(part if part[0] not in "\"'" else parse_or_raise(f"key = {part}")["key"])
        at = found.end()
        if not found[2]:
            break
    return tuple(parts), at


def _skip_value(text: str, at: int) -> int:
    """Return where a value ends that begins here."""
    if found := _STRING.match(text, at):
        return found.end()
    if text[at : at + 1] not in ("[", "{"):
        found = _PLAIN.match(text, at)
        return at + len(found[0].rstrip()) if found else at
    depth = 0
    while at < len(text):
        if found := _STRING.match(text, at):
            at = found.end()
            continue
        if text[at] == "#":
            at = _skip_pattern(_BLANK, text, at)
            continue
        depth += (text[at] in "[{") - (text[at] in "]}")
        at += 1
        if depth == 0:
            break
    return at
