"""Parse a query into its tree, with the positions of what was not understood; never raises.

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
A word with several tokens (`COVID-19`, `don't`, a word in Chinese) is a phrase of them.

The text is read once, with an explicit stack (`Groups`), so that time is linear and deep nesting
cannot exhaust Python's stack. `SettingTerms` and `WordTerms` read the terms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rilo_reader.query.dates import Calendar, is_unfinished, read_dates
from rilo_reader.query.match import literal_start, read_pattern
from rilo_reader.query.printer import to_text
from rilo_reader.query.tokens import stands_alone, together, tokens
from rilo_reader.query.tree import (
    AS_IT_IS,
    OTHER_FIELDS,
    WHOLE_FIELDS,
    WORD_FIELDS,
    And,
    Field,
    How,
    Is,
    Mark,
    Node,
    Not,
    Or,
    Query,
    QueryFault,
    Sort,
    Words,
    near_field,
    near_name,
)

# -- structure: groups and operators --------------------------------------------------------------

MAX_DEPTH = 50
"""Levels of nested parentheses."""

SPACE = re.compile(r"\s+")
_OPERATOR = re.compile(r"(OR|AND|NOT)(?=[\s()]|$)")
_DASHES = re.compile(r"-+")


@dataclass
class Group:
    """The content of a pair of parentheses, as far as it is read.

    Attributes:
        start: the position of the opening parenthesis.
        inside: the field of its words.
        negated: whether the group is negated.
        alternatives: the parts separated by OR, each a list of nodes that must all match.
    """

    start: int
    inside: Field
    negated: bool = False
    alternatives: list[list[Node]] = field(default_factory=lambda: [[]])

    def node(self) -> Node | None:
        """The node of this group, None if it is empty."""
        parts = [all_of(nodes) for nodes in self.alternatives if nodes]
        if not parts:
            return None
        if len(parts) == 1:
            return parts[0]
        flat: list[Node] = []
        for part in parts:
            flat.extend(part.nodes if isinstance(part, Or) else (part,))
        return Or(tuple(flat))


def all_of(nodes: list[Node]) -> Node:
    """The conjunction of nodes, of which there must be at least one."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, And) else (node,))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


class Groups:
    """The text of a query, the position in it, and the stack of open groups.

    Args:
        text: the query.
        typing: whether its end is still being typed.
    """

    def __init__(self, text: str, typing: bool) -> None:
        self.faults: list[QueryFault] = []
        self._text = text
        self._typing = typing
        self._at = 0
        self._too_deep = 0
        self._negated = False
        self._open_operator: tuple[int, int] | None = None  # an operator that still needs its word
        self._groups = [Group(0, Field.ANYWHERE)]

    def _skip_space(self) -> bool:
        if space := SPACE.match(self._text, self._at):
            self._at = space.end()
        return self._at < len(self._text)

    def _structure(self) -> bool:
        """Read a parenthesis or an operator, if there is one here."""
        character = self._text[self._at]
        if character == "(":
            self._open(self._at, self._groups[-1].inside)
        elif character == ")":
            self._close_parenthesis()
        elif character == "-":
            self._dashes()
        elif operator := _OPERATOR.match(self._text, self._at):
            self._operator(operator)
        else:
            return False
        return True

    def _end(self) -> Node | None:
        """Close all groups; return the node of the whole text, None if it is empty."""
        self._finish_operator(at_end=True)
        while len(self._groups) > 1:
            start = self._groups[-1].start
            self._fault(start, start + 1, "This parenthesis is not closed.")
            self._close()
        return self._groups[0].node()

    def _operator(self, match: re.Match[str]) -> None:
        self._at = match.end()
        if match[1] == "NOT":
            self._negated = not self._negated
        elif not self._groups[-1].alternatives[-1] or self._open_operator:
            self._fault(*match.span(), f"{match[1]} needs a word before it.")
            return
        elif match[1] == "OR":
            self._groups[-1].alternatives.append([])
        self._open_operator = match.span()

    def _dashes(self) -> None:
        match = _DASHES.match(self._text, self._at)
        start, self._at = match.span() if match else (self._at, self._at + 1)
        at_end = self._at == len(self._text)
        # A dash between spaces is punctuation, and `--help` is a word.
        if self._at - start == 1 and not at_end and not self._text[self._at].isspace():
            self._negated = not self._negated
            self._open_operator = (start, self._at)

    def _finish_operator(self, *, at_end: bool = False) -> None:
        if self._open_operator and not (at_end and self._typing):
            start, end = self._open_operator
            self._fault(start, end, f"{self._text[start:end]} needs a word after it.")
        self._open_operator = None
        self._negated = False

    def _open(self, start: int, inside: Field) -> None:
        self._at += 1
        if len(self._groups) > MAX_DEPTH:
            if not self._too_deep:
                self._fault(start, start + 1, f"Parentheses go {MAX_DEPTH} deep at most.")
            self._too_deep += 1
            return
        self._groups.append(Group(start, inside, negated=self._negated))
        self._negated = False
        self._open_operator = None

    def _close_parenthesis(self) -> None:
        start = self._at
        self._at += 1
        if self._too_deep:
            self._too_deep -= 1
        elif len(self._groups) == 1:
            self._fault(start, start + 1, "No parenthesis is open here.")
        else:
            self._finish_operator()
            self._close()

    def _close(self) -> None:
        group = self._groups.pop()
        node = group.node()
        self._negated = group.negated
        if node is None:
            self._negated = False
        else:
            self._add(node)

    def _add(self, node: Node) -> None:
        if self._negated:
            node = node.node if isinstance(node, Not) else Not(node)
        self._negated = False
        self._open_operator = None
        self._groups[-1].alternatives[-1].append(node)

    def _skip_term(self) -> None:
        """Ignore the term that was read, and a negation before it."""
        self._negated = False
        self._open_operator = None

    def _fault(self, start: int, end: int, reason: str) -> None:
        self.faults.append(QueryFault(start, end, reason))


