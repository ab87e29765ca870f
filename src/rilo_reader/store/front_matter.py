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
from contextlib import suppress
from datetime import date, datetime, time

from rilo_reader.dialects import named
from rilo_reader.store.front_matter_syntax import (
    HEADER_LIMIT,
    LINE_END,
    REST_OF_LINE,
    Document,
    HeaderBlock,
    HeaderError,
    Syntax,
    broken_document,
    parse_json,
    parse_lines,
    plain_document,
    read_toml,
    read_yaml,
)
from rilo_reader.text import lazy_re


def parse(text: str, dialect: str = "") -> Document:
    """Split a file's text into front matter and body, of a folder's dialect; never raises."""
    if not is_collected(text) and (header := named(dialect).header(text)) is not None:
        syntax = Syntax.PROPERTIES if header.is_shown else Syntax.DIALECT
        return Document(syntax, header.metadata, text[header.end :], (), text[: header.end])
    first = text[:1]
    if first == "\ufeff" or first.isspace():
        first = text.lstrip("\ufeff \t\r\n")[:1]
    if first in ("-", "+") and (found := _find_block(text)):
        syntax, block, is_closed = found
        return (_parse_block if is_closed else _parse_unclosed)(text, syntax, block)
    if first in ("{", "%") or first.isalpha():
        return {"{": parse_json, "%": _parse_elixir}.get(first, parse_lines)(text)
    return plain_document(text)


def is_collected(text: str) -> bool:
    """Return whether a text begins as those do that rilo-reader writes."""
    return text.startswith("+++\nid = ")


def write(
    document: Document, metadata: Mapping[str, object] | None = None, body: str | None = None
) -> str:
    """The text of a document, with other `metadata` or another `body` where these are given.

    The front matter is as read if it is the same, else TOML; values of YAML get YAML's types.
    Raises ValueError if the metadata contains a value that TOML cannot represent.
    """
    metadata = document.metadata if metadata is None else metadata
    body = document.body if body is None else body
    if document.head or document.faults:
        if repr(document.metadata) == repr(metadata):
            return document.head + body
        if document.syntax is Syntax.YAML and not document.faults:
            metadata = _restore_yaml_types(metadata, document)
    return (toml_head(metadata) if metadata else "") + body


def toml_head(metadata: Mapping[str, object]) -> str:
    """TOML front matter between `+++` lines, and the blank line after it; None is left out.

    Raises ValueError if the metadata contains a value that TOML cannot represent.
    """
    import tomli_w

    try:
        return f"+++\n{tomli_w.dumps(_toml_mapping(metadata))}+++\n\n"
    except (TypeError, RecursionError) as error:
        raise ValueError(f"This metadata cannot be written as TOML: {error}") from error


def _restore_yaml_types(metadata: Mapping[str, object], before: Document) -> dict[str, object]:
    """The metadata, with YAML's types (date, number, boolean) for unchanged values."""
    result = dict(metadata)
    found = _find_block(before.head)
    with suppress(HeaderError):
        for key, value in (read_yaml(found[1].header, with_types=True) if found else {}).items():
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
# Each begins with a character, so that it is found fast.
_CLOSING = {
    Syntax.YAML: r"(?:---(?<![^\r\n]---)|\.\.\.(?<![^\r\n]\.\.\.))[ \t]*(?:(?:\r\n?|\n)+|\Z)",
    Syntax.TOML: r"\+\+\+(?<![^\r\n]\+\+\+)[ \t]*(?:(?:\r\n?|\n)+|\Z)",
}
_KEY_LINE = {
    Syntax.YAML: r"(?m)^[\"']?\w[\w .-]*[\"']?:(?:[ \t]|$)",
    Syntax.TOML: r"(?m)^[\w\"'.-]+[ \t]*=|^\[",
}
_USUAL_KEY = lazy_re(r"(?mi)^(?:title|date|tags):(?:[ \t]|$)")


