"""`Document`: a file's text split into front matter and body; shared by its parsers (pure)."""

import re
from collections.abc import Mapping
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
    """A parsed file; `head + body` is its text.

    Attributes:
        form: the syntax of the front matter.
        metadata: by keys as written. Values are str, int, float, bool, None, date, datetime,
            time, lists and dicts of these; YAML and header lines only give str, None, lists and
            dicts, so that `version: 1.10` and `title: No` stay as written. Of broken front
            matter, the lines that could still be read.
        body: everything after the front matter and its blank lines, unchanged; the whole text
            if the front matter is broken.
        faults: why front matter could not be read, with line numbers of the text.
        head: the text before the body, unchanged; "" for a new document.
    """

    form: Form
    metadata: Mapping[str, object]
    body: str
    faults: tuple[Fault, ...] = ()
    head: str = ""


class Block(NamedTuple):
    """The position of front matter in a text.

    Attributes:
        header: the front matter without delimiters, lines ended by line feeds.
        line: the line of the text where the header begins, 1-based.
        end: where the body begins.
    """

    header: str
    line: int
    end: int


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
