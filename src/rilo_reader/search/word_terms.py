"""The terms of a query that are words: plain, quoted, whole, patterns, near misses (pure)."""

from __future__ import annotations

import re
import unicodedata

from rilo_reader.search.analysis import stands_alone, together, tokens
from rilo_reader.search.groups import Groups
from rilo_reader.search.patterns import literal_start, read_pattern
from rilo_reader.search.query import AS_IT_IS, And, Field, How, Node, Not, Or, Words

WORD = re.compile(r"[^\s()\"“”„]+")
_PATTERN = re.compile(r"/((?:[^\s/\\]|\\.)+)/(?=[\s)]|$)")
_OPEN_PATTERN = re.compile(r"/((?:[^\s/\\.*+?()\[\]{}|^]|\\.)*[.*+?()\[\]{}|\\^][^\s/]*)$")
_NEAR = re.compile(r"~(?=[^\W_])")
_SHORTEST_NEAR = 3
_QUOTES = '"“”„'
_CLOSING = re.compile(r"[\"“”]")


class WordTerms(Groups):
    """Reads words of any kind, in a field that is known already."""

    def __init__(self, text: str, typing: bool) -> None:
        super().__init__(text, typing)
        self._signs: list[Node] = []

    def _whole(self, inside: Field, start: int) -> None:
        """Read the whole value of a field; while it is being typed it is a beginning."""
        self._at += 1
        if self._at < len(self._text) and self._text[self._at] in _QUOTES:
            content, is_open, _ = self._quoted()
        else:
            match = WORD.match(self._text, self._at)
            content = match[0] if match else ""
            self._at += len(content)
            is_open = self._at == len(self._text) and not self._negated
        value = " ".join(content.split())
        if not value:
            if not (self._typing and self._at == len(self._text)):
                reason = f"{self._text[start : self._at]} needs its value directly after it."
                self._fault(start, self._at, reason)
            self._skip_term()
        elif not (self._typing and is_open):
            self._add(Words(inside, (value,), how=How.WHOLE))
        elif parts := tokens(value):
            self._add(Words(inside, parts, not stands_alone(parts[-1])))

    def _words(self, inside: Field) -> None:
        if self._pattern(inside):
            return
        how = How.EXACTLY
        if near := _NEAR.match(self._text, self._at):
            how, self._at = How.NEARLY, near.end()
        is_quoted = self._text[self._at] in _QUOTES
        if is_quoted:
            content, is_open, is_prefix = self._quoted()
        else:
            match = WORD.match(self._text, self._at)
            content = match[0] if match else self._text[self._at]
            self._at += len(content)
            is_open = self._at == len(self._text) and not self._negated
            is_prefix = content.endswith("*")
        parts = tokens(content)
        if not parts:
            self._pass_over(content, inside)
            return
        is_typed = self._typing and is_open and _is_word_like(content[-1])
        prefix = (is_prefix or is_typed) and not stands_alone(parts[-1])
        if len(parts) > 1 or len(parts[0]) < _SHORTEST_NEAR:
            how = How.EXACTLY  # everything is near a word of two letters
        words = Words(inside, parts, prefix, how)
        written = "" if is_quoted or near or inside in AS_IT_IS else together(content)
        self._add(Or((words, Words(inside, (written,), prefix))) if written else words)

    def _pass_over(self, content: str, inside: Field) -> None:
        """Leave out signs that no article can be found by: beside words they are punctuation."""
        signs = " ".join(content.split())
        if signs.strip("*"):
            words = Words(inside, (signs,))
            self._signs.append(Not(words) if self._negated else words)
        elif signs and not self._negated:
            self._signs.append(And())  # every word begins so
        self._skip_term()

    def _pattern(self, inside: Field) -> bool:
        """Read a regular expression, where one stands here."""
        start = self._at
        if match := _PATTERN.match(self._text, start):
            self._at = match.end()
            pattern, reason = read_pattern(match[1])
            if pattern:
                self._add(Words(inside, (pattern,), how=How.PATTERN))
            else:
                self._fault(start, self._at, reason)
                self._skip_term()
            return True
        match = _OPEN_PATTERN.match(self._text, start) if self._typing else None
        if match is None:
            return False
        self._at = match.end()
        if parts := tokens(literal_start(match[1])):  # what is typed so far, as a beginning
            self._add(Words(inside, parts, not self._negated))
        return True

    def _quoted(self) -> tuple[str, bool, bool]:
        """What stands in the quotes, whether they are unclosed, and whether a * asks for more."""
        start = self._at
        closing = _CLOSING.search(self._text, start + 1)
        if closing is None:
            self._fault(start, start + 1, "This quotation mark is not closed.")
            self._at = len(self._text)
            content = self._text[start + 1 :]
            return content, not self._negated, content.endswith("*")
        self._at = closing.end()
        content = self._text[start + 1 : closing.start()]
        is_prefix = content.endswith("*")
        if self._text.startswith("*", self._at):
            self._at += 1
            is_prefix = True
        return content, False, is_prefix


def _is_word_like(character: str) -> bool:
    """Whether a word that ends so may go on: its last letter, or a mark upon it."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"