def _find_block(text: str) -> tuple[Syntax, HeaderBlock, bool] | None:
    """The front matter of a text, all of it where no line closes it, and whether one does."""
    opening = re.match(_OPENING, text)
    if opening is None:
        return None
    form = Syntax.YAML if opening[1] == "---" else Syntax.TOML
    line = 1 + len(LINE_END.findall(opening[0]))
    closing = re.compile(_CLOSING[form]).search(text, opening.end())
    if closing is None:
        return form, HeaderBlock(text[opening.end() :], line, len(text)), False
    header = text[opening.end() : closing.start()]
    header = LINE_END.sub("\n", header) if "\r" in header else header
    return form, HeaderBlock(header, line, closing.end()), True


def _is_text(header: str) -> bool:
    """Return whether what is no mapping is a text below a thematic break, not broken YAML.

    In broken YAML a key begins a line of the first paragraph, or one of the usual keys any line.
    """
    paragraph = header.strip().partition("\n\n")[0]
    key = re.search(_KEY_LINE[Syntax.YAML], paragraph) or _USUAL_KEY.search(header)
    return paragraph[:1] not in ("", "{") and key is None


def _parse_block(text: str, syntax: Syntax, block: HeaderBlock) -> Document:
    metadata: dict[str, object] = {}
    fault = None
    try:
        if len(block.header) > HEADER_LIMIT:
            raise HeaderError(1, f"is longer than {HEADER_LIMIT:,} characters")  # noqa: TRY301
        read = read_toml if syntax is Syntax.TOML else read_yaml
        metadata = read(block.header)
    except HeaderError as error:
        fault = error
    if syntax is Syntax.YAML and not metadata and _is_text(block.header):
        return plain_document(text)
    if fault is not None:
        return broken_document(text, syntax, block, fault)
    return Document(syntax, metadata, text[block.end :], (), text[: block.end])


def _parse_unclosed(text: str, syntax: Syntax, block: HeaderBlock) -> Document:
    """A delimiter without its counterpart: a fault if keys follow, else a thematic break."""
    if not re.match(_KEY_LINE[syntax], block.header):
        return plain_document(text)
    mark = "---" if syntax is Syntax.YAML else "+++"
    error = HeaderError(0, f"begins here, but has no closing {mark} line")
    first_paragraph = LINE_END.sub("\n", block.header[:HEADER_LIMIT]).partition("\n\n")[0]
    return broken_document(text, syntax, block._replace(header=first_paragraph), error)


# -- a map of Elixir -------------------------------------------------------------------------------

_ELIXIR = lazy_re(r"\ufeff?\s*(?=%\{)(?P<map>.*?\})\s*?(?:\r\n?|\n)---" + REST_OF_LINE, re.DOTALL)
_ELIXIR_VALUE = lazy_re(
    r'"""[ \t]*\n(.*?)"""|"(?:[^"\\]|\\.)*"|#[^\n]*'
    r"|~(?P<sigil>[a-zA-Z])(?:\(([^)]{0,999})\)|\[([^]]{0,999})\]|\|([^|]{0,999})\|)[a-z]*",
    re.DOTALL,
)


def _parse_elixir(text: str) -> Document:
    """Parse a text that may begin with a map of Elixir above a `---` line, as in NimblePublisher.

    But for its sigils and heredocs such a map is one of YAML.
    """
    match = _ELIXIR.match(text[: HEADER_LIMIT + 1])
    if match is None:
        return plain_document(text)
    header = LINE_END.sub("\n", match["map"])
    block = HeaderBlock(header, 1 + len(LINE_END.findall(text, 0, match.start("map"))), match.end())
    try:
        metadata = read_yaml(_ELIXIR_VALUE.sub(_yaml_value, header[1:]))
    except HeaderError as error:
        return broken_document(text, Syntax.ELIXIR, block, error)
    return Document(Syntax.ELIXIR, metadata, text[match.end() :], (), text[: match.end()])


def _yaml_value(match: re.Match[str]) -> str:
    """A value of Elixir, or a comment, as YAML has it."""
    if match.lastindex is None:
        return match[0]
    value = match[match.lastindex]
    return json.dumps(value.split() if match["sigil"] in ("w", "W") else value)
