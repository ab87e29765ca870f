"""Keys and values of front matter, in whatever spelling and shape they are written (pure)."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

from rilo_reader.store.vaults import strip_brackets
from rilo_reader.text import LINE_LIMIT, clean_line

_IGNORED_IN_KEYS = str.maketrans("", "", "_- ")


@functools.lru_cache(maxsize=1000)
def fold_key(key: str) -> str:
    """A key for comparison: `publish_date`, `Publish-Date` and `publishDate` are equal."""
    folded = key.lower()
    return folded if folded.isalnum() else folded.translate(_IGNORED_IN_KEYS)


def fold_keys(metadata: Mapping[str, object]) -> dict[str, object]:
    """The metadata by folded keys; of equal keys the first wins."""
    found: dict[str, object] = {}
    for key, value in metadata.items():
        found.setdefault(fold_key(key), value)
    return found


def line_of(metadata: Mapping[str, object], keys: tuple[str, ...], limit: int = LINE_LIMIT) -> str:
    """The first non-empty value of these keys as one clean line, "" if there is none."""
    texts = (clean_line(text_of(metadata[key]), limit) for key in keys if key in metadata)
    return next(filter(None, texts), "")


# -- names, such as authors and tags ------------------------------------------------------------

NAME_LIMIT = 100
"""Characters of one name."""

LIST_LIMIT = 1000
"""Authors or tags of one article."""

_SCAN_LIMIT = LIST_LIMIT + 1

_DEPTH_LIMIT = 5
_COMMA = "[,，、]"
_SEMICOLON = "[;；]"
_LINKED_NAME = r"\[([^\[\]]*)\]\([^()\s]*\)(?:\s*\([^()]*\))?"
"""A name that is a link, and the institution behind it."""

_NAME_KEYS = ("name", "title", "label", "term", "url", "id")


def text_of(value: object) -> str:
    """A value as text: a list's first item, a mapping's name; "" where there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return text_of(value[0]) if value and not isinstance(value[0], list) else ""
    if isinstance(value, Mapping):
        named = next((value[key] for key in _NAME_KEYS if key in value), "")
        return named if isinstance(named, str) else ""
    if value is None or isinstance(value, bool):
        return ""
    try:
        return str(value)
    except ValueError:  # a number of more digits than Python prints
        return ""


def read_names(value: object) -> tuple[str, ...]:
    """The clean names in a value, in order and without duplicates, at most LIST_LIMIT + 1.

    Text is split at semicolons, or else at commas. Lists and mappings may be nested; a text in a
    list is one name, so that "Lovelace, Ada" stays whole. A mapping gives its name, or else the
    values that it groups (`topic: [a, b]`) and its keys without a value.
    """
    found: dict[str, None] = {}
    for name in filter(None, _iter_names(value, 0) if value else ()):
        found[name] = None
        if len(found) == _SCAN_LIMIT:
            break
    return tuple(found)


def _iter_names(value: object, depth: int, *, is_item: bool = False) -> Iterator[str]:
    """The names in a value; the text of a list's item is not split."""
    if isinstance(value, list | Mapping) and depth > _DEPTH_LIMIT:
        return
    if isinstance(value, list):
        for item in value[:_SCAN_LIMIT]:
            yield from _iter_names(item, depth + 1, is_item=True)
    elif isinstance(value, Mapping) and not text_of(value):
        for key, item in list(value.items())[:_SCAN_LIMIT]:
            if item is None:
                yield clean_line(str(key), NAME_LIMIT)
            else:
                yield from _iter_names(item, depth + 1, is_item=True)
    else:
        text = text_of(value)
        text = re.sub(_LINKED_NAME, r"\1", text) if "](" in text else text
        separator = _SEMICOLON if re.search(_SEMICOLON, text) else _COMMA
        is_one = is_item or isinstance(value, Mapping)
        parts = [text] if is_one else re.split(separator, text, maxsplit=_SCAN_LIMIT)
        for part in parts[:_SCAN_LIMIT]:
            name = clean_line(part, NAME_LIMIT)
            yield strip_brackets(name) if name.startswith("[[") else name


def split_words(value: object) -> object:
    """A text of words as a list of them; anything else as it is."""
    is_one = not isinstance(value, str) or re.search(rf"{_COMMA}|{_SEMICOLON}|\[\[", value)
    return value if is_one else str(value).split()
