"""Parse a query into its tree, with the positions of what was not understood; never raises (pure).

    query    = any
    any      = all ("OR" all)*
    all      = [not] part ("AND"? [not] part)*
    not      = "-" | "NOT"
    part     = "(" any ")" | field ":" "(" any ")" | [field ":"] (word | phrase)
             | field ":=" (word | phrase), for source, tag, author and lang: the whole value
             | [field ":"] ("/" regular expression "/" | "~" word)
             | ("after" | "before" | "date") ":" date | "is" ":" mark | "has" ":" "note"
             | "sort" ":" order
             | "@" (name | quoted name), where there are saved searches

Operators are upper case and field names lower case, directly followed by their value, so that
pasted text stays text: `Re: x`, `http://x`, `C++: a` and unknown fields are read as words.

The text is read once: `lexer` has the position, `grouping` parentheses and operators, `terms` words
and `filters` dates, marks and the order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from rilo_reader.query.field_names import (
    OTHER_FIELDS,
    WHOLE_FIELDS,
    WORD_FIELDS,
    near_field,
    near_name,
)
from rilo_reader.query.filters import Filters
from rilo_reader.query.grouping import Groups, all_of
from rilo_reader.query.lexer import QUOTES, SPACE, Scanner
from rilo_reader.query.terms import WordTerms
from rilo_reader.query.tree import And, Node, Query, QueryFault, Sort

MAX_CHARACTERS = 10_000
MAX_TERMS = 1_000

_FIELD = re.compile(rf"({'|'.join((*WORD_FIELDS, *OTHER_FIELDS))}):")
_UNKNOWN = re.compile(r"([a-z]{2,9}):(?=[^\s/:])")
_SAVED = re.compile(rf"@(?:\"([^\"]*)\"?|([^\s(){QUOTES}]+))")


def parse(
    text: str,
    *,
    typing: bool = False,
    now: datetime | None = None,
    saved: Mapping[str, str] | None = None,
) -> Query:
    """Parse a query. Every text gives a tree, and faults for the parts that were ignored.

    Args:
        text: the query, cleaned by the caller.
        typing: whether the end of the text is still being typed. Then the last word is a prefix,
            unless a space follows it or it is negated (a prefix would exclude too much), and what
            the next letter may correct is no fault. An unclosed phrase is read to the end, with a
            fault.
        now: the present moment, in the user's time zone; None asks the system.
        saved: the saved searches, name -> query, for `@name`; None makes `@name` a word.
    """
    parser = _Parser(text, typing, now, saved)
    node = parser.parse()
    faults = sorted(parser.scanner.faults, key=lambda fault: fault.start)
    return Query(node, parser.filters.sort or Sort.NEWEST, tuple(faults))


class _Parser:
    def __init__(
        self, text: str, typing: bool, now: datetime | None, saved: Mapping[str, str] | None
    ) -> None:
        self.scanner = Scanner(text[:MAX_CHARACTERS], typing)
        self.filters = Filters(self.scanner, now)
        self.terms = 0
        self._groups = Groups(self.scanner)
        self._words = WordTerms(self.scanner)
        self._now = now
        self._saved = saved
        if len(text) > MAX_CHARACTERS:
            reason = (
                f"The query is longer than {MAX_CHARACTERS:,} characters; the rest is left out."
            )
            self.scanner.fault(MAX_CHARACTERS, len(text), reason)

    def parse(self) -> Node:
        """Read the whole text."""
        scanner = self.scanner
        while self._skip_space():
            if self.terms >= MAX_TERMS:
                reason = f"The query has more than {MAX_TERMS:,} terms; the rest is left out."
                scanner.fault(scanner.at, len(scanner.text), reason)
                break
            if not self._groups.read():
                self._term()
        node = self._groups.end()
        is_nothing = node is None and self.filters.sort is None and bool(scanner.text.strip())
        if is_nothing and not scanner.faults and not scanner.typing:
            if self._words.unsearchable:  # the query has nothing else, so it finds nothing
                return all_of(self._words.unsearchable)
            scanner.fault(0, len(scanner.text), "There is no word in this to search for.")
        return And() if node is None else node

    def _skip_space(self) -> bool:
        """Skip spaces; False at the end."""
        self.scanner.take(SPACE)
        return not self.scanner.at_end

    def _term(self) -> None:
        scanner, groups = self.scanner, self._groups
        self.terms += 1
        start = scanner.at
        if self._saved is not None and scanner.character == "@" and self._saved_search(self._saved):
            return
        match = scanner.take(_FIELD)
        if match is None:
            self._suggest_field()
            groups.add(self._words.words(groups.inside, negated=groups.negated))
            return
        name, field = match[1], WORD_FIELDS.get(match[1])
        if not scanner.character or scanner.character.isspace() or scanner.character == ")":
            if not scanner.may_go_on:
                reason = f"{name}: needs its word directly after the colon."
                scanner.fault(start, scanner.at, reason)
            groups.add(None)
        elif field is None:
            groups.add(self.filters.read(name, start, negated=groups.negated))
        elif scanner.character == "(":
            groups.open(field)
        elif scanner.character == "=" and field in WHOLE_FIELDS:
            groups.add(self._words.whole_value(field, start, negated=groups.negated))
        else:
            groups.add(self._words.words(field, negated=groups.negated))

    def _saved_search(self, saved: Mapping[str, str]) -> bool:
        """Read the name of a saved search, if there is one here."""
        scanner, start = self.scanner, self.scanner.at
        name, end = self._saved_name(saved)
        if name is None:
            wanted = scanner.text[start + 1 : end].strip('" ').casefold()
            rest = scanner.text[start + 1 :].lstrip('"').casefold()
            if scanner.typing and any(name.casefold().startswith(rest) for name in saved):
                scanner.at = len(scanner.text)
                self._groups.add(None)
                return True
            if wanted:
                reason = f"There is no saved search called {wanted}{near_name(wanted, saved)}"
                scanner.fault(start, end, reason)
            return False
        scanner.at = end
        # Saved searches cannot refer to one another, so there are no cycles.
        inner = _Parser(saved[name], False, self._now, None)
        self._groups.add(inner.parse())
        self.terms += inner.terms
        scanner.faults += [
            QueryFault(start, end, f"The saved search {name}: {fault.reason}")
            for fault in inner.scanner.faults
        ]
        self.filters.sort = self.filters.sort or inner.filters.sort
        return True

    def _saved_name(self, saved: Mapping[str, str]) -> tuple[str | None, int]:
        """The saved search named here, or None, and where its name ends."""
        text, start = self.scanner.text, self.scanner.at
        for name in sorted(saved, key=len, reverse=True):
            end = start + 1 + len(name)
            is_whole = end >= len(text) or text[end] in " ()"
            if is_whole and text[start + 1 : end].casefold() == name.casefold():
                return name, end
        match = _SAVED.match(text, start)
        if match is None:
            return None, start + 1
        wanted = (match[1] or match[2] or "").strip().casefold()
        return next((name for name in saved if name.casefold() == wanted), None), match.end()

    def _suggest_field(self) -> None:
        match = _UNKNOWN.match(self.scanner.text, self.scanner.at)
        if match and (suggestion := near_field(match[1])):
            reason = f"There is no field {match[1]}: (read as words). Did you mean {suggestion}:?"
            self.scanner.fault(*match.span(), reason)
