"""`Scanner`: the text of a query, the position in it, and the faults found so far (pure)."""

from __future__ import annotations

import re
from typing import NamedTuple

from rilo_reader.query.tree import QueryFault

QUOTES = '"“”„'

SPACE = re.compile(r"\s+")
_WORD = re.compile(rf"[^\s(){QUOTES}]+")
_CLOSING = re.compile(r"[\"“”]")


class Written(NamedTuple):
    """A word or quoted text.

    Attributes:
        text: without the quotation marks.
        is_open: whether it reaches the end of the query, so that it may go on.
        is_prefix: whether it ends with `*`.
        is_quoted: whether it is in quotation marks.
    """

    text: str
    is_open: bool
    is_prefix: bool
    is_quoted: bool


class Scanner:
    """A position that only moves forward, so that reading takes linear time.

    Args:
        text: the query.
        typing: whether its end is still being typed.

    Attributes:
        text: as above, and so is `typing`.
        at: the position, in characters.
        faults: what was not understood.
    """

    def __init__(self, text: str, typing: bool) -> None:
        self.text = text
        self.typing = typing
        self.at = 0
        self.faults: list[QueryFault] = []

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self.at == len(self.text)

    @property
    def character(self) -> str:
        """The next character, "" at the end."""
        return self.text[self.at : self.at + 1]

    @property
    def may_go_on(self) -> bool:
        """Whether what was just read is at the end of a query that is still being typed."""
        return self.typing and self.at_end

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what matches here, if anything does."""
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def word(self) -> str:
        """Read up to the next space, parenthesis or quotation mark; "" where one is next."""
        match = self.take(_WORD)
        return match[0] if match else ""

    def written(self) -> Written:
        """Read a word or quoted text; a quotation mark that is not closed is a fault."""
        if not self.character or self.character not in QUOTES:
            text = self.word()
            return Written(text, self.at_end, text.endswith("*"), is_quoted=False)
        start = self.at
        closing = _CLOSING.search(self.text, start + 1)
        if closing is None:
            self.fault(start, start + 1, "This quotation mark is not closed.")
            self.at = len(self.text)
            text = self.text[start + 1 :]
            return Written(text, True, text.endswith("*"), is_quoted=True)
        self.at = closing.end()
        text = self.text[start + 1 : closing.start()]
        is_prefix = text.endswith("*")
        if self.character == "*":
            self.at += 1
            is_prefix = True
        return Written(text, False, is_prefix, is_quoted=True)

    def fault(self, start: int, end: int, reason: str) -> None:
        """Note that the text between two positions was not understood."""
        self.faults.append(QueryFault(start, end, reason))
