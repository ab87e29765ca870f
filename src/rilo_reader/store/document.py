"""A text taken apart into front matter and body, and what its parsers share (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from rilo_reader.article import Fault

HEADER_LIMIT = 256 * 1024
"""Characters of front matter that are read; a longer one is a fault, not a way to stall."""

LINE_END = re.compile(r"\r\n?|\n")
REST_OF_LINE = re.compile(r"[ \t]*(?:(?:\r\n?|\n)+|\Z)")
"""From the end of front matter on: nothing more on its line, and the blank lines that follow."""


class Form(StrEnum):
    """How front matter is written."""

    TOML = "TOML"
    YAML = "YAML"
    JSON = "JSON"
    HEADERS = "headers"
    NONE = "none"


class Document(NamedTuple):
    """A text, taken apart; `head + body` is the text.

    Attributes:
        form: how its front matter is written.
        metadata: the keys as written. Values are str, int, float, bool, None, date, datetime,
            time, lists and dicts of these; of YAML and header lines they are str, None, lists and
            dicts only, so that `version: 1.10` and `title: No` stay what somebody wrote. Where the
            front matter is broken, what could still be read of it line by line.
        body: what follows the front matter and the blank lines after it, unchanged; where the
            front matter is broken, the whole text.
        faults: why front matter could not be read, with the line in the text.
        head: the text before the body as it was read, "" for a document made anew.
    """

    form: Form
    metadata: Mapping[str, object]
    body: str
    faults: tuple[Fault, ...] = ()
    head: str = ""


class Block(NamedTuple):
    """Where front matter lies in a text.

    Attributes:
        header: its own text, with line feeds, without delimiters.
        line: the line of the text where the header begins, 1-based.
        end: where the body begins.
    """

    header: str
    line: int
    end: int


class HeaderError(ValueError):
    """A header that cannot be read: what is wrong, and the line of the header (1-based)."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def plain(text: str) -> Document:
    """The document of a text without front matter."""
    head = "\ufeff" if text.startswith("\ufeff") else ""
    return Document(Form.NONE, {}, text[len(head) :], (), head)


def broken(text: str, form: Form, block: Block, error: HeaderError) -> Document:
    """A document that shows the whole text, with what its lines still say and the fault."""
    head = "\ufeff" if text.startswith("\ufeff") else ""
    fault = Fault(block.line + error.line - 1, f"The {form} front matter {error}.")
    return Document(form, _salvage(block.header, form), text[len(head) :], (fault,), head)


_TOML_LINE = re.compile(r"([A-Za-z][\w-]*)[ \t]*=[ \t]*([^\s\[{].*)")
_YAML_LINE = re.compile(r"([A-Za-z][\w-]*):[ \t]+([^\s\[\]{}&*!|>%@`].*)")


def _salvage(header: str, form: Form) -> dict[str, object]:
    """What single lines of broken front matter plainly say, so that title and date are not lost."""
    if form is Form.JSON:
        return {}
    pattern = _TOML_LINE if form is Form.TOML else _YAML_LINE
    found: dict[str, object] = {}
    for line in header[:HEADER_LIMIT].split("\n"):
        if form is Form.TOML and line.startswith("["):
            break
        match = pattern.fullmatch(line.rstrip())
        if match:
            value = match[2]
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            found[match[1]] = value[1:-1] if quoted else value
    return found
