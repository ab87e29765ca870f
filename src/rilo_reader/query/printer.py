"""Print a query tree in its normal form, which parses to the same tree (pure)."""

from __future__ import annotations

from datetime import datetime

from rilo_reader.query.dates import Calendar, write_dates
from rilo_reader.query.field_names import MARK_FIELDS
from rilo_reader.query.tokens import join, together, tokens
from rilo_reader.query.tree import (
    AS_IT_IS,
    And,
    Dates,
    Field,
    How,
    Is,
    Node,
    Not,
    Or,
    Query,
    Sort,
    Words,
)


def to_text(query: Query, *, now: datetime | None = None) -> str:
    """The normal form of a query.

    Args:
        query: any result of `parse`.
        now: any moment in the time zone of dates, as for `parse`; None asks the system.
    """
    text = _node(query.node, Calendar(now))
    if query.sort is not Sort.NEWEST:
        text = f"{text} sort:{query.sort}".lstrip()
    return text


def _node(node: Node, calendar: Calendar) -> str:
    if isinstance(node, Words):
        return _words(node)
    if isinstance(node, Dates):
        return write_dates(node, calendar)
    if isinstance(node, Is):
        return next(f"{name}:{node.mark}" for name, its in MARK_FIELDS.items() if node.mark in its)
    if isinstance(node, Not):
        return f"-{_part(node.node, calendar)}"
    if isinstance(node, Or):
        return _with_hyphens(node) or " OR ".join(_node(child, calendar) for child in node.nodes)
    return " ".join(_part(child, calendar) for child in node.nodes)


def _part(node: Node, calendar: Calendar) -> str:
    text = _node(node, calendar)
    is_group = isinstance(node, And) or (isinstance(node, Or) and not _with_hyphens(node))
    return f"({text})" if is_group else text


def _with_hyphens(node: Or) -> str:
    """The one word that parses to a phrase or its joined form, "" for any other node."""
    phrase, *others = node.nodes
    if not isinstance(phrase, Words) or len(phrase.tokens) == 1 or phrase.field in AS_IT_IS:
        return ""
    text = "-".join(phrase.tokens)
    if others != [phrase._replace(tokens=(together(text),))] or phrase.tokens != tokens(text):
        return ""
    return _in_field(phrase, f"{text}*" if phrase.prefix else text)


def _words(words: Words) -> str:
    if words.how is How.PATTERN:
        text = f"/{words.tokens[0]}/"
    elif words.how is How.WHOLE:
        text = f'="{words.tokens[0]}"'
    else:
        text = join(words.tokens) + ("*" if words.prefix else "")
        if words.how is How.NEARLY:
            text = f"~{text}"
        elif len(words.tokens) > 1 or not tokens(text):
            text = f'"{text}"'
    return _in_field(words, text)


def _in_field(words: Words, text: str) -> str:
    return text if words.field is Field.ANYWHERE else f"{words.field}:{text}"