# -- terms: dates, marks and the order ------------------------------------------------------------


class SettingTerms(Groups):
    """Reads `after:`, `before:`, `date:`, `is:` and `sort:`.

    Attributes:
        sort: the order of results.
    """

    def __init__(self, text: str, typing: bool, now: datetime | None) -> None:
        super().__init__(text, typing)
        self.sort = Sort.NEWEST
        self._is_sorted = False
        self._now = now
        self._calendar: Calendar | None = None

    def _setting(self, name: str, start: int) -> None:
        """Read the value of a field that takes a date, a mark or an order."""
        match = WORD.match(self._text, self._at)
        value = match[0] if match else self._text[self._at]
        self._at += len(value)
        unfinished = self._typing and self._at == len(self._text)
        node: Node | None = None
        if name == "sort":
            self._set_sort(value, start, unfinished)
        elif name == "is":
            node = self._mark(value, start, unfinished)
        else:
            node = self._dates(name, value, start, unfinished)
        if node is None:
            self._skip_term()
        else:
            self._add(node)

    def _set_sort(self, value: str, start: int, unfinished: bool) -> None:
        if self._negated:
            self._fault(start, self._at, "An order cannot be negated.")
        elif value in list(Sort):
            self.sort = Sort(value)
            self._is_sorted = True
        elif not (unfinished and _begins_one_of(value, Sort)):
            reason = "sort: knows newest, oldest and relevance."
            self._fault(start, self._at, reason)

    def _mark(self, value: str, start: int, unfinished: bool) -> Node | None:
        if value in list(Mark):
            return Is(Mark(value))
        if not (unfinished and _begins_one_of(value, Mark)):
            self._fault(start, self._at, "is: knows read, unread and starred.")
        return None

    def _dates(self, name: str, value: str, start: int, unfinished: bool) -> Node | None:
        if self._calendar is None:
            self._calendar = Calendar(self._now)
        dates = read_dates(name, value, self._calendar)
        if dates is not None:
            return dates
        if unfinished:
            for end in range(len(value) - 1, 3, -1):
                if dates := read_dates(name, value[:end], self._calendar):
                    return dates
            if is_unfinished(value):
                return None
        self._fault(
            start,
            self._at,
            f"{name}: needs a date such as 2019, 2019-03, 2019-03-07, 30d, today"
            + (" or 2019-01..2019-06." if name == "date" else "."),
        )
        return None


def _begins_one_of(value: str, names: type[Sort] | type[Mark]) -> bool:
    return any(name.startswith(value) for name in names)


# -- terms: words, phrases, whole values, patterns, near misses -----------------------------------

WORD = re.compile(r"[^\s()\"“”„]+")
_PATTERN = re.compile(r"/((?:[^\s/\\]|\\.)+)/(?=[\s)]|$)")
_OPEN_PATTERN = re.compile(r"/((?:[^\s/\\.*+?()\[\]{}|^]|\\.)*[.*+?()\[\]{}|\\^][^\s/]*)$")
_NEAR = re.compile(r"~(?=[^\W_])")
_SHORTEST_NEAR = 3
_QUOTES = '"“”„'
_CLOSING = re.compile(r"[\"“”]")


