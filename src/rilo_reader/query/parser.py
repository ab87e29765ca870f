"""Parse a query into its tree, with the positions of what was not understood; never raises (pure).

    query    = any
    any      = all ("OR" all)*
    all      = [not] part ("AND"? [not] part)*
    not      = "-" | "NOT"
    part     = "(" any ")" | field ":" "(" any ")" | [field ":"] (word | phrase)
             | field ":=" (word | phrase), for WHOLE_FIELDS: the whole value
             | [field ":"] ("/" regular expression "/" | "~" word)
             | ("after" | "before" | "date" | "read" | "starred" | "tagged" | "noted") ":" date
             | "is" ":" mark | "has" ":" thing
             | "feeds" ":" (word | phrase): the tag of feeds, or its beginning and "*"
             | "minutes" ":" ("<" number | ">" number | number | [number] ".." [number])
             | "sort" ":" order
             | "@" (name | quoted name), where there are saved searches

Operators are upper case and field names lower case, directly followed by their value, so that
pasted text stays text: `Re: x`, `http://x`, `C++: a` and unknown fields are read as words.
A word with several tokens (`COVID-19`, `don't`, a word in Chinese) is a phrase of them.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import NamedTuple

from rilo_reader.article import Field
from rilo_reader.query.dates import Calendar, is_unfinished, read_dates
from rilo_reader.query.minutes import read_minutes
from rilo_reader.query.patterns import is_near, literal_start, read_pattern
from rilo_reader.query.tokens import joined_form_of, stands_alone, to_tokens
from rilo_reader.query.tree import (
    AS_IT_IS,
    FEEDS,
    FILE_KINDS,
    MARK_FIELDS,
    OTHER_FIELDS,
    WHOLE_FIELDS,
    WORD_FIELDS,
    And,
    Dates,
    FeedTag,
    HasMark,
    MarkedDuring,
    MatchKind,
    Node,
    Not,
    Or,
    Query,
    QueryFault,
    QueryMark,
    Sort,
    TimedMark,
    Words,
    all_of,
    clean_tag,
)
from rilo_reader.text import lazy_re

MAX_CHARACTERS = 10_000
MAX_TERMS = 1_000
MAX_DEPTH = 50  # levels of nested parentheses

_QUOTES = '"“”„'
_SPACE = lazy_re(r"\s+")
_WORD = lazy_re(rf"[^\s(){_QUOTES}]+")
_CLOSING = lazy_re(r"[\"“”]")
_OPERATOR = lazy_re(r"(OR|AND|NOT)(?=[\s()]|$)")
_DASHES = lazy_re(r"-+")
_FIELD = lazy_re(rf"({'|'.join((*WORD_FIELDS, *OTHER_FIELDS))}):")
_UNKNOWN = lazy_re(r"([a-z]{2,9}):(?=[^\s/:])")
_SAVED = lazy_re(rf"@(?:\"([^\"]*)\"?|([^\s(){_QUOTES}]+))")
_PATTERN = lazy_re(r"/((?:[^\s/\\]|\\.)+)/(?=[\s)]|$)")
OPEN_PATTERN = lazy_re(r"/((?:[^\s/\\.*+?()\[\]{}|^]|\\.)*[.*+?()\[\]{}|\\^][^\s/]*)$")
"""A regular expression at the end that is still being typed."""
_NEAR = lazy_re(r"~(?=[^\W_])")
_SHORTEST_NEAR = 3  # letters; too many words are near a shorter one


def parse(
    text: str,
    *,
    typing: bool = False,
    now: datetime | None = None,
    saved: Mapping[str, str] | None = None,
    sort: Sort = Sort.NEWEST,
) -> Query:
    """Parse a query. Every text gives a tree, and faults for the parts that were ignored.

    Args:
        text: the query, cleaned by the caller.
        typing: whether the end of the text is still being typed. Then the last word is a prefix,
            unless a space follows it or it is negated (a prefix would exclude too much), and what
            the next letter may correct is not a fault. An unclosed phrase is read to the end, with
            a fault.
        now: the present moment, in the user's time zone; None asks the system.
        saved: the saved searches, name -> query, for `@name`; None makes `@name` a word.
        sort: the order of a text that says none.
    """
    parser = _Parser(text, typing, now, saved)
    node = parser.parse()
    faults = sorted(parser.faults, key=lambda fault: fault.start)
    return Query(node, parser.sort or sort, tuple(faults))


def _suggest_names(name: str, names: Iterable[str]) -> str:
    """The end of a message: a full stop, or a suggestion of saved searches with similar names."""
    known = {known.casefold(): known for known in names}
    near = [f"@{known[found]}" for found in get_close_matches(name.casefold(), known, 3, 0.5)]
    if not near:
        return "."
    *others, last = near
    return f"; did you mean {', '.join(others)}{' or ' if others else ''}{last}?"


class _WrittenTerm(NamedTuple):
    """A word or quoted text."""

    text: str  # without the quotation marks
    is_typed: bool  # it may be the beginning of what is meant
    is_prefix: bool  # it ends with `*`
    is_quoted: bool = False


@dataclass
class _Group:
    """The content of a pair of parentheses, as far as it is read."""

    start: int  # of the opening parenthesis
    inner_field: Field  # the field of its words
    is_negated: bool = False
    # parts between OR; all nodes of one must match
    alternatives: list[list[Node]] = field(default_factory=lambda: [[]])

    def make_node(self) -> Node | None:
        """The node of this group, None if it is empty."""
        parts = [all_of(nodes) for nodes in self.alternatives if nodes]
        if len(parts) < 2:
            return parts[0] if parts else None
        flat = (part.nodes if isinstance(part, Or) else (part,) for part in parts)
        return Or(tuple(node for nodes in flat for node in nodes))


class _Parser:
    """Reads a query once, from the first character to the last, in linear time.

    An explicit stack holds the open groups, so that deep nesting cannot exhaust Python's.
    """

    def __init__(
        self,
        text: str,
        is_typing: bool,
        now: datetime | None,
        saved_queries: Mapping[str, str] | None,
    ) -> None:
        self.faults: list[QueryFault] = []
        self.sort: Sort | None = None
        self.term_count = 0
        self._text = text[:MAX_CHARACTERS]
        self._position = 0  # the position, in characters
        self._is_typing = is_typing
        self._now = now
        self._calendar: Calendar | None = None
        self._saved_queries = saved_queries
        self._groups = [_Group(0, Field.ANYWHERE)]
        self._too_deep = 0  # parentheses that are open beyond the deepest group
        self._is_negated = False  # whether the next term is
        self._open_operator: tuple[int, int] | None = None  # an operator that still needs its word
        # Text without tokens, such as punctuation: searched for if the query has nothing else.
        self._unsearchable: list[Node] = []
        if len(text) > MAX_CHARACTERS:
            self._add_fault(
                MAX_CHARACTERS,
                f"The query is longer than {MAX_CHARACTERS:,} characters; the rest is left out.",
                len(text),
            )

    def parse(self) -> Node:
        """Read the whole text."""
        while True:
            self._take(_SPACE)
            if self._position == len(self._text):
                break
            if self.term_count >= MAX_TERMS:
                reason = f"The query has more than {MAX_TERMS:,} terms; the rest is left out."
                self._add_fault(self._position, reason, len(self._text))
                break
            if not self._parenthesis_or_operator():
                self._read_term()
        if not self._is_typing:
            self._finish_operator()
        self._is_negated = False
        while len(self._groups) > 1:
            start = self._groups[-1].start
            if not self._is_typing:
                self._add_fault(start, "This parenthesis is not closed.", start + 1)
            self._close_group()
        node = self._groups[0].make_node()
        is_nothing = node is None and self.sort is None and bool(self._text.strip())
        if is_nothing and not self.faults and not self._is_typing:
            if self._unsearchable:  # the query has nothing else, so it finds nothing
                return all_of(self._unsearchable)
            self._add_fault(0, "This has nothing to search for.", len(self._text))
        return And() if node is None else node

    @property
    def _next_character(self) -> str:
        """The next character, "" at the end."""
        return self._text[self._position : self._position + 1]

    @property
    def _can_continue(self) -> bool:
        """True if what was just read is at the end of a query that is still being typed."""
        return self._is_typing and self._position == len(self._text)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what matches here, if anything does."""
        match = pattern.match(self._text, self._position)
        if match:
            self._position = match.end()
        return match

    def _add_fault(self, start: int, reason: str, end: int | None = None) -> None:
        """Note a fault, which ends with what was just read unless `end` says otherwise."""
        self.faults.append(QueryFault(start, self._position if end is None else end, reason))

    # -- parentheses and operators ----------------------------------------------------------------

    def _parenthesis_or_operator(self) -> bool:
        """Read a parenthesis or an operator, if there is one here."""
        if self._next_character == "(":
            self._open_group(self._groups[-1].inner_field)
        elif self._next_character == ")":
            self._close_parenthesis()
        elif dashes := self._take(_DASHES):
            # A dash between spaces is punctuation, and `--help` is a word.
            if len(dashes[0]) == 1 and self._next_character.strip():
                self._is_negated = not self._is_negated
                self._open_operator = dashes.span()
        elif operator := self._take(_OPERATOR):
            self._apply_operator(operator[1], operator.span())
        else:
            return False
        return True

    def _add_term(self, node: Node | None) -> None:
        """Add the term that was read; None ignores it, and a negation before it."""
        if node is not None:
            if self._is_negated:
                node = node.node if isinstance(node, Not) else Not(node)
            self._groups[-1].alternatives[-1].append(node)
        self._is_negated = False
        self._open_operator = None

    def _open_group(self, inside: Field) -> None:
        """Read the opening parenthesis of a group whose words are of a field."""
        start = self._position
        self._position += 1
        if len(self._groups) > MAX_DEPTH:
            if not self._too_deep:
                self._add_fault(start, f"Parentheses can be {MAX_DEPTH} deep at most.")
            self._too_deep += 1
            return
        self._groups.append(_Group(start, inside, self._is_negated))
        self._is_negated = False
        self._open_operator = None

    def _close_parenthesis(self) -> None:
        self._position += 1
        if self._too_deep:
            self._too_deep -= 1
        elif len(self._groups) == 1:
            self._add_fault(self._position - 1, "No parenthesis is open before this one.")
        else:
            self._finish_operator()
            self._close_group()

    def _close_group(self) -> None:
        group = self._groups.pop()
        node = group.make_node()
        self._is_negated = group.is_negated and node is not None
        if node is not None:
            self._add_term(node)

    def _apply_operator(self, name: str, span: tuple[int, int]) -> None:
        if name == "NOT":
            self._is_negated = not self._is_negated
        elif not self._groups[-1].alternatives[-1] or self._open_operator:
            self._add_fault(span[0], f"{name} needs a word before it.")
            return
        elif name == "OR":
            self._groups[-1].alternatives.append([])
        self._open_operator = span

    def _finish_operator(self) -> None:
        if self._open_operator:
            start, end = self._open_operator
            self._add_fault(start, f"{self._text[start:end]} needs a word after it.", end)
        self._open_operator = None
        self._is_negated = False

    # -- terms ------------------------------------------------------------------------------------

    def _read_term(self) -> None:
        self.term_count += 1
        start = self._position
        if (
            self._saved_queries is not None
            and self._next_character == "@"
            and self._read_saved_search(self._saved_queries)
        ):
            return
        match = self._take(_FIELD)
        if match is None:
            unknown = _UNKNOWN.match(self._text, start)
            if unknown and (near := _suggest_field(unknown[1])):
                reason = f"There is no field {unknown[1]}: (read as words). Did you mean {near}:?"
                self._add_fault(start, reason, unknown.end())
            self._add_term(self._read_words(self._groups[-1].inner_field))
            return
        name, field = match[1], WORD_FIELDS.get(match[1])
        following = self._next_character
        if not following or following.isspace() or following == ")":
            if not self._can_continue:
                self._add_fault(start, f"{name}: needs a word right after the colon.")
            self._add_term(None)
        elif name == FEEDS:
            self._add_term(self._read_feed_tag(start))
        elif field is None:
            self._add_term(self._read_filter(name, start))
        elif following == "(":
            self._open_group(field)
        elif following == "=" and field in WHOLE_FIELDS:
            self._add_term(self._read_whole_value(field, start))
        else:
            self._add_term(self._read_words(field))

    def _read_saved_search(self, saved_queries: Mapping[str, str]) -> bool:
        """Read the name of a saved search, if there is one here."""
        start = self._position
        name, end = self._find_saved_name(saved_queries)
        if name is None:
            wanted = self._text[start + 1 : end].strip('" ').casefold()
            rest = self._text[start + 1 :].lstrip('"').casefold()
            if self._is_typing and any(name.casefold().startswith(rest) for name in saved_queries):
                self._position = len(self._text)
                self._add_term(None)
                return True
            if wanted:
                end_of_reason = _suggest_names(wanted, saved_queries)
                reason = f"There is no saved search called {wanted}{end_of_reason}"
                self._add_fault(start, reason, end)
            return False
        self._position = end
        # Saved searches cannot refer to one another, so there are no cycles.
        inner = _Parser(saved_queries[name], False, self._now, None)
        self._add_term(inner.parse())
        self.term_count += inner.term_count
        for fault in inner.faults:
            self._add_fault(start, f"The saved search {name}: {fault.reason}")
        self.sort = self.sort or inner.sort
        return True

    def _find_saved_name(self, saved_queries: Mapping[str, str]) -> tuple[str | None, int]:
        """The saved search named here, or None, and where its name ends."""
        text, start = self._text, self._position
        for name in sorted(saved_queries, key=len, reverse=True):
            end = start + 1 + len(name)
            is_whole = end >= len(text) or text[end] in " ()"
            if is_whole and text[start + 1 : end].casefold() == name.casefold():
                return name, end
        match = _SAVED.match(text, start)
        if match is None:
            return None, start + 1
        wanted = (match[1] or match[2] or "").strip().casefold()
        return next(
            (name for name in saved_queries if name.casefold() == wanted), None
        ), match.end()

    def _read_written(self) -> _WrittenTerm:
        """Read a word or quoted text; a quotation mark that is not closed is a fault."""
        may_be_typed = self._is_typing and not self._is_negated
        if not self._next_character or self._next_character not in _QUOTES:
            match = self._take(_WORD)
            text = match[0] if match else ""
            is_last = self._position == len(self._text)
            return _WrittenTerm(text, may_be_typed and is_last, text.endswith("*"))
        start = self._position
        closing = _CLOSING.search(self._text, start + 1)
        if closing is None:
            self._add_fault(start, "This quotation mark is not closed.", start + 1)
            self._position = len(self._text)
            text = self._text[start + 1 :]
            return _WrittenTerm(text, may_be_typed, text.endswith("*"), is_quoted=True)
        self._position = closing.end()
        text = self._text[start + 1 : closing.start()]
        is_prefix = text.endswith("*")
        if self._next_character == "*":
            self._position += 1
            is_prefix = True
        return _WrittenTerm(text, False, is_prefix, is_quoted=True)

    def _read_words(self, field: Field) -> Node | None:
        """Read a word, a phrase, a regular expression or a near miss; None for what is ignored."""
        if match := self._take(_PATTERN):
            pattern, reason = read_pattern(match[1])
            if pattern:
                return Words(field, (pattern,), match_kind=MatchKind.PATTERN)
            self._add_fault(match.start(), reason)
            return None
        if self._is_typing and (begun := self._take(OPEN_PATTERN)):  # a prefix until it is closed
            parts = to_tokens(literal_start(begun[1]))
            is_prefix = bool(parts) and not (self._is_negated or stands_alone(parts[-1]))
            return Words(field, parts, is_prefix) if parts else None
        has_tilde = self._take(_NEAR) is not None
        written = self._read_written()
        parts = to_tokens(written.text)
        if not parts:
            self._keep_unsearchable(field, " ".join(written.text.split()))
            return None
        last = written.text[-1]  # a letter, or the mark of one, where the word may go on
        may_go_on = last.isalnum() or unicodedata.category(last)[0] == "M"
        prefix = written.is_prefix or (written.is_typed and may_go_on)
        prefix = prefix and not stands_alone(parts[-1])
        nearly = has_tilde and len(parts) == 1 and len(parts[0]) >= _SHORTEST_NEAR
        words = Words(field, parts, prefix, MatchKind.NEARLY if nearly else MatchKind.EXACTLY)
        if len(parts) == 1 or written.is_quoted or has_tilde or field in AS_IT_IS:
            return words
        joined_form = joined_form_of(written.text)
        return Or((words, Words(field, (joined_form,), prefix))) if joined_form else words

    def _read_whole_value(self, field: Field, start: int) -> Node | None:
        """Read `="the whole value"` of a field, which is a prefix while it is being typed."""
        self._position += 1
        written = self._read_written()
        value = " ".join(written.text.split())
        if not value:
            if not self._can_continue:
                wrong = self._text[start : self._position]
                self._add_fault(start, f"{wrong} needs a value right after it.")
            return None
        if not written.is_typed:
            return Words(field, (value,), match_kind=MatchKind.WHOLE)
        parts = to_tokens(value)
        return Words(field, parts, not stands_alone(parts[-1])) if parts else None

    def _read_feed_tag(self, start: int) -> Node | None:
        """Read the tag of feeds, which is a prefix while it is being typed."""
        written = self._read_written()
        if not written.text and not written.is_quoted:
            self._position += 1  # a parenthesis
            self._add_fault(start, "feeds: needs the tag of feeds, such as feeds:news.")
            return None
        return FeedTag(clean_tag(written.text), written.is_prefix or written.is_typed)

    def _keep_unsearchable(self, field: Field, text: str) -> None:
        if text.strip("*"):
            words = Words(field, (text,))
            self._unsearchable.append(Not(words) if self._is_negated else words)
        elif text and not self._is_negated:
            self._unsearchable.append(And())  # `*` matches every word

    # -- dates, marks and the order ---------------------------------------------------------------

    def _read_filter(self, name: str, start: int) -> Node | None:
        """Read the value of a field that has no words; None if it is ignored or an order."""
        match = self._take(_WORD)
        value = match[0] if match else self._next_character
        if not match:
            self._position += 1  # a parenthesis or quotation mark, which is not a value
        if name in MARK_FIELDS:
            marks = MARK_FIELDS[name]
            if value in FILE_KINDS and value in marks:
                return Words(Field.ENCLOSURE, (value,))
            if value in marks:
                return HasMark(QueryMark(value))
            *others, last = marks
            known = f"{', '.join(others)} or {last}" if others else last
            self._fault_unless_typing(value, marks, start, f"{name}: can only be {known}.")
            return None
        if name == "minutes":
            return self._read_minutes(value, start)
        if name != "sort":
            dates = self._read_dates(name, value, start)
            is_timed = name in list(TimedMark)
            return MarkedDuring(TimedMark(name), dates) if is_timed and dates else dates
        if self._is_negated:
            self._add_fault(start, "sort: cannot be excluded.")
        elif value in list(Sort):
            self.sort = Sort(value)
        else:
            self._fault_unless_typing(
                value, list(Sort), start, "sort: can only be newest, oldest, relevance or read."
            )
        return None

    def _fault_unless_typing(
        self, value: str, names: Sequence[str], start: int, reason: str
    ) -> None:
        """Note a fault unless one of these names is just being typed."""
        if not (self._can_continue and any(name.startswith(value) for name in names)):
            self._add_fault(start, reason)

    def _read_dates(self, name: str, value: str, start: int) -> Dates | None:
        if self._calendar is None:
            self._calendar = Calendar(self._now)
        dates = read_dates(name, value, self._calendar)
        if dates is not None:
            return dates
        if self._can_continue:
            for end in range(len(value) - 1, 3, -1):
                if dates := read_dates(name, value[:end], self._calendar):
                    return dates
            if is_unfinished(value):
                return None
        more = "." if name in {"after", "before"} else " or 2019-01..2019-06."
        reason = f"{name}: needs a date such as 2019, 2019-03, 2019-03-07, 30d, today{more}"
        self._add_fault(start, reason)
        return None

    def _read_minutes(self, value: str, start: int) -> Node | None:
        begun = value.rstrip("<>.") if self._can_continue else value
        minutes = read_minutes(value) or read_minutes(begun)
        if minutes is None and (begun or not self._can_continue):
            self._add_fault(start, "minutes: needs a number such as 10, <10, >20 or 5..15.")
        return minutes


def _suggest_field(name: str) -> str | None:
    """The field that is called so elsewhere, or nearly so here, None if there is none."""
    if name in ("feed", "label"):
        return "source" if name == "feed" else "tag"
    fields = (*WORD_FIELDS, *OTHER_FIELDS)
    return next((known for known in fields if len(known) > 2 and is_near(name, known)), None)
