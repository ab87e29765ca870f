"""Front matter: text <-> metadata and body (pure).

A document is `head + body`: the head holds the front matter with its delimiters and the blank
lines around it, character for character as it was read, so that writing an unchanged document
gives the very text back. What is changed is written as TOML between `+++` lines.

Read are TOML between `+++`, YAML between `---` (or ended by `...`), a JSON object, Pelican's and
MultiMarkdown's `Key: value` lines up to a blank line, and no front matter at all. Delimiters count
only as whole lines at the top; a byte order mark and blank lines may stand before them, as Hugo
allows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time

from rilo_reader.store import other_headers, yaml
from rilo_reader.store.document import (
    HEADER_LIMIT,
    LINE_END,
    Block,
    Document,
    Form,
    HeaderError,
    broken,
    plain,
)


def parse(text: str) -> Document:
    """Take a text apart; never raises, whatever the text."""
    first = text[:1]
    if first == "\ufeff" or first.isspace():
        first = text.lstrip("\ufeff \t\r\n")[:1]
    if first in ("-", "+"):
        return parse_delimited(text)
    if first == "{" or first.isalpha():
        from rilo_reader.store import other_headers

        read = other_headers.parse_json if first == "{" else other_headers.parse_lines
        return read(text)
    return plain(text)


def write(document: Document) -> str:
    """The document as text: as it was read where nothing changed, else with TOML front matter.

    Unknown keys and the body survive as they are; values of YAML get their types back.

    Raises:
        ValueError: the metadata holds something that TOML cannot say.
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
    """TOML front matter between `+++` lines, and the blank line after it.

    None values are left out: TOML has none.

    Raises:
        ValueError: the metadata holds something that TOML cannot say.
    """
    lines = [_plain_line(key, value) for key, value in metadata.items() if value is not None]
    if None not in lines:
        return f"+++\n{''.join(map(str, lines))}+++\n\n"
    import tomli_w

    try:
        return f"+++\n{tomli_w.dumps(_sayable(metadata))}+++\n\n"
    except (TypeError, RecursionError) as error:
        raise ValueError(f"TOML cannot say this metadata: {error}") from error


_BARE_KEY = re.compile("[A-Za-z0-9_-]+")
_NEEDS_ESCAPE = re.compile('["\\\\\x00-\x08\x0a-\x1f\x7f]')


def _plain_line(key: str, value: object) -> str | None:
    """The line as tomli-w writes it of what most articles have; None for anything else.

    tomli-w looks at every character in Python: a summary took longer than the rest of an article.
    """
    if not isinstance(key, str) or not _BARE_KEY.fullmatch(key):
        return None
    if isinstance(value, list):
        if not value or not all(isinstance(item, str) for item in value):
            return None
        if any(_NEEDS_ESCAPE.search(item) for item in value):
            return None
        items = "".join(f'    "{item}",\n' for item in value)
        return f"{key} = [\n{items}]\n"
    if isinstance(value, str):
        return None if _NEEDS_ESCAPE.search(value) else f'{key} = "{value}"\n'
    return f"{key} = {value}\n" if type(value) in (datetime, date) else None


def _with_types(metadata: Mapping[str, object], before: Document) -> dict[str, object]:
    """The metadata, its unchanged values with the types (date, number, truth) YAML gives them."""
    from rilo_reader.store import yaml

    result = dict(metadata)
    try:
        typed = yaml.read_typed(header_of(before.head))
    except HeaderError:
        return result
    for key, value in typed.items():
        if key in result and repr(result[key]) == repr(before.metadata.get(key)):
            result[key] = value
    return result


def _sayable(mapping: Mapping[str, object]) -> dict[str, object]:
    """The mapping without what TOML has no word for."""
    return {str(key): _sayable_value(value) for key, value in mapping.items() if value is not None}


