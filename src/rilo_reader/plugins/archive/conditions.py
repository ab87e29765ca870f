"""A query's tree as a condition in SQL on a row `w` of `words` (pure).

The words of a query stand in parameters only; the text of the statement is made of the constants
here. As much as possible of a tree becomes one tsquery, which the index answers by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from rilo_reader.article import Field
from rilo_reader.index.schema import sort_key_ranges
from rilo_reader.plugins.archive.lexemes import EVERY_ARTICLE, LETTERS, is_split, quote_lexeme
from rilo_reader.query.patterns import to_index_pattern
from rilo_reader.query.tokens import stands_alone
from rilo_reader.query.tree import (
    And,
    ArticleSelection,
    Dates,
    FeedTag,
    HasMark,
    MarkedDuring,
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

_MARK_CONDITION = """({} (select from log l join mark m on m.id = l.id where l.seq = w.seq
    and m.person = session_user and {}))"""
_FLAGS = {
    QueryMark.READ: ("exists", "m.field = 'read' and m.value = '1'"),
    QueryMark.UNREAD: ("not exists", "m.field = 'read' and m.value = '1'"),
    QueryMark.STARRED: ("exists", "m.field = 'starred' and m.value = '1'"),
    QueryMark.HIGHLIGHTED: ("exists", "m.field like 'highlight:%%' and m.value <> ''"),
    QueryMark.EDITED: ("exists", "m.field like 'edited:%%' and m.value = '1'"),
    QueryMark.NOTE: ("exists", "m.field like 'note:%%' and m.value <> ''"),
}


class SqlCondition(NamedTuple):
    """A condition, with the values of its parameters by name."""

    text: str
    values: dict[str, object]


Vocabulary = Callable[[SqlCondition], Sequence[str]]
"""Lexemes of which, as `word`, a condition is true."""

_NO_FIELD = """(word < 'A' collate "C" or word >= '[' collate "C")"""


class _TsQuery(str):
    """A tsquery; any other str is a condition in SQL."""

    __slots__ = ()


def make_condition(node: Node, vocabulary: Vocabulary) -> SqlCondition:
    """Return the condition that a node is."""
    compiler = _QueryCompiler(vocabulary)
    text = compiler.to_sql(compiler.compile_node(node))
    return SqlCondition(text, compiler.values)


class _QueryCompiler:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self.values: dict[str, object] = {}
        self._vocabulary = vocabulary

    def to_sql(self, part: str) -> str:
        """Return a condition for either kind of part."""
        return f"w.tsv @@ {self._add_tsquery(part)}" if isinstance(part, _TsQuery) else part

    def _add_tsquery(self, text: str) -> str:
        return f"{self._add_value(str(text))}::tsquery"

    def _add_value(self, value: object) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def compile_node(self, node: Node) -> str:  # noqa: PLR0911  # one for each kind
        """Return a tsquery where it says all, else a condition."""
        match node:
            case Words():
                return self._compile_words(node)
            case Dates(start, end):
                spans = [self._span_condition(*span) for span in sort_key_ranges(start, end)]
                return f"({' or '.join(spans) or 'false'})"
            case HasMark(mark):
                return _MARK_CONDITION.format(*_FLAGS[mark])
            case Not(child):
                part = self.compile_node(child)
                return _TsQuery(f"!({part})") if isinstance(part, _TsQuery) else f"not ({part})"
            case Or(nodes):
                return self._any_of([self.compile_node(child) for child in nodes])
            case And(nodes):
                return self._all_of([self.compile_node(child) for child in nodes])
            case Minutes() | ArticleSelection() | FeedTag() | MarkedDuring():
                return "false"  # such queries are not asked here: `is_asked_elsewhere`

    def _any_of(self, parts: Sequence[str]) -> str:
        if parts and all(isinstance(part, _TsQuery) for part in parts):
            return _TsQuery(f"({' | '.join(parts)})")
        return f"({' or '.join(map(self.to_sql, parts)) or 'false'})"

    def _all_of(self, parts: Sequence[str]) -> str:
        words = [part for part in parts if isinstance(part, _TsQuery)]
        others = [part for part in parts if not isinstance(part, _TsQuery)]
        if all(word.startswith("!") for word in words) and (words or not others):
            words.append(_TsQuery(quote_lexeme(EVERY_ARTICLE)))
        both = [_TsQuery(f"({' & '.join(words)})")] if words else []
        if not others:
            return both[0]
        return f"({' and '.join(map(self.to_sql, [*both, *others]))})"

    def _span_condition(self, low: int | None, high: int | None) -> str:
        sides = [f"w.at >= {self._add_value(low)}"] if low is not None else []
        sides += [f"w.at < {self._add_value(high)}"] if high is not None else []
        return f"({' and '.join(sides) or 'true'})"

    def _compile_words(self, words: Words) -> str:
        field = words.field
        if field is Field.NOTE:
            return "false"  # notes are searched where they are written
        if field is Field.TEXT:
            both = (words._replace(field=one) for one in (Field.TITLE, Field.BODY))
            return self.compile_node(Or(tuple(both)))
        letter = LETTERS.get(field, "")
        if words.match_kind is MatchKind.WHOLE:
            return _TsQuery(quote_lexeme(f"={letter}{words.tokens[0]}"))
        joins = words.may_be_joined
        if field is Field.BODY:
            weights = "CD" if joins else "D"
        elif joins or len(words.tokens) > 1:
            weights = ""
        else:
            weights = "A" if letter else "AD"
        if words.match_kind is MatchKind.EXACTLY:
            return self._compile_exact(words, letter, weights)
        is_pattern = words.match_kind is MatchKind.PATTERN
        make_word_condition = _pattern_condition if is_pattern else _fuzzy_condition
        condition = make_word_condition(letter, words)
        if not letter:
            condition = condition._replace(text=f"{_NO_FIELD} and {condition.text}")
        found = [quote_lexeme(one, weights) for one in self._vocabulary(condition)]
        return _TsQuery(f"({' | '.join(found)})") if found else "false"

    def _compile_exact(self, words: Words, letter: str, weights: str) -> str:
        *first, last = words.tokens
        is_short = len(last.encode()) <= _LONGEST_PREFIX
        is_start = words.is_prefix and not stands_alone(last) and is_short
        parts = [quote_lexeme(letter + one, weights) for one in first]
        parts.append(quote_lexeme(letter + last, f"*{weights}" if is_start else weights))
        if len(parts) == 1:
            return _TsQuery(parts[0])
        pairs = [
            quote_lexeme(f"Z{one}{two}")
            for one, two in pairwise(words.tokens)
            if is_split(one) and is_split(two)
        ]
        if words.field is Field.ANYWHERE and len(pairs) == len(parts) - 1:
            # Two neighbours are exact without positions, and rarer than either.
            return _TsQuery(pairs[0]) if len(pairs) == 1 else self._compile_phrase(parts, pairs)
        return self._compile_phrase(parts, parts)

    def _compile_phrase(self, parts: Sequence[str], required: Sequence[str]) -> str:
        """Return the condition of a phrase; where positions did not fit, windows are searched.

        The index answers whether all words are there. Their order is a condition of its own, so
        that PostgreSQL reads each vector once: a phrase in the index is asked for again.
        """
        phrase = self._add_tsquery(" <-> ".join(parts))
        every = self._add_tsquery(" & ".join(required))
        return (
            f"(w.tsv @@ {every} and (w.tsv @@ {phrase} or (w.unsure"
            f" and exists (select from long l where l.seq = w.seq and l.tsv @@ {phrase}))))"
        )


def _pattern_condition(letter: str, words: Words) -> SqlCondition:
    """Return a condition on words: a regular expression as PostgreSQL reads it, without GAP."""
    regex = to_index_pattern(words.tokens[0]).replace("{,", "{0,")
    return SqlCondition("word ~ %(regex)s", {"regex": f"^{letter}(?:{regex})$"})


def _fuzzy_condition(letter: str, words: Words) -> SqlCondition:
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
    return SqlCondition(text, values)
