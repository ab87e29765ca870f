"""Text to a query tree, with the positions of what was not understood; never raises.

    query    = any
    any      = all ("OR" all)*
    all      = [not] part ("AND"? [not] part)*
    not      = "-" | "NOT"
    part     = "(" any ")" | field ":" "(" any ")" | [field ":"] (word | phrase)
             | field ":=" (word | phrase), for source, tag, author and lang: the whole value
             | [field ":"] ("/" regular expression "/" | "~" word)
             | ("after" | "before" | "date") ":" date | "is" ":" mark | "sort" ":" order
             | "@" (name | quoted name), where there are saved searches

Operators are upper case and field names lower case, directly followed by their value, so that
pasted text stays text: `Re: x`, `http://x`, `C++: a` and unknown fields are read as words.
A word that holds several tokens (`COVID-19`, `don't`, a word in Chinese) is a phrase of them.

The text is walked once, with a stack of our own (`groups`), so time is linear and no depth can
exhaust Python's. Terms are read by `word_terms` and `settings_terms`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from rilo_reader.search.field_names import (
    OTHER_FIELDS,
    WHOLE_FIELDS,
    WORD_FIELDS,
    near_field,
    near_name,
)
from rilo_reader.search.groups import MAX_DEPTH, all_of
from rilo_reader.search.printer import to_text
from rilo_reader.search.query import And, Node, Query, QueryFault
from rilo_reader.search.settings_terms import SettingTerms
from rilo_reader.search.word_terms import WordTerms

__all__ = ["MAX_CHARACTERS", "MAX_DEPTH", "MAX_TERMS", "WHOLE_FIELDS", "parse", "to_text"]

MAX_CHARACTERS = 10_000
MAX_TERMS = 1_000

_FIELD = re.compile(rf"({'|'.join((*WORD_FIELDS, *OTHER_FIELDS))}):")
_UNKNOWN = re.compile(r"([a-z]{2,9}):(?=[^\s/:])")
_SAVED = re.compile(r"@(?:\"([^\"]*)\"?|([^\s()\"“”„]+))")


class _Parser(SettingTerms, WordTerms):
    def __init__(
        self, text: str, typing: bool, now: datetime | None, saved: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text[:MAX_CHARACTERS], typing, now)
        self._saved = saved
        self._terms = 0
        if len(text) > MAX_CHARACTERS:
            self._fault(
                MAX_CHARACTERS,
                len(text),
                f"The query is longer than {MAX_CHARACTERS:,} characters; the rest is left out.",
            )

    def parse(self) -> Node:
        """Read the whole text."""
        while self._skip_space():
            if self._terms >= MAX_TERMS:
                reason = f"The query has more than {MAX_TERMS:,} terms; the rest is left out."
                self._fault(self._at, len(self._text), reason)
                break
            if not self._structure():
                self._term()
        node = self._end()
        is_nothing = node is None and not self._is_sorted and bool(self._text.strip())
        if is_nothing and not self.faults and not self._typing:
            if self._signs:  # alone they are what is asked for, and nothing is found
                return all_of(self._signs)
            self._fault(0, len(self._text), "There is no word in this to search for.")
        return And() if node is None else node

    def _term(self) -> None:
        self._terms += 1
        start = self._at
        if self._saved is not None and self._saved_search(self._saved):
            return
        match = _FIELD.match(self._text, start)
        if match is None:
            self._hint_at_field(start)
            self._words(self._groups[-1].inside)
            return
        name, self._at = match[1], match.end()
        at_end = self._at == len(self._text)
        if at_end or self._text[self._at].isspace() or self._text[self._at] == ")":
            if not (at_end and self._typing):
                self._fault(start, self._at, f"{name}: needs its word directly after the colon.")
            self._skip_term()
        elif name in WORD_FIELDS:
            if self._text[self._at] == "(":
                self._open(self._at, WORD_FIELDS[name])
            elif self._text[self._at] == "=" and WORD_FIELDS[name] in WHOLE_FIELDS:
                self._whole(WORD_FIELDS[name], start)
            else:
                self._words(WORD_FIELDS[name])
        else:
            self._setting(name, start)

    def _saved_search(self, saved: Mapping[str, str]) -> bool:
        """Read the name of a saved search, where one stands here."""
        if self._text[self._at] != "@":
            return False
        name, start, end = self._saved_name(saved)
        if name is None:
            asked = self._text[start + 1 : end].strip('" ').casefold()
            rest = self._text[start + 1 :].lstrip('"').casefold()
            if self._typing and any(known.casefold().startswith(rest) for known in saved):
                self._at = len(self._text)
                self._skip_term()
                return True
            if asked:
                reason = f"There is no saved search called {asked}{near_name(asked, saved)}"
                self._fault(start, end, reason)
            return False
        self._at = end
        # A saved search names no other: so none can lead back to itself.
        inner = _Parser(saved[name], False, self._now)
        node = inner.parse()
        self._terms += inner._terms
        self.faults += [
            QueryFault(start, end, f"The saved search {name}: {fault.reason}")
            for fault in inner.faults
        ]
        if inner._is_sorted and not self._is_sorted:
            self.sort, self._is_sorted = inner.sort, True
        self._add(node)
        return True

    def _saved_name(self, saved: Mapping[str, str]) -> tuple[str | None, int, int]:
        """The saved search that is named here, where its name begins, and where it ends."""
        start = self._at
        for name in sorted(saved, key=len, reverse=True):
            end = start + 1 + len(name)
            is_whole = end >= len(self._text) or self._text[end] in " ()"
            if is_whole and self._text[start + 1 : end].casefold() == name.casefold():
                return name, start, end
        match = _SAVED.match(self._text, start)
        if match is None:
            return None, start, start + 1
        asked = (match[1] or match[2] or "").strip().casefold()
        name_meant = next((name for name in saved if name.casefold() == asked), None)
        return name_meant, start, match.end()

    def _hint_at_field(self, start: int) -> None:
        match = _UNKNOWN.match(self._text, start)
        if match and (meant := near_field(match[1])):
            reason = f"There is no field {match[1]}: (read as words). Did you mean {meant}:?"
            self._fault(start, match.end(), reason)


def parse(
    text: str,
    *,
    typing: bool = False,
    now: datetime | None = None,
    saved: Mapping[str, str] | None = None,
) -> Query:
    """Read a query. Total: any text gives a tree, and faults for what was left out.

    Args:
        text: what somebody typed; cleaned by the caller.
        typing: whether the end of the text is still being typed. Then the last word is a
            beginning, unless a space says that it is whole or it is negated (a beginning would
            take away more than is meant), and what the next letter may mend is no fault. An
            unclosed phrase is read as far as it goes, with a fault that says so.
        now: the present moment, in the reader's time zone; None asks the system.
        saved: the saved searches, name -> query, that `@name` stands for; None where it is a word.
    """
    parser = _Parser(text, typing, now, saved)
    node = parser.parse()
    return Query(node, parser.sort, tuple(sorted(parser.faults, key=lambda fault: fault.start)))
