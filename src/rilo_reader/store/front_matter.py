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

from collections.abc import Mapping
from datetime import date, datetime, time

from rilo_reader.store import delimited_header
from rilo_reader.store.document import HEADER_LIMIT, Document, Form, HeaderError, plain
from rilo_reader.text import LazyPattern

__all__ = ["HEADER_LIMIT", "Document", "Form", "parse", "toml_head", "write"]


def parse(text: str) -> Document:
    """Take a text apart; never raises, whatever the text."""
    first = text[:1]
    if first == "\ufeff" or first.isspace():
        first = text.lstrip("\ufeff \t\r\n")[:1]
    if first in ("-", "+"):
        return delimited_header.parse_delimited(text)
    if first == "{" or first.isalpha():
        from rilo_reader.store import loose_header

        read = loose_header.parse_json if first == "{" else loose_header.parse_lines
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


_BARE_KEY = LazyPattern("[A-Za-z0-9_-]+")
_NEEDS_ESCAPE = LazyPattern('["\\\\\x00-\x08\x0a-\x1f\x7f]')


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
    from rilo_reader.store import yaml_header

    result = dict(metadata)
    try:
        typed = yaml_header.read_typed(delimited_header.header_of(before.head))
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
