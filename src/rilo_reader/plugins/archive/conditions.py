"""A query's tree as a condition in SQL on a row `w` of `words` (pure).

What is looked for stands in parameters only; the text of the statement is made of the constants
here. As much as possible of a tree becomes one tsquery, which the index answers by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from rilo_reader.article import Field
from rilo_reader.index.schema import sort_key_ranges
from rilo_reader.plugins.archive.lexemes import EVERYTHING, LETTERS, is_split, quoted
from rilo_reader.query.patterns import to_index_pattern
from rilo_reader.query.tokens import stands_alone
from rilo_reader.query.tree import (
    And,
    ArticleSelection,
    Dates,
    HasMark,
    MatchKind,
    Minutes,
    Node,
    Not,
    Or,
    QueryMark,
    Words,
)

_LONGEST_PREFIX = 240
"""Bytes of a prefix; longer ones match whole words only, as in the local index."""

_MARKED = """({} (select from log l join mark m on m.id = l.id where l.seq = w.seq
    and m.person = session_user and {}))"""
_FLAGS = {
    QueryMark.READ: ("exists", "m.field = 'read' and m.value = '1'"),
    QueryMark.UNREAD: ("not exists", "m.field = 'read' and m.value = '1'"),
    QueryMark.STARRED: ("exists", "m.field = 'starred' and m.value = '1'"),
    QueryMark.HIGHLIGHTED: ("exists", "m.field like 'highlight:%%' and m.value <> ''"),
    QueryMark.NOTE: ("exists", "m.field like 'note:%%' and m.value <> ''"),
}


class Condition(NamedTuple):
    """A condition, with the values of its parameters by name."""

    text: str
    values: dict[str, object]


Vocabulary = Callable[[Condition], Sequence[str]]
"""Lexemes of which, as `word`, a condition is true."""

_NO_FIELD = """(word < 'A' collate "C" or word >= '[' collate "C")"""


class _Words(str):
    """A tsquery; any other str is a condition in SQL."""

    __slots__ = ()


def condition(node: Node, vocabulary: Vocabulary) -> Condition:
    """Return the condition that a node is."""
    compiler = _Compiler(vocabulary)
    text = compiler.sql(compiler.compile(node))
    return Condition(text, compiler.values)


class _Compiler:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self.values: dict[str, object] = {}
        self._vocabulary = vocabulary

    def sql(self, part: str) -> str:
        """Return a condition for either kind of part."""
        return f"w.tsv @@ {self._query(part)}" if isinstance(part, _Words) else part

    def _query(self, text: str) -> str:
        return f"{self._value(str(text))}::tsquery"

    def _value(self, value: object) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def compile(self, node: Node) -> str:  # noqa: PLR0911  # one for each kind
        """Return a tsquery where it says all, else a condition."""
        match node:
            case Words():
                return self._words(node)
            case Dates(start, end):
                spans = [self._span(low, high) for low, high in sort_key_ranges(start, end)]
                return f"({' or '.join(spans) or 'false'})"
            case HasMark(mark):
                return _MARKED.format(*_FLAGS[mark])
            case Not(child):
                part = self.compile(child)
                return _Words(f"!({part})") if isinstance(part, _Words) else f"not ({part})"
            case Or(nodes):
                return self._any([self.compile(child) for child in nodes])
            case And(nodes):
                return self._all([self.compile(child) for child in nodes])
            case Minutes() | ArticleSelection():
                return "false"  # such queries are not asked here: `is_asked_elsewhere`

    def _any(self, parts: Sequence[str]) -> str:
        if parts and all(isinstance(part, _Words) for part in parts):
            return _Words(f"({' | '.join(parts)})")
        return f"({' or '.join(map(self.sql, parts)) or 'false'})"

    def _all(self, parts: Sequence[str]) -> str:
        words = [part for part in parts if isinstance(part, _Words)]
        others = [part for part in parts if not isinstance(part, _Words)]
        if all(word.startswith("!") for word in words) and (words or not others):
            words.append(_Words(quoted(EVERYTHING)))
        both = [_Words(f"({' & '.join(words)})")] if words else []
        if not others:
            return both[0]
        return f"({' and '.join(map(self.sql, [*both, *others]))})"

    def _span(self, low: int | None, high: int | None) -> str:
        sides = [f"w.at >= {self._value(low)}"] if low is not None else []
        sides += [f"w.at < {self._value(high)}"] if high is not None else []
        return f"({' and '.join(sides) or 'true'})"

    def _words(self, words: Words) -> str:
        field = words.field
        if field is Field.NOTE:
            return "false"  # notes are searched where they are written
        if field is Field.TEXT:
            both = (words._replace(field=one) for one in (Field.TITLE, Field.BODY))
            return self.compile(Or(tuple(both)))
        letter = LETTERS.get(field, "")
        if words.match_kind is MatchKind.WHOLE:
            return _Words(quoted(f"={letter}{words.tokens[0]}"))
        joins = words.may_be_joined
        if field is Field.BODY:
            weights = "CD" if joins else "D"
        elif joins or len(words.tokens) > 1:
            weights = ""
        else:
            weights = "A" if letter else "AD"
        if words.match_kind is MatchKind.EXACTLY:
            return self._exactly(words, letter, weights)
        is_pattern = words.match_kind is MatchKind.PATTERN
        where = _pattern(letter, words.tokens[0]) if is_pattern else _near(letter, words)
        if not letter:
            where = where._replace(text=f"{_NO_FIELD} and {where.text}")
        found = [quoted(one, weights) for one in self._vocabulary(where)]
        return _Words(f"({' | '.join(found)})") if found else "false"

    def _exactly(self, words: Words, letter: str, weights: str) -> str:
        *first, last = words.tokens
        is_start = (
            words.is_prefix and not stands_alone(last) and len(last.encode()) <= _LONGEST_PREFIX
        )
        parts = [quoted(letter + one, weights) for one in first]
        parts.append(quoted(letter + last, f"*{weights}" if is_start else weights))
        if len(parts) == 1:
            return _Words(parts[0])
        pairs = [
            quoted(f"Z{one}{two}")
            for one, two in pairwise(words.tokens)
            if is_split(one) and is_split(two)
        ]
        if words.field is Field.ANYWHERE and len(pairs) == len(parts) - 1:
            # Two neighbours are exact without positions, and rarer than either.
            return _Words(pairs[0]) if len(pairs) == 1 else self._phrase(parts, pairs)
        return self._phrase(parts, parts)

    def _phrase(self, parts: Sequence[str], required: Sequence[str]) -> str:
        """A phrase; where positions did not fit, it is looked up in windows.

        The index answers whether all words are there. Their order is a condition of its own, so
        that PostgreSQL reads each vector once: a phrase in the index is asked for again.
        """
        phrase = self._query(" <-> ".join(parts))
        return (
            f"(w.tsv @@ {self._query(' & '.join(required))} and (w.tsv @@ {phrase} or (w.unsure"
            f" and exists (select from long l where l.seq = w.seq and l.tsv @@ {phrase}))))"
        )


def _pattern(letter: str, pattern: str) -> Condition:
    """Return a condition on words: a regular expression as PostgreSQL reads it, without GAP."""
    regex = to_index_pattern(pattern).replace("{,", "{0,")
    return Condition("word ~ %(regex)s", {"regex": f"^{letter}(?:{regex})$"})


def _near(letter: str, words: Words) -> Condition:
    """Return a condition on words: at most one edit away.

    Either beginning or end is as it is. To compile all forms as one regular expression takes
    PostgreSQL five seconds for a word of eleven letters.
    """
    letters = [re.sub(r"[%_\\]", r"\\\g<0>", one) for one in words.tokens[0]]
    forms = {"".join(letters)}
    for at in range(len(letters) + 1):
        before, rest = letters[:at], letters[at:]
        forms.add("".join([*before, "_", *rest]))
        forms.add("".join([*before, *rest[1:]]))
        if rest:
            forms.add("".join([*before, "_", *rest[1:]]))
        if len(rest) > 1:
            forms.add("".join([*before, rest[1], rest[0], *rest[2:]]))
    half, more = len(letters) // 2, "%" if words.is_prefix else ""
    values: dict[str, object] = {
        "start": f"{letter}{''.join(letters[: max(half - 1, 0)])}%",
        "end": f"%{''.join(letters[half:])}{more}",
        "forms": [f"{letter}{form}{more}" for form in sorted(forms)],
    }
    text = "(word like %(start)s or word like %(end)s) and word like any(%(forms)s)"
    return Condition(text, values)
