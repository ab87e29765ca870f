"""Front matter in TOML, YAML, JSON and `Key: value` lines, read (pure)."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import Fault
from rilo_reader.text import clean_line, clean_text, lazy_re

if TYPE_CHECKING:
    import yaml

HEADER_LIMIT = 256 * 1024
"""Characters of front matter that are parsed; longer front matter is a fault."""

LINE_END = re.compile(r"\r\n?|\n")
REST_OF_LINE = r"[ \t]*(?:(?:\r\n?|\n)+|\Z)"
"""What ends front matter: the rest of its last line, empty, and the blank lines after it."""


class Syntax(StrEnum):
    """The syntax of front matter."""

    TOML = "TOML"
    YAML = "YAML"
    JSON = "JSON"
    HEADERS = "headers"
    ELIXIR = "Elixir"
    DIALECT = "dialect"
    PROPERTIES = "properties"
    NONE = "none"


class Document(NamedTuple):
    """A parsed file; `head + body` is its text."""

    syntax: Syntax  # the syntax of the front matter
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


class HeaderBlock(NamedTuple):
    """The position of front matter in a text."""

    header: str  # the front matter without delimiters, lines ended by line feeds
    line: int  # the line of the text where the header begins, 1-based
    end: int  # where the body begins


class HeaderError(ValueError):
    """Front matter that cannot be parsed: the reason, and the line within it (1-based)."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def plain_document(text: str) -> Document:
    """The document of a text without front matter."""
    head = "\ufeff" if text.startswith("\ufeff") else ""
    return Document(Syntax.NONE, {}, text[len(head) :], (), head)


def broken_document(text: str, syntax: Syntax, block: HeaderBlock, error: HeaderError) -> Document:
    """The document of a text with broken front matter: all of it is body, with the fault."""
    head = "\ufeff" if text.startswith("\ufeff") else ""
    fault = Fault(block.line + error.line - 1, f"The {syntax} front matter {error}.")
    return Document(syntax, _salvage_lines(block.header, syntax), text[len(head) :], (fault,), head)


_TOML_LINE = r"([A-Za-z][\w-]*)[ \t]*=[ \t]*([^\s\[{].*)"
_YAML_LINE = r"([A-Za-z][\w-]*):[ \t]+([^\s\[\]{}&*!|>%@`].*)"
_JSON_PAIR = lazy_re(r'"([A-Za-z][\w-]{0,40})"\s{0,9}:\s{0,9}"((?:[^"\\\n]|\\.){0,1000})')


def _salvage_lines(header: str, syntax: Syntax) -> dict[str, object]:
    """Read simple lines of broken front matter, so that title and date are not lost."""
    if syntax is Syntax.JSON:
        beginning = header[:HEADER_LIMIT].partition("\n\n")[0]
        return {key: value.replace('\\"', '"') for key, value in _JSON_PAIR.findall(beginning)}
    if syntax is Syntax.ELIXIR:
        return {}
    pattern = _TOML_LINE if syntax is Syntax.TOML else _YAML_LINE
    found: dict[str, object] = {}
    for line in header[:HEADER_LIMIT].split("\n"):
        if syntax is Syntax.TOML and line.startswith("["):
            break
        match = re.fullmatch(pattern, line.rstrip())
        if match:
            value = match[2]
            if value[0] in "\"'":  # somebody may not have typed the other one yet
                value = value[1:].removesuffix(value[0])
            found[match[1]] = value
    return found


# -- TOML ------------------------------------------------------------------------------------------

_PLACE = r" \(at line (\d+), column \d+\)$| \(at end of document\)$"


_BETWEEN_KEYS = lazy_re(r"[=\[{,\n]")
_MOST_PARTS = 1000
"""Parts of a dotted key; tomllib takes time and memory by their square, gigabytes for 50,000."""


_PLAIN = r'[^"\\\x00-\x08\x0a-\x1f\x7f]*+'
_TEXT = rf'"({_PLAIN}(?:\\["\\]{_PLAIN})*+)"'
_TIME = r"[T ](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{6})?(?:Z|[+-]\d\d:\d\d)"
_LIST = rf"\[[ \n]*+(?:{_TEXT}[ \n]*+(?:,[ \n]*+|(?=\])))*+\]"
_WRITTEN_LINE = lazy_re(
    r"([A-Za-z0-9_-]+) = "
    rf"(?:{_TEXT}|({_LIST})|(\d{{4}}-\d\d-\d\d(?:{_TIME})?)"
    r"|(true|false|0|[1-9]\d{0,8}))\n",
    re.ASCII,
)
_WRITTEN_ITEM = lazy_re(_TEXT)


