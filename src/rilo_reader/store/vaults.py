"""Notes, as of Obsidian and Logseq: tags in their text, and properties to be shown (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from rilo_reader.dialects import CODE
from rilo_reader.text import clean_line, lazy_re

# -- tags in the text ---------------------------------------------------------------------------

_TAG = lazy_re(
    rf"{CODE}|%%.{{0,2000}}?%%|<!--.{{0,2000}}?-->"
    r"|\[\[[^\[\]\n]{1,300}\]\]|\]\([^()\n]{0,500}\)"
    r"|(?<![^\s(,;])#(?:\[\[([^\[\]\n]{1,100})\]\]|([\w/-]{1,100}))(?![\w#])",
    re.MULTILINE | re.DOTALL,
)
"""Code, comments and links, in which nothing is a tag; or a tag."""


def inline_tags(body: str) -> Iterator[str]:
    """The tags in the text of a note, `#tag` or `#[[two words]]`; a number is none."""
    if "#" in body:
        for match in _TAG.finditer(body):
            tag = match[3] or (match[4] or "").strip("/")
            if tag and not tag.replace("/", "").isdecimal():
                yield tag


def strip_brackets(name: str) -> str:
    """A name without the brackets that make it a link to a note: `[[People/Ann|Ann]]` is Ann."""
    if not name.startswith("[["):
        return name
    match = re.fullmatch(r"\[\[([^\[\]|]+)(?:\|([^\[\]]+))?\]\]", name)
    return (match[2] or match[1]).strip() if match else name


# -- properties ---------------------------------------------------------------------------------

MOST_PROPERTIES = 100
LONGEST_PROPERTY = 2_000  # characters

_DEPTH_LIMIT = 5


def properties_of(
    metadata: Mapping[str, object], is_shown_elsewhere: Callable[[str], bool]
) -> tuple[tuple[str, str], ...]:
    """The properties that have a value, but for keys that the page shows elsewhere.

    Where none has one, as in a template, all of them, with a dash.
    """
    named = ((clean_line(key, 100), key) for key in metadata if not is_shown_elsewhere(key))
    found = [(name, property_text(metadata[key])) for name, key in named if name]
    valued = [(name, text) for name, text in found if text] or [(name, "—") for name, _ in found]
    return tuple(valued[:MOST_PROPERTIES])


def property_text(value: object, depth: int = 0) -> str:
    """The value of a property as one line; "" where there is none."""
    if depth > _DEPTH_LIMIT or value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        texts = (property_text(item, depth + 1) for item in value[:MOST_PROPERTIES])
        return clean_line(", ".join(filter(None, texts)), LONGEST_PROPERTY)
    if isinstance(value, Mapping):
        pairs = list(value.items())[:MOST_PROPERTIES]
        texts = (
            f"{key}: {text}" for key, item in pairs if (text := property_text(item, depth + 1))
        )
        return clean_line("; ".join(texts), LONGEST_PROPERTY)
    try:
        return clean_line(str(value), LONGEST_PROPERTY)
    except ValueError:  # a number of more digits than Python prints
        return ""
