"""Parse and write front matter (pure).

A document is `head + body`: the head contains the front matter with its delimiters and surrounding
blank lines exactly as read, so writing an unchanged document returns the same text. A changed one
is written with TOML front matter between `+++` lines.

Supported are TOML between `+++`, YAML between `---` (or ended by `...`), a JSON object, Pelican's
and MultiMarkdown's `Key: value` lines up to a blank line, a map of Elixir, and no front matter.
Delimiters count only as whole lines at the top; as in Hugo, a byte order mark and blank lines may
precede them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time

from rilo_reader.store import yaml
from rilo_reader.store.headers import (
    HEADER_LIMIT,
    LINE_END,
    REST_OF_LINE,
    Block,
    Document,
    Form,
    HeaderError,
    broken,
    parse_json,
    parse_lines,
    read_toml,
    without_front_matter,
)


def parse(text: str) -> Document:
    """Split a file's text into front matter and body; never raises."""
    first = text[:1]
    if first == "\ufeff" or first.isspace():
        first = text.lstrip("\ufeff \t\r\n")[:1]
    if first in ("-", "+"):
        return parse_delimited(text)
    if first in ("{", "%") or first.isalpha():
        return {"{": parse_json, "%": parse_elixir}.get(first, parse_lines)(text)
    return without_front_matter(text)


def write(document: Document) -> str:
    """The text of a document: as read if nothing changed, else with TOML front matter.

    Unknown keys and the body are kept; values of YAML front matter get YAML's types. Raises
    ValueError if the metadata contains a value that TOML cannot represent.
    """
    metadata = document.metadata
    if document.head or document.faults:
        before = parse(document.head + document.body)
        if repr(before.metadata) == repr(metadata):
            return document.head + document.body
        if before.form is Form.YAML and not before.faults:
            metadata = _with_types(metadata, before)
    return (toml_head(metadata) if metadata else "") + document.body


def toml_head(metadata: Mapping[str, object]) -> str:
    """TOML front matter between `+++` lines, and the blank line after it; None is left out.

    Raises ValueError if the metadata contains a value that TOML cannot represent.
    """
    lines = [_simple_toml_line(key, value) for key, value in metadata.items() if value is not None]
    if None not in lines:
        return f"+++\n{''.join(map(str, lines))}+++\n\n"
    import tomli_w

    try:
        return f"+++\n{tomli_w.dumps(_toml_mapping(metadata))}+++\n\n"
    except (TypeError, RecursionError) as error:
        raise ValueError(f"This metadata cannot be written as TOML: {error}") from error


_BARE_KEY = "[A-Za-z0-9_-]+"
_NEEDS_ESCAPE = '["\\\\\x00-\x08\x0a-\x1f\x7f]'


def _simple_toml_line(key: str, value: object) -> str | None:
    """A line as tomli-w writes it for the usual keys and values, None for any other.

    tomli-w loops over characters in Python: a summary took longer than the rest of an article.
    """
    if not isinstance(key, str) or not re.fullmatch(_BARE_KEY, key):
        return None
    if isinstance(value, list):
        if not value or not all(isinstance(item, str) for item in value):
            return None
        if any(re.search(_NEEDS_ESCAPE, item) for item in value):
            return None
        items = "".join(f'    "{item}",\n' for item in value)
        return f"{key} = [\n{items}]\n"
    if isinstance(value, str):
        return None if re.search(_NEEDS_ESCAPE, value) else f'{key} = "{value}"\n'
    return f"{key} = {value}\n" if type(value) in (datetime, date) else None


def _with_types(metadata: Mapping[str, object], before: Document) -> dict[str, object]:
    """The metadata, with YAML's types (date, number, boolean) for unchanged values."""
    result = dict(metadata)
    try:
        typed = yaml.read_typed(header_of(before.head))
    except HeaderError:
        return result
    for key, value in typed.items():
        if key in result and repr(result[key]) == repr(before.metadata.get(key)):
            result[key] = value
    return result


def _toml_mapping(mapping: Mapping[str, object]) -> dict[str, object]:
    return {str(key): _toml_value(value) for key, value in mapping.items() if value is not None}


def _toml_value(value: object) -> object:
    if isinstance(value, Mapping):
        return _toml_mapping(value)
    if isinstance(value, list | tuple):
        return [_toml_value(item) for item in value if item is not None]
    if isinstance(value, str | bool | int | float | date | datetime | time):
        return value
    return str(value)


# -- delimited front matter -----------------------------------------------------------------------