def _read_written(header: str) -> dict[str, object] | None:
    """Read TOML as rilo-reader writes it, its lists on one line or several; None for any other.

    tomllib takes a text a character at a time, for a third of all that reading a file takes.
    Raises ValueError for a date that is not one.
    """
    found: dict[str, object] = {}
    end = 0
    while end < len(header):
        match = _WRITTEN_LINE.match(header, end)
        if match is None or match[1] in found:
            return None
        key, text, items, _, day, plain = match.groups()
        if day:
            found[key] = (date if len(day) == 10 else datetime).fromisoformat(day)
        elif plain:
            found[key] = json.loads(plain)
        else:
            texts = [text] if items is None else _WRITTEN_ITEM.findall(items)
            if "\\" in match[0]:
                texts = [re.sub(r"\\(.)", r"\1", one) for one in texts]
            found[key] = texts[0] if items is None else texts
        end = match.end()
    return found


def read_toml(header: str) -> dict[str, object]:
    """Parse TOML as tomllib does; HeaderError if it is not one, or a key has very many parts."""
    with suppress(ValueError):
        if (found := _read_written(header)) is not None:
            return found
    if header.count(".") > _MOST_PARTS:
        for at, text in enumerate(header.split("\n"), 1):
            if any(part.count(".") > _MOST_PARTS for part in _BETWEEN_KEYS.split(text)):
                raise HeaderError(at, "cannot be read: it has too many dots")
    import tomllib

    try:
        return tomllib.loads(header)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        place = re.search(_PLACE, reason)
        line = int(place[1]) if place and place[1] else max(1, header.count("\n"))
        reason = re.sub(_PLACE, "", reason)
        raise HeaderError(line, f"cannot be read: {reason}") from None


# -- YAML ------------------------------------------------------------------------------------------

VALUE_LIMIT = 20_000
"""Values in front matter once aliases are expanded (an alias bomb has billions)."""

