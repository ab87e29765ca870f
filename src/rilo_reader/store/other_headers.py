"""Parse front matter in JSON, as `Key: value` lines and as a map of Elixir (pure).

The functions take a whole text, since nothing opens these forms but their own syntax.
"""

from __future__ import annotations

import re

from rilo_reader.store.document import (
    HEADER_LIMIT,
    LINE_END,
    REST_OF_LINE,
    Block,
    Document,
    Form,
    HeaderError,
    broken,
    without_front_matter,
)

_JSON_OPENING = re.compile(r"\ufeff?\s*(?=\{\s*\")")


def parse_json(text: str) -> Document:
    """Parse a text that may begin with a JSON object."""
    opening = _JSON_OPENING.match(text)
    if opening is None:
        return without_front_matter(text)
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
    rest = re.compile(REST_OF_LINE).match(text, end)
    if rest is None or not isinstance(value, dict):
        return without_front_matter(text)
    return Document(Form.JSON, value, text[rest.end() :], (), text[: rest.end()])


_OPENING = re.compile(r"\ufeff?(?:[ \t]*(?:\r\n?|\n))*(?=[A-Za-z][\w -]{0,40}:(?:[ \t\r\n]|\Z))")
_LINE = re.compile(r"([A-Za-z][\w -]{0,40}):(?:[ \t]+(.*))?")
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
        match = _LINE.fullmatch(line)
        if match:
            key = match[1].strip()
            _add(found, key, (match[2] or "").strip())
        elif key and line[0] in " \t":
            _continue(found, key, line.strip())
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


def _continue(found: dict[str, object], key: str, value: str) -> None:
    """Append a continuation line to the last value of a header."""
    before = found[key]
    if isinstance(before, list):
        before[-1] = f"{before[-1]} {value}".strip()
    else:
        found[key] = f"{before} {value}".strip()


_ELIXIR = re.compile(
    r"\ufeff?\s*(?=%\{)(?P<map>.*?\})\s*?(?:\r\n?|\n)---" + REST_OF_LINE, re.DOTALL
)
_ELIXIR_VALUE = re.compile(
    r'"""[ \t]*\n(.*?)"""|"(?:[^"\\]|\\.)*"|#[^\n]*'
    r"|~(?P<sigil>[a-zA-Z])(?:\(([^)]{0,999})\)|\[([^]]{0,999})\]|\|([^|]{0,999})\|)[a-z]*",
    re.DOTALL,
)


def parse_elixir(text: str) -> Document:
    """Parse a text that may begin with a map of Elixir above a `---` line, as in NimblePublisher.

    But for its sigils and heredocs such a map is one of YAML.
    """
    match = _ELIXIR.match(text[: HEADER_LIMIT + 1])
    if match is None:
        return without_front_matter(text)
    from rilo_reader.store import yaml

    header = LINE_END.sub("\n", match["map"])
    block = Block(header, 1 + len(LINE_END.findall(text, 0, match.start("map"))), match.end())
    try:
        metadata = yaml.read(_ELIXIR_VALUE.sub(_yaml_value, header[1:]))
    except HeaderError as error:
        return broken(text, Form.ELIXIR, block, error)
    return Document(Form.ELIXIR, metadata, text[match.end() :], (), text[: match.end()])


def _yaml_value(match: re.Match[str]) -> str:
    """A value of Elixir, or a comment, as YAML has it."""
    import json

    if match.lastindex is None:
        return match[0]
    value = match[match.lastindex]
    return json.dumps(value.split() if match["sigil"] in ("w", "W") else value)