class WordTerms(Groups):
    """Reads words of any kind, after their field."""

    def __init__(self, text: str, typing: bool) -> None:
        super().__init__(text, typing)
        self._unsearchable: list[Node] = []

    def _whole_value(self, inside: Field, start: int) -> None:
        """Read the whole value of a field, which is a prefix while it is being typed."""
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
            self._skip_unsearchable(content, inside)
            return
        is_typed = self._typing and is_open and _is_word_like(content[-1])
        prefix = (is_prefix or is_typed) and not stands_alone(parts[-1])
        if len(parts) > 1 or len(parts[0]) < _SHORTEST_NEAR:
            how = How.EXACTLY  # too many words are near a word of two letters
        words = Words(inside, parts, prefix, how)
        joined_form = "" if is_quoted or near or inside in AS_IT_IS else together(content)
        self._add(Or((words, Words(inside, (joined_form,), prefix))) if joined_form else words)

    def _skip_unsearchable(self, content: str, inside: Field) -> None:
        """Ignore text without tokens, such as punctuation; searched for only if alone."""
        text = " ".join(content.split())
        if text.strip("*"):
            words = Words(inside, (text,))
            self._unsearchable.append(Not(words) if self._negated else words)
        elif text and not self._negated:
            self._unsearchable.append(And())  # `*` matches every word
        self._skip_term()

    def _pattern(self, inside: Field) -> bool:
        """Read a regular expression, if there is one here."""
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
        if parts := tokens(literal_start(match[1])):  # while typing, a prefix
            self._add(Words(inside, parts, not self._negated))
        return True

    def _quoted(self) -> tuple[str, bool, bool]:
        """Read quoted text; return it, whether it is unclosed, and whether it ends with `*`."""
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
    """Whether a word that ends with this character may be unfinished: a letter, or its mark."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


# -- the whole query ------------------------------------------------------------------------------

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
            if self._unsearchable:  # the query has nothing else, so it finds nothing
                return all_of(self._unsearchable)
            self._fault(0, len(self._text), "There is no word in this to search for.")
        return And() if node is None else node

    def _term(self) -> None:
        self._terms += 1
        start = self._at
        if self._saved is not None and self._saved_search(self._saved):
            return
        match = _FIELD.match(self._text, start)
        if match is None:
            self._suggest_field(start)
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
                self._whole_value(WORD_FIELDS[name], start)
            else:
                self._words(WORD_FIELDS[name])
        else:
            self._setting(name, start)

    def _saved_search(self, saved: Mapping[str, str]) -> bool:
        """Read the name of a saved search, if there is one here."""
        if self._text[self._at] != "@":
            return False
        name, start, end = self._saved_name(saved)
        if name is None:
            wanted = self._text[start + 1 : end].strip('" ').casefold()
            rest = self._text[start + 1 :].lstrip('"').casefold()
            if self._typing and any(name.casefold().startswith(rest) for name in saved):
                self._at = len(self._text)
                self._skip_term()
                return True
            if wanted:
                reason = f"There is no saved search called {wanted}{near_name(wanted, saved)}"
                self._fault(start, end, reason)
            return False
        self._at = end
        # Saved searches cannot refer to one another, so there are no cycles.
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
        """The saved search named here, or None, and the span of its name."""
        start = self._at
        for name in sorted(saved, key=len, reverse=True):
            end = start + 1 + len(name)
            is_whole = end >= len(self._text) or self._text[end] in " ()"
            if is_whole and self._text[start + 1 : end].casefold() == name.casefold():
                return name, start, end
        match = _SAVED.match(self._text, start)
        if match is None:
            return None, start, start + 1
        wanted = (match[1] or match[2] or "").strip().casefold()
        match_by_name = next((name for name in saved if name.casefold() == wanted), None)
        return match_by_name, start, match.end()

    def _suggest_field(self, start: int) -> None:
        match = _UNKNOWN.match(self._text, start)
        if match and (suggestion := near_field(match[1])):
            reason = f"There is no field {match[1]}: (read as words). Did you mean {suggestion}:?"
            self._fault(start, match.end(), reason)


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
    return Query(node, parser.sort, tuple(sorted(parser.faults, key=lambda fault: fault.start)))


__all__ = ["MAX_CHARACTERS", "MAX_DEPTH", "MAX_TERMS", "WHOLE_FIELDS", "parse", "to_text"]
