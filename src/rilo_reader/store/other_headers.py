"""Front matter without delimiter lines: a JSON object, or `Key: value` lines (pure)."""

from __future__ import annotations

import re
from datetime import date, datetime

from rilo_reader.store.document import (
    HEADER_LIMIT,
    LINE_END,
    REST_OF_LINE,
    Block,
    Document,
    Form,
    HeaderError,
    broken,
    plain,
)

_JSON_OPENING = re.compile(r"\ufeff?\s*(?=\{\s*\")")


def parse_json(text: str) -> Document:
    """A text that may begin with a JSON object."""
    opening = _JSON_OPENING.match(text)
    if opening is None:
        return plain(text)
    import json

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
    rest = REST_OF_LINE.match(text, end)
    if rest is None or not isinstance(value, dict):
        return plain(text)
    return Document(Form.JSON, value, text[rest.end() :], (), text[: rest.end()])


_OPENING = re.compile(r"\ufeff?(?:[ \t]*(?:\r\n?|\n))*(?=[A-Za-z][\w -]{0,40}:(?:[ \t\r\n]|\Z))")
_LINE = re.compile(r"([A-Za-z][\w -]{0,40}):(?:[ \t]+(.*))?")
_TELLING_KEYS = frozenset({"title", "date"})


def parse_lines(text: str) -> Document:
    """A text that may begin with `Key: value` lines, as Pelican and MultiMarkdown have them.

    They count where every line up to the first blank one is such a line, or an indented
    continuation of one, and a title or a date is among them: a text may begin "Note: …".
    """
    opening = _OPENING.match(text)
    if opening is None:
        return plain(text)
    position = opening.end()
    found: dict[str, object] = {}
    key = ""
    while position < len(text):
        line_end = LINE_END.search(text, position)
        line = text[position : line_end.start() if line_end else len(text)]
        if not line.strip():
            break
        match = _LINE.fullmatch(line)
        if match:
            key = match[1].strip()
            _add(found, key, (match[2] or "").strip())
        elif key and line[0] in " \t":
            _continue(found, key, line.strip())
        else:
            return plain(text)
        position = line_end.end() if line_end else len(text)
        if position - opening.end() > HEADER_LIMIT:
            return plain(text)
    if _TELLING_KEYS.isdisjoint(name.lower() for name in found):
        return plain(text)
    blank = REST_OF_LINE.match(text, position)
    end = blank.end() if blank else position
    return Document(Form.HEADERS, found, text[end:], (), text[:end])


def _add(found: dict[str, object], key: str, value: str) -> None:
    """Add a header; one that comes again makes a list."""
    before = found.get(key)
    if before is None:
        found[key] = value
    elif isinstance(before, list):
        before.append(value)
    else:
        found[key] = [before, value]


def _continue(found: dict[str, object], key: str, value: str) -> None:
    """Add a continuation line to the header before it."""
    before = found[key]
    if isinstance(before, list):
        before[-1] = f"{before[-1]} {value}".strip()
    else:
        found[key] = f"{before} {value}".strip()


# TOML front matter as a mapping (pure); tomllib is imported where it is used.


# The lines that nearly all headers are made of; what they match has one meaning in TOML.
_TEXT = r'"[^"\\\x00-\x08\x0a-\x1f\x7f]*"'
_TOML_LINE = re.compile(
    r"(?:([A-Za-z0-9_-]+) = (?:"
    rf"({_TEXT})|\[({_TEXT}(?:, {_TEXT})*)?\]"
    r"|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)|(\d{4}-\d\d-\d\d)|(true|false)"
    r")|\[([A-Za-z0-9_-]+)\]|)(?:\n|\Z)",
    re.ASCII,
)
_PLACE = re.compile(r" \(at line (\d+), column \d+\)$| \(at end of document\)$")


def read(header: str) -> dict[str, object]:
    """The keys and values of a header, as tomllib gives them.

    Raises:
        HeaderError: it is no TOML.
    """
    simple = _read_simple(header)
    if simple is not None:
        return simple
    import tomllib

    try:
        return tomllib.loads(header)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        place = _PLACE.search(reason)
        line = int(place[1]) if place and place[1] else max(1, header.count("\n"))
        reason = _PLACE.sub("", reason)
        raise HeaderError(line, f"cannot be read: {reason}") from None


def _read_simple(header: str) -> dict[str, object] | None:
    """What tomllib gives, at a sixth of its time, where every line is a simple one; else None."""
    found: dict[str, object] = {}
    table = found
    position, end = 0, len(header)
    while position < end:
        match = _TOML_LINE.match(header, position)
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
