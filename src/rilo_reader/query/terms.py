"""Terms of words: words, phrases, whole values, regular expressions, near misses (pure).

A word with several tokens (`COVID-19`, `don't`, a word in Chinese) is a phrase of them.
"""

from __future__ import annotations

import re
import unicodedata

from rilo_reader.query.lexer import Scanner
from rilo_reader.query.patterns import literal_start, read_pattern
from rilo_reader.query.tokens import stands_alone, together, tokens
from rilo_reader.query.tree import AS_IT_IS, And, Field, How, Node, Not, Or, Words

_PATTERN = re.compile(r"/((?:[^\s/\\]|\\.)+)/(?=[\s)]|$)")
_OPEN_PATTERN = re.compile(r"/((?:[^\s/\\.*+?()\[\]{}|^]|\\.)*[.*+?()\[\]{}|\\^][^\s/]*)$")
_NEAR = re.compile(r"~(?=[^\W_])")
_SHORTEST_NEAR = 3


class WordTerms:
    """Reads terms of words where a scanner stands; None for what is ignored.

    Attributes:
        unsearchable: nodes for ignored text without tokens, such as punctuation. They are
            searched for only if the query has nothing else.
    """

    def __init__(self, scanner: Scanner) -> None:
        self.unsearchable: list[Node] = []
        self._scanner = scanner

    def words(self, field: Field, *, negated: bool) -> Node | None:
        """Read a word, a phrase, a regular expression or a near miss."""
        scanner = self._scanner
        if pattern := scanner.take(_PATTERN):
            return self._pattern(field, pattern)
        if scanner.typing and (begun := scanner.take(_OPEN_PATTERN)):  # a prefix until it is closed
            parts = tokens(literal_start(begun[1]))
            return Words(field, parts, not negated) if parts else None
        is_near = scanner.take(_NEAR) is not None
        written = scanner.written()
        parts = tokens(written.text)
        if not parts:
            self._keep_unsearchable(field, written.text, negated=negated)
            return None
        is_typed = (
            scanner.typing and written.is_open and not negated and _is_word_like(written.text[-1])
        )
        prefix = (written.is_prefix or is_typed) and not stands_alone(parts[-1])
        # Too many words are near a word of two letters.
        nearly = is_near and len(parts) == 1 and len(parts[0]) >= _SHORTEST_NEAR
        words = Words(field, parts, prefix, How.NEARLY if nearly else How.EXACTLY)
        if written.is_quoted or is_near or field in AS_IT_IS:
            return words
        joined_form = together(written.text)
        return Or((words, Words(field, (joined_form,), prefix))) if joined_form else words

    def whole_value(self, field: Field, start: int, *, negated: bool) -> Node | None:
        """Read `="the whole value"` of a field, which is a prefix while it is being typed.

        Args:
            field: the field.
            start: where its name begins.
            negated: whether the term is.
        """
        scanner = self._scanner
        scanner.at += 1
        written = scanner.written()
        value = " ".join(written.text.split())
        if not value:
            if not scanner.may_go_on:
                reason = f"{scanner.text[start : scanner.at]} needs its value directly after it."
                scanner.fault(start, scanner.at, reason)
            return None
        if not (scanner.typing and written.is_open and not negated):
            return Words(field, (value,), how=How.WHOLE)
        parts = tokens(value)
        return Words(field, parts, not stands_alone(parts[-1])) if parts else None

    def _pattern(self, field: Field, match: re.Match[str]) -> Node | None:
        pattern, reason = read_pattern(match[1])
        if pattern:
            return Words(field, (pattern,), how=How.PATTERN)
        self._scanner.fault(*match.span(), reason)
        return None

    def _keep_unsearchable(self, field: Field, written: str, *, negated: bool) -> None:
        text = " ".join(written.split())
        if text.strip("*"):
            words = Words(field, (text,))
            self.unsearchable.append(Not(words) if negated else words)
        elif text and not negated:
            self.unsearchable.append(And())  # `*` matches every word


def _is_word_like(character: str) -> bool:
    """Whether a word that ends with this character may be unfinished: a letter, or its mark."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"
