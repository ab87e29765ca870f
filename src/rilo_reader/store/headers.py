"""A file's text split into front matter and body; TOML, JSON and header lines read (pure)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from rilo_reader.article import Fault

HEADER_LIMIT = 256 * 1024
"""Characters of front matter that are parsed; longer front matter is a fault."""

LINE_END = re.compile(r"\r\n?|\n")
REST_OF_LINE = r"[ \t]*(?:(?:\r\n?|\n)+|\Z)"
"""What ends front matter: the rest of its last line, empty, and the blank lines after it."""


class Form(StrEnum):
    """The syntax of front matter."""

    TOML = "TOML"
    YAML = "YAML"
    JSON = "JSON"
    HEADERS = "headers"
    ELIXIR = "Elixir"
    NONE = "none"


class Document(NamedTuple):
    """A parsed file; `head + body` is its text."""

    form: Form  # the syntax of the front matter
    # By keys as written. Values are str, int, float, bool, None, date, datetime, time, lists and
    # dicts of these; YAML and header lines only give str, None, lists and dicts, so that `version:
    # 1.10` and `title: No` stay as written. Of broken front matter, the lines that could still be
    # read.
    metadata: Mapping[str, object]
    # everything after the front matter and its blank lines, unchanged; the whole text if the front
    # matter is broken
    body: str
    # why front matter could not be read, with line numbers of the text
    faults: tuple[Fault, ...] = ()
    head: str = ""  # the text before the body, unchanged; "" for a new document


class Block(NamedTuple):
    """The position of front matter in a text."""

    header: str  # the front matter without delimiters, lines ended by line feeds
    line: int  # the line of the text where the header begins, 1-based
    end: int  # where the body begins


class HeaderError(ValueError):
    """Front matter that cannot be parsed: the reason, and the line within it (1-based)."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def without_front_matter(text: str) -> Document:
    """The document of a text without front matter."""
    head = "\ufeff" if text.startswith("\ufeff") else ""
    return Document(Form.NONE, {}, text[len(head) :], (), head)


def broken(text: str, form: Form, block: Block, error: HeaderError) -> Document:
    """The document of a text with broken front matter: all of it is body, with the fault."""
    head = "\ufeff" if text.startswith("\ufeff") else ""
    fault = Fault(block.line + error.line - 1, f"The {form} front matter {error}.")
    return Document(form, _salvage(block.header, form), text[len(head) :], (fault,), head)


_TOML_LINE = r"([A-Za-z][\w-]*)[ \t]*=[ \t]*([^\s\[{].*)"
_YAML_LINE = r"([A-Za-z][\w-]*):[ \t]+([^\s\[\]{}&*!|>%@`].*)"


def _salvage(header: str, form: Form) -> dict[str, object]:
    """Read simple lines of broken front matter, so that title and date are not lost."""
    if form in (Form.JSON, Form.ELIXIR):
        return {}
    pattern = _TOML_LINE if form is Form.TOML else _YAML_LINE
    found: dict[str, object] = {}
    for line in header[:HEADER_LIMIT].split("\n"):
        if form is Form.TOML and line.startswith("["):
            break
        match = re.fullmatch(pattern, line.rstrip())
        if match:
            value = match[2]
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            found[match[1]] = value[1:-1] if quoted else value
    return found


# -- TOML ------------------------------------------------------------------------------------------

# The kinds of lines that nearly all front matter consists of. Whatever matches means the same in
# TOML, so tomllib is imported only for the rest.
_TEXT = r'"[^"\\\x00-\x08\x0a-\x1f\x7f]*"'
_SIMPLE_LINE = re.compile(
    r"(?:([A-Za-z0-9_-]+) = (?:"
    rf"({_TEXT})|\[({_TEXT}(?:, {_TEXT})*)?\]"
    r"|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)|(\d{4}-\d\d-\d\d)|(true|false)"
    r")|\[([A-Za-z0-9_-]+)\]|)(?:\n|\Z)",
    re.ASCII,
)
_PLACE = r" \(at line (\d+), column \d+\)$| \(at end of document\)$"


def read_toml(header: str) -> dict[str, object]:
    """Parse TOML as tomllib does; HeaderError if it is none."""
    simple = _read_simple(header)
    if simple is not None:
        return simple
    try:
        return tomllib.loads(header)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        place = re.search(_PLACE, reason)
        line = int(place[1]) if place and place[1] else max(1, header.count("\n"))
        reason = re.sub(_PLACE, "", reason)
        raise HeaderError(line, f"cannot be read: {reason}") from None