_OPENING = r"\ufeff?(?:[ \t]*(?:\r\n?|\n))*(---|\+\+\+)[ \t]*(?:\r\n?|\n)"
_CLOSING = {
    Form.YAML: r"(?<![^\r\n])(?:---|\.\.\.)[ \t]*(?:(?:\r\n?|\n)+|\Z)",
    Form.TOML: r"(?<![^\r\n])\+\+\+[ \t]*(?:(?:\r\n?|\n)+|\Z)",
}
_KEY_LINE = {
    Form.YAML: r"(?m)^[\"']?\w[\w .-]*[\"']?:(?:[ \t]|$)",
    Form.TOML: r"(?m)^[\w\"'.-]+[ \t]*=|^\[",
}
_USUAL_KEY = re.compile(r"(?mi)^(?:title|date|tags):(?:[ \t]|$)")


def parse_delimited(text: str) -> Document:
    """Parse a text that may begin with a `---` or `+++` line."""
    block = _ordinary_block(text)
    if block is not None:
        return _read(text, Form.YAML if text[0] == "-" else Form.TOML, block)
    opening = re.match(_OPENING, text)
    if opening is None:
        return without_front_matter(text)
    form = Form.YAML if opening[1] == "---" else Form.TOML
    line = 1 + len(LINE_END.findall(opening[0]))
    closing = re.compile(_CLOSING[form]).search(text, opening.end())
    if closing is None:
        return _unclosed(text, form, Block(text[opening.end() :], line, len(text)))
    header = text[opening.end() : closing.start()]
    if "\r" in header:
        header = LINE_END.sub("\n", header)
    return _read(text, form, Block(header, line, closing.end()))


def _is_text(header: str) -> bool:
    """Whether what is no mapping is a text below a thematic break rather than broken YAML.

    In broken YAML a key begins a line of the first paragraph, or one of the usual keys any line.
    """
    paragraph = header.strip().partition("\n\n")[0]
    key = re.search(_KEY_LINE[Form.YAML], paragraph) or _USUAL_KEY.search(header)
    return paragraph[:1] not in ("", "{") and key is None


def header_of(head: str) -> str:
    """The front matter without delimiters in the head of a document."""
    opening = re.match(_OPENING, head)
    if opening is None:
        return ""
    form = Form.YAML if opening[1] == "---" else Form.TOML
    closing = re.compile(_CLOSING[form]).search(head, opening.end())
    return LINE_END.sub("\n", head[opening.end() : closing.start() if closing else len(head)])


def _ordinary_block(text: str) -> Block | None:
    """Find common front matter without a regular expression, which is faster.

    None where there is none or it is unusual: other line endings, blank lines before it, white
    space beside a delimiter, `...`.
    """
    mark = text[:3]
    if text[3:4] != "\n":
        return None
    end = text.find(f"\n{mark}\n", 3)
    if end < 0:
        return None
    header = text[4 : end + 1]
    if "\r" in header or f"\n{mark}" in header or "\n..." in header or header[:1] in "\n.":
        return None
    end += 5
    while text.startswith("\n", end):
        end += 1
    return None if text.startswith("\r", end) else Block(header, 2, end)


def _read(text: str, form: Form, block: Block) -> Document:
    """Parse a block of TOML or YAML."""
    metadata: dict[str, object] = {}
    fault = None
    try:
        if len(block.header) > HEADER_LIMIT:
            raise HeaderError(1, f"is longer than {HEADER_LIMIT:,} characters")  # noqa: TRY301
        read = read_toml if form is Form.TOML else yaml.read
        metadata = read(block.header)
    except HeaderError as error:
        fault = error
    if form is Form.YAML and not metadata and _is_text(block.header):
        return without_front_matter(text)
    if fault is not None:
        return broken(text, form, block, fault)
    return Document(form, metadata, text[block.end :], (), text[: block.end])


def _unclosed(text: str, form: Form, block: Block) -> Document:
    """A delimiter without its counterpart: a fault if keys follow, else a thematic break."""
    if not re.match(_KEY_LINE[form], block.header):
        return without_front_matter(text)
    mark = "---" if form is Form.YAML else "+++"
    error = HeaderError(0, f"begins here, but has no closing {mark} line")
    first_paragraph = LINE_END.sub("\n", block.header[:HEADER_LIMIT]).partition("\n\n")[0]
    return broken(text, form, block._replace(header=first_paragraph), error)


# -- a map of Elixir -------------------------------------------------------------------------------

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
    header = LINE_END.sub("\n", match["map"])
    block = Block(header, 1 + len(LINE_END.findall(text, 0, match.start("map"))), match.end())
    try:
        metadata = yaml.read(_ELIXIR_VALUE.sub(_yaml_value, header[1:]))
    except HeaderError as error:
        return broken(text, Form.ELIXIR, block, error)
    return Document(Form.ELIXIR, metadata, text[match.end() :], (), text[: match.end()])


def _yaml_value(match: re.Match[str]) -> str:
    """A value of Elixir, or a comment, as YAML has it."""
    if match.lastindex is None:
        return match[0]
    value = match[match.lastindex]
    return json.dumps(value.split() if match["sigil"] in ("w", "W") else value)
