"""The YAML that nearly all headers are made of, read line by line (pure).

It gives what `yaml_header` gives with PyYAML, or nothing: every line must be one whose meaning is
beyond doubt. It costs a quarter of the time, and spares a launch the 10 ms that importing PyYAML
takes. Tests hold it to PyYAML over thousands of real headers and invented ones.
"""

from __future__ import annotations

import functools
import re

from rilo_reader.text import clean_text

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
"""Plain scalars that mean nothing."""


@functools.cache
def _line() -> re.Pattern[str]:
    """One line of a plain header; prepared when first needed, since that takes 2 ms."""
    # Negated sets, since long ranges of letters would take 15 ms. What they let in beyond ASCII is
    # safe only in a header that clean_text leaves as it is: see read.
    first = r"[^\x00-#%-'*,\-:;=>?-@\[-^`{-\x7f\ufffe\uffff]"
    characters = r"[^\x00-\x1f#:\x7f\ufffe\uffff]"
    word = r"[A-Za-z][A-Za-z0-9_ .+/&-]*"
    # A colon before a space ends a key, # after a space begins a comment: neither is plain text.
    value = (
        rf"(?:({first}{characters}*(?:(?::(?=[^ \n])|(?<=[^ \n])#){characters}*)*)"
        r"|\"([^\"\\\x00-\x1f\x7f\ufffe\uffff]*)\" *|'([^'\x00-\x1f\x7f\ufffe\uffff]*)' *"
        rf"|\[((?:{word}(?:, ?{word})*)?)\] *)"
    )
    key = rf"([A-Za-z_][A-Za-z0-9_-]{{0,60}}): *(?:(?<= ){value})?"
    return re.compile(rf"(?:{key}|( *)-(?: +{value}?)?| *|#[^\x00-\x1f\x7f\ufffe\uffff]*)(?:\n|\Z)")


_FLOW = 5
_ITEM = 6


def read_simple(header: str) -> dict[str, object] | None:
    """The keys and values of a header, as `yaml_header.read` gives them; None where in doubt."""
    if not header.isascii() and clean_text(header) is not header:
        return None
    found: dict[str, object] = {}
    items: list[str | None] = []
    waiting, indent = "", -1
    position, end = 0, len(header)
    match_line = _line().match
    while position < end:
        match = match_line(header, position)
        if match is None:
            return None
        position = match.end()
        kind = match.lastindex
        if kind is None:
            continue
        if kind >= _ITEM:
            spaces = len(match[_ITEM])
            if not waiting or (items and spaces != indent):
                return None
            if not items:
                found[waiting] = items
                indent = spaces
            if kind == _ITEM + 4:
                return None
            items.append(_text(match, kind, _ITEM + 1) if kind > _ITEM else None)
            continue
        key = match[1]
        waiting = ""
        if kind == 1:
            waiting, items, indent = key, [], -1
            found[key] = None
        elif kind == _FLOW:
            inner = match[_FLOW]
            words = [word.strip() for word in inner.split(",")] if inner else []
            found[key] = [None if word in NULLS else word for word in words]
        else:
            found[key] = _text(match, kind, 2)
    return found


def _text(match: re.Match[str], group: int, plain: int) -> str | None:
    """A scalar's text; None where it is plainly null."""
    text = match[group]
    if group != plain:
        return text
    text = text.rstrip(" ")
    return None if text in NULLS else text