def _sayable_value(value: object) -> object:
    """A value that tomli-w can write."""
    if isinstance(value, Mapping):
        return _sayable(value)
    if isinstance(value, list | tuple):
        return [_sayable_value(item) for item in value if item is not None]
    if isinstance(value, str | bool | int | float | date | datetime | time):
        return value
    return str(value)


# Front matter between whole lines: TOML between `+++`, YAML between `---` or ended by `...`.


_OPENING = re.compile(r"\ufeff?(?:[ \t]*(?:\r\n?|\n))*(---|\+\+\+)[ \t]*(?:\r\n?|\n)")
_CLOSING = {
    Form.YAML: re.compile(r"(?<![^\r\n])(?:---|\.\.\.)[ \t]*(?:(?:\r\n?|\n)+|\Z)"),
    Form.TOML: re.compile(r"(?<![^\r\n])\+\+\+[ \t]*(?:(?:\r\n?|\n)+|\Z)"),
}
_KEY_LINE = {
    Form.YAML: re.compile(r"^[\"']?\w[\w .-]*[\"']?:(?:[ \t]|$)", re.MULTILINE),
    Form.TOML: re.compile(r"^[\w\"'.-]+[ \t]*=|^\[", re.MULTILINE),
}


def parse_delimited(text: str) -> Document:
    """A text that may begin with a `---` or `+++` line."""
    block = _ordinary_block(text)
    if block is not None:
        return _read(text, Form.YAML if text[0] == "-" else Form.TOML, block)
    opening = _OPENING.match(text)
    if opening is None:
        return plain(text)
    form = Form.YAML if opening[1] == "---" else Form.TOML
    line = 1 + len(LINE_END.findall(opening[0]))
    closing = _CLOSING[form].search(text, opening.end())
    if closing is None:
        return _unclosed(text, form, Block(text[opening.end() :], line, len(text)))
    header = text[opening.end() : closing.start()]
    if "\r" in header:
        header = LINE_END.sub("\n", header)
    if form is Form.YAML and header[:1] == "\n" and header.strip() and not _has_key(header):
        # A rule of Markdown, as Pandoc tells it: a blank line follows, and text without keys.
        return plain(text)
    return _read(text, form, Block(header, line, closing.end()))


def _has_key(header: str) -> bool:
    """Whether a line of YAML begins with a key."""
    return _KEY_LINE[Form.YAML].search(header) is not None


def header_of(head: str) -> str:
    """The header's own text in the head of a document that was read."""
    opening = _OPENING.match(head)
    if opening is None:
        return ""
    form = Form.YAML if opening[1] == "---" else Form.TOML
    closing = _CLOSING[form].search(head, opening.end())
    return LINE_END.sub("\n", head[opening.end() : closing.start() if closing else len(head)])


def _ordinary_block(text: str) -> Block | None:
    """The front matter of a text without oddities, found without a regular expression.

    None where it is absent or a closer look is due: other line ends, blank lines before it, other
    white space beside a delimiter, `...`.
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
    """The document of a block of TOML or YAML."""
    if len(block.header) > HEADER_LIMIT:
        error = HeaderError(1, f"is longer than {HEADER_LIMIT:,} characters")
        return broken(text, form, block, error)
    try:
        read = other_headers.read if form is Form.TOML else yaml.read
        metadata = read(block.header)
    except HeaderError as error:
        return broken(text, form, block, error)
    return Document(form, metadata, text[block.end :], (), text[: block.end])


def _unclosed(text: str, form: Form, block: Block) -> Document:
    """A delimiter without its pair: a fault where keys follow, else a rule of Markdown."""
    if not _KEY_LINE[form].match(block.header):
        return plain(text)
    mark = "---" if form is Form.YAML else "+++"
    error = HeaderError(0, f"begins here, but no {mark} line ends it")
    first_paragraph = LINE_END.sub("\n", block.header[:HEADER_LIMIT]).partition("\n\n")[0]
    return broken(text, form, block._replace(header=first_paragraph), error)


__all__ = ["HEADER_LIMIT", "Document", "Form", "parse", "toml_head", "write"]
