"""Front matter between whole lines: TOML between `+++`, YAML between `---` or ended by `...`."""

from __future__ import annotations

import re

from rilo_reader.store import toml_header, yaml_header
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
        read = toml_header.read if form is Form.TOML else yaml_header.read
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
