"""Authors and tags in the many shapes that front matter gives them -> names (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rilo_reader.article import clean_line
from rilo_reader.lazy import LazyPattern

NAME_LIMIT = 100
"""Characters of one name."""

LIST_LIMIT = 1000
"""Authors or tags of one article."""

_LOOKED_AT = LIST_LIMIT + 1

_DEPTH_LIMIT = 5
_COMMA = LazyPattern("[,，、]")
_SEMICOLON = LazyPattern("[;；]")
_NAME_KEYS = ("name", "title", "label", "term", "url", "id")


def text_of(value: object) -> str:
    """A value as text; of a list its first, of a mapping its name; "" where there is none."""
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


def names(value: object) -> tuple[str, ...]:
    """The clean names that a value holds, each once, in order.

    Text is split at semicolons, where there are none at commas. Lists and mappings may hold one
    another; in a list each text is one name, so that "Lovelace, Ada" stays whole. Of a mapping its
    name counts, else what it groups (`topic: [a, b]`), and keys without a value.

    Of more than LIST_LIMIT one more is returned, which shows that they are too many.
    """
    if not value:
        return ()
    found: dict[str, None] = {}
    for name in _names_in(value, 0):
        if name:
            found[name] = None
        if len(found) == _LOOKED_AT:
            break
    return tuple(found)


def _names_in(value: object, depth: int) -> Iterator[str]:
    """The names of a value that stands alone."""
    if isinstance(value, list):
        for item in value[:_LOOKED_AT]:
            yield from _names_of_item(item, depth)
    elif isinstance(value, Mapping):
        yield from _names_of_mapping(value, depth)
    else:
        text = text_of(value)
        separator = _SEMICOLON if _SEMICOLON.search(text) else _COMMA
        for part in separator.split(text, maxsplit=_LOOKED_AT)[:_LOOKED_AT]:
            yield clean_line(part, NAME_LIMIT)


def _names_of_item(item: object, depth: int) -> Iterator[str]:
    """The names of a list's item."""
    if isinstance(item, list | Mapping):
        if depth < _DEPTH_LIMIT:
            yield from _names_in(item, depth + 1)
    else:
        yield clean_line(text_of(item), NAME_LIMIT)


def _names_of_mapping(mapping: Mapping[object, object], depth: int) -> Iterator[str]:
    """The names of a mapping: its own, else those that it groups."""
    own = text_of(mapping)
    if own:
        yield clean_line(own, NAME_LIMIT)
        return
    for key, item in list(mapping.items())[:_LOOKED_AT]:
        if item is None:
            yield clean_line(str(key), NAME_LIMIT)
        else:
            yield from _names_of_item(item, depth)