def _read_simple(header: str) -> dict[str, object] | None:
    """Parse TOML of simple lines only, six times as fast as tomllib; None for any other."""
    found: dict[str, object] = {}
    table = found
    position, end = 0, len(header)
    while position < end:
        match = _SIMPLE_LINE.match(header, position)
        if match is None:
            return None
        position = match.end()
        key, text, texts, moment, day, truth, name = match.groups()
        if key is None:
            if name is not None:
                if name in found:
                    return None
                found[name] = table = {}
            continue
        if key in table:
            return None
        try:
            if text is not None:
                table[key] = text[1:-1]
            elif moment is not None:
                table[key] = datetime.fromisoformat(moment)
            elif day is not None:
                table[key] = date.fromisoformat(day)
            elif truth is not None:
                table[key] = truth == "true"
            else:
                table[key] = texts[1:-1].split('", "') if texts else []
        except ValueError:
            return None
    return found


# -- JSON, and `Key: value` lines ------------------------------------------------------------------

_JSON_OPENING = re.compile(r"\ufeff?\s*(?=\{\s*\")")


def parse_json(text: str) -> Document:
    """Parse a text that may begin with a JSON object."""
    opening = _JSON_OPENING.match(text)
    if opening is None:
        return without_front_matter(text)
    start = opening.end()
    block = Block(text[start:], 1 + len(LINE_END.findall(opening[0])), len(text))
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text, start)
    except json.JSONDecodeError as error:
        line = 1 + len(LINE_END.findall(text, start, error.pos))
        return broken(text, Form.JSON, block, HeaderError(line, f"cannot be read: {error.msg}"))
    except (ValueError, RecursionError):
        error_at_start = HeaderError(1, "cannot be read: it is nested too deeply or too large")
        return broken(text, Form.JSON, block, error_at_start)
    rest = re.compile(REST_OF_LINE).match(text, end)
    if rest is None or not isinstance(value, dict):
        return without_front_matter(text)
    return Document(Form.JSON, value, text[rest.end() :], (), text[: rest.end()])


_OPENING = re.compile(r"\ufeff?(?:[ \t]*(?:\r\n?|\n))*(?=[A-Za-z][\w -]{0,40}:(?:[ \t\r\n]|\Z))")
_HEADER_LINE = re.compile(r"([A-Za-z][\w -]{0,40}):(?:[ \t]+(.*))?")
_REQUIRED_KEYS = frozenset({"title", "date"})


def parse_lines(text: str) -> Document:
    """Parse a text that may begin with `Key: value` lines, as in Pelican and MultiMarkdown.

    Every line up to the first blank one must be such a line, or an indented continuation of one,
    and a title or a date must be among them: a text may well begin with "Note: …".
    """
    opening = _OPENING.match(text)
    if opening is None:
        return without_front_matter(text)
    position = opening.end()
    found: dict[str, object] = {}
    key = ""
    while position < len(text):
        line_end = LINE_END.search(text, position)
        line = text[position : line_end.start() if line_end else len(text)]
        if not line.strip():
            break
        match = _HEADER_LINE.fullmatch(line)
        if match:
            key = match[1].strip()
            _add(found, key, (match[2] or "").strip())
        elif key and line[0] in " \t":
            before = found[key]
            if isinstance(before, list):
                before[-1] = f"{before[-1]} {line.strip()}".strip()
            else:
                found[key] = f"{before} {line.strip()}".strip()
        else:
            return without_front_matter(text)
        position = line_end.end() if line_end else len(text)
        if position - opening.end() > HEADER_LIMIT:
            return without_front_matter(text)
    if _REQUIRED_KEYS.isdisjoint(name.lower() for name in found):
        return without_front_matter(text)
    blank = re.compile(REST_OF_LINE).match(text, position)
    end = blank.end() if blank else position
    return Document(Form.HEADERS, found, text[end:], (), text[:end])


def _add(found: dict[str, object], key: str, value: str) -> None:
    """Add a header; repeated ones make a list."""
    before = found.get(key)
    if before is None:
        found[key] = value
    elif isinstance(before, list):
        before.append(value)
    else:
        found[key] = [before, value]