DEPTH_LIMIT = 100
"""Levels of nested values."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TYPES = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float", "timestamp", "null")
)


def read_yaml(header: str, *, with_types: bool = False) -> dict[str, object]:
    """Parse a YAML mapping; HeaderError if it is not one, or too large once aliases are expanded.

    Scalars are text as written, or None for null and for no value: `No`, `1.10`, `007` and
    `2013-02-30` stay, so no title turns into False. With `typed` they have YAML's types where these
    are valid, to be written as TOML. Tags such as `!ruby/symbol` are ignored, of duplicate keys the
    last wins, and keys are text.
    """
    try:
        return _parse_yaml(header, with_types)
    except HeaderError:
        # Tabs and stray control characters are common in real files, and harmless.
        repaired = clean_text(header).replace("\t", "  ")
        if repaired == header:
            raise
    return _parse_yaml(repaired, with_types)


def _parse_yaml(header: str, with_types: bool) -> dict[str, object]:
    import yaml

    kind = "SafeLoader" if with_types else "BaseLoader"
    loader = getattr(yaml, f"C{kind}", getattr(yaml, kind))(header)
    try:
        node = loader.get_single_node()
        found = {} if node is None else _YamlBuilder(loader, with_types).build_value(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise HeaderError(line, f"cannot be read: {_explain_error(error, header)}") from None
    except yaml.YAMLError as error:
        raise HeaderError(1, f"cannot be read: {clean_line(str(error), 200)}") from None
    except (UnicodeError, RecursionError):
        reason = "cannot be read: it has values that are not text, or is nested too deeply"
        raise HeaderError(1, reason) from None
    finally:
        loader.dispose()
    if not isinstance(found, dict | None):
        raise HeaderError(1, "cannot be read: it is not made of “key: value” lines")
    return found or {}


class _YamlBuilder:
    """Converts YAML nodes to plain values, and counts them to stop an alias bomb."""

    def __init__(self, loader: "yaml.SafeLoader", with_types: bool) -> None:
        import yaml

        self._scalar_node = yaml.ScalarNode
        self._mapping_node = yaml.MappingNode
        self._loader = loader
        self._with_types = with_types
        self._values_left = VALUE_LIMIT

    def build_value(self, node: "yaml.Node", depth: int = 0) -> object:
        self._values_left -= 1
        if isinstance(node, self._scalar_node):
            if self._with_types and node.tag in _TYPES:
                with suppress(ValueError, OverflowError):
                    return self._loader.construct_object(node)
            return None if node.value in _NULLS and not node.style else node.value
        if self._values_left < 0 or depth > DEPTH_LIMIT:
            line = node.start_mark.line + 1
            raise HeaderError(
                line, "is too large: it is nested too deeply, or its aliases repeat too much"
            )
        if isinstance(node, self._mapping_node):
            return self._build_mapping(node, depth + 1)
        return [self.build_value(item, depth + 1) for item in node.value]

    def _build_mapping(self, node: "yaml.MappingNode", depth: int) -> dict[str, object]:
        """A mapping; of duplicate keys the last wins, and `<<` provides defaults."""
        result: dict[str, object] = {}
        defaults: list[object] = []
        for key_node, value_node in node.value:
            # Keys are text, even if they are lists or mappings (`{{title}}:`).
            is_plain = isinstance(key_node, self._scalar_node)
            key = str(key_node.value if is_plain else self.build_value(key_node, depth))
            value = self.build_value(value_node, depth)
            if key == "<<" and isinstance(value, dict | list):
                defaults.extend(value if isinstance(value, list) else [value])
            else:
                result[key] = value
        for mapping in defaults:
            if isinstance(mapping, dict):
                result = mapping | result
        return result


_EXPLANATIONS = (
    ("mapping values are not allowed", "a colon inside a value; put the value in quotes"),
    ("expected ':'", "this is not a “key: value” line"),
    ("unexpected end of stream", "a quotation mark that begins here or before is not closed"),
    ("expected ',' or", "a bracket is not closed, or a value that begins with one needs quotes"),
    ("undefined alias", "“*” begins the name of an alias here; put the value in quotes"),
    (
        "expected key",
        "this line does not fit the lines before it; check its indentation and quotes",
    ),
    ("<block end>", "this line does not fit the lines before it; check its indentation and quotes"),
)


def _explain_error(error: "yaml.MarkedYAMLError", header: str) -> str:
    """PyYAML's error, explained for people who do not know YAML's grammar."""
    problem = error.problem or str(error)
    if "cannot start any token" in problem and error.problem_mark:
        lines = header.split("\n")
        rest = lines[error.problem_mark.line : error.problem_mark.line + 1]
        character = rest[0][error.problem_mark.column :][:1] if rest else ""
        return f"“{character}” cannot begin a value; put the value in quotes"
    for words, reason in _EXPLANATIONS:
        if words in problem:
            return reason
    return clean_line(problem, 200)


# -- JSON, and `Key: value` lines ------------------------------------------------------------------

_JSON_OPENING = lazy_re(r"\ufeff?\s*(?=\{\s*\")")


def parse_json(text: str) -> Document:
    """Parse a text that may begin with a JSON object."""
    opening = _JSON_OPENING.match(text)
    if opening is None:
        return plain_document(text)
    start = opening.end()
    block = HeaderBlock(text[start:], 1 + len(LINE_END.findall(opening[0])), len(text))
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text, start)
    except json.JSONDecodeError as error:
        line = 1 + len(LINE_END.findall(text, start, error.pos))
        return broken_document(
            text, Syntax.JSON, block, HeaderError(line, f"cannot be read: {error.msg}")
        )
    except (ValueError, RecursionError):
        error_at_start = HeaderError(1, "cannot be read: it is nested too deeply or too large")
        return broken_document(text, Syntax.JSON, block, error_at_start)
    rest = re.compile(REST_OF_LINE).match(text, end)
    if rest is None or not isinstance(value, dict):
        return plain_document(text)
    return Document(Syntax.JSON, value, text[rest.end() :], (), text[: rest.end()])


_OPENING = lazy_re(r"\ufeff?(?:[ \t]*(?:\r\n?|\n))*(?=[A-Za-z][\w -]{0,40}:(?:[ \t\r\n]|\Z))")
_HEADER_LINE = lazy_re(r"([A-Za-z][\w -]{0,40}):(?:[ \t]+(.*))?")
_REQUIRED_KEYS = frozenset({"title", "date", "author", "authors"})


def parse_lines(text: str) -> Document:
    """Parse a text that may begin with `Key: value` lines, as in Pelican and MultiMarkdown.

    Every line up to the first blank one must be such a line, or an indented continuation of one,
    and a title, a date or an author must be among them: a text may well begin with "Note: …".
    """
    opening = _OPENING.match(text)
    if opening is None:
        return plain_document(text)
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
            _add_header(found, key, (match[2] or "").strip())
        elif key and line[0] in " \t":
            before = found[key]
            if isinstance(before, list):
                before[-1] = f"{before[-1]} {line.strip()}".strip()
            else:
                found[key] = f"{before} {line.strip()}".strip()
        else:
            return plain_document(text)
        position = line_end.end() if line_end else len(text)
        if position - opening.end() > HEADER_LIMIT:
            return plain_document(text)
    if _REQUIRED_KEYS.isdisjoint(name.lower() for name in found):
        return plain_document(text)
    blank = re.compile(REST_OF_LINE).match(text, position)
    end = blank.end() if blank else position
    return Document(Syntax.HEADERS, found, text[end:], (), text[:end])


def _add_header(found: dict[str, object], key: str, value: str) -> None:
    """Add a header; repeated ones make a list."""
    before = found.get(key)
    if before is None:
        found[key] = value
    elif isinstance(before, list):
        before.append(value)
    else:
        found[key] = [before, value]
